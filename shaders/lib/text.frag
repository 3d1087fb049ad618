#version 330
// White letters on a dark plate.
uniform sampler2D atlas;
in vec2 ink;
flat in float plate;
out vec4 colour;

void main() {
    colour = plate > 0.0 ? vec4(0.0, 0.0, 0.0, 0.55) : vec4(vec3(1.0), texture(atlas, ink).r);
}
