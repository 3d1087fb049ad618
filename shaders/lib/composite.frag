#version 330
// A layer's picture (premultiplied, bottom row first) over what lies below it, which is opaque, top row first. Without
// BLENDS the picture alone, for the blending of the graphics card; with it the W3C's compositing ("Compositing and
// Blending Level 1") with the blend mode number `mode` of one family, whose `case` lines BLENDS is.
uniform sampler2D layer;
uniform float opacity;
#ifdef BLENDS
uniform sampler2D below;
uniform int mode;
#endif
out vec4 colour;

#ifdef BLENDS
vec3 hard_light(vec3 b, vec3 s) {
    return mix(2.0 * b * s, 1.0 - 2.0 * (1.0 - b) * (1.0 - s), step(0.5, s));
}

vec3 soft_light(vec3 b, vec3 s) {
    vec3 bent = mix(((16.0 * b - 12.0) * b + 4.0) * b, sqrt(b), step(0.25, b));
    return b + (2.0 * s - 1.0) * mix(b * (1.0 - b), bent - b, step(0.5, s));
}

vec3 dodge(vec3 b, vec3 s) {
    return min(b / max(1.0 - s, 1e-5), 1.0);
}

vec3 burn(vec3 b, vec3 s) {
    return 1.0 - min((1.0 - b) / max(s, 1e-5), 1.0);
}

float lum(vec3 c) {
    return dot(c, vec3(0.3, 0.59, 0.11));
}

float sat(vec3 c) {
    return max(c.r, max(c.g, c.b)) - min(c.r, min(c.g, c.b));
}

// `c` with luminosity `l`; where that is no colour that can be shown, the saturation shrinks.
vec3 with_lum(vec3 c, float l) {
    vec3 chroma = c - lum(c);
    vec3 room = mix(vec3(l), vec3(1.0 - l), step(0.0, chroma)) / max(abs(chroma), 1e-5);
    return l + chroma * min(1.0, min(room.r, min(room.g, room.b)));
}

vec3 with_sat(vec3 c, float s) {
    return (c - min(c.r, min(c.g, c.b))) * (s / max(sat(c), 1e-5));
}

vec3 blended(vec3 b, vec3 s) {
    switch (mode) {
        BLENDS
    }
    return s;
}
#endif

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy);
    vec4 over = texelFetch(layer, ivec2(here.x, textureSize(layer, 0).y - 1 - here.y), 0) * opacity;
#ifdef BLENDS
    vec3 b = texelFetch(below, here, 0).rgb;
    vec3 s = min(over.rgb / max(over.a, 1e-4), 1.0);
    colour = vec4(mix(b, blended(b, s), over.a), 1.0);
#else
    colour = over;
#endif
}
