#version 330
// Two pictures, of which `amount` says how much of the second is seen.
in vec2 at;
out vec4 colour;
uniform sampler2D before;
uniform sampler2D drawn;
uniform float amount;

void main() {
    colour = mix(texture(before, at), texture(drawn, at), amount);
}
