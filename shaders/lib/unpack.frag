#version 330
// A picture out of its bytes: three texels of one channel are a pixel of red, green and blue, row by row.
uniform sampler2D bytes;
out vec4 colour;

float one(int x, int y) {
    return texelFetch(bytes, ivec2(x, y), 0).r;
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    colour = vec4(one(3 * at.x, at.y), one(3 * at.x + 1, at.y), one(3 * at.x + 2, at.y), 1.0);
}
