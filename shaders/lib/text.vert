#version 330
// One instance a letter; the first one is the plate that they stand on.
uniform vec2 target;    // size in pixels
uniform float letters;  // in the atlas
in vec4 quad;           // left, top, width, height in pixels
in float letter;        // its number in the atlas, negative for the plate
out vec2 ink;
flat out float plate;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    ink = vec2((letter + corner.x) / letters, corner.y);
    plate = letter < 0.0 ? 1.0 : 0.0;
    gl_Position = vec4((quad.xy + corner * quad.zw) / target * 2.0 - 1.0, 0.0, 1.0);
}
