#version 330
// A rectangle of the target; `at` runs 0..1 from its top left corner.
uniform vec4 place;  // left, top, width, height as parts of the target
out vec2 at;

void main() {
    at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4((place.xy + at * place.zw) * 2.0 - 1.0, 0.0, 1.0);
}
