#version 330
// A row of sound brought to `count` texels: each is the mean of the texels of its part.
in vec2 at;
out vec4 colour;
uniform sampler2D sound;
uniform int count;

void main() {
    int wide = textureSize(sound, 0).x;
    int texel = int(gl_FragCoord.x);
    int first = texel * wide / count;
    int last = max(first + 1, (texel + 1) * wide / count);
    float total = 0.0;
    for (int i = first; i < last; i++) total += texelFetch(sound, ivec2(min(i, wide - 1), 0), 0).r;
    colour = vec4(vec3(total / float(last - first)), 1.0);
}
