#version 330
// From one picture to another of the same size (premultiplied): all of it at once, or from left to right.
uniform sampler2D before;
uniform sampler2D after;
uniform float progress;  // 0 before, 1 after
uniform float wipe;      // 0 all at once; else how soft the edge is that moves to the right
in vec2 at;
out vec4 colour;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy);
    float part = wipe > 0.0 ? clamp((progress * (1.0 + wipe) - at.x) / wipe, 0.0, 1.0) : progress;
    colour = mix(texelFetch(before, here, 0), texelFetch(after, here, 0), part);
}
