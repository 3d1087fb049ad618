#version 330
// One triangle over the whole target, as in full.vert; none while the limit in question is 0.
uniform sampler2D limits;  // see flash_tally.frag
uniform int which;         // of its channels
out vec2 at;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
    at = corner;
    gl_Position = vec4(texelFetch(limits, ivec2(0), 0)[which] > 0.5 ? corner * 2.0 - 1.0 : vec2(2.0), 0.0, 1.0);
}
