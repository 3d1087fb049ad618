#version 330
// A layer's picture (premultiplied, bottom row first) made transparent by a key and a mask.
uniform sampler2D layer;
uniform int key;            // 0 none, 1 luma, 2 chroma
uniform vec3 key_colour;    // chroma: the colour that goes
uniform float tolerance;    // luma: greys up to here go; chroma: colours so near go
uniform float key_soft;     // how far beyond that they come back
uniform float spill;        // chroma: how much of the colour's tint is taken from what stays, 0..1
uniform float key_turned;   // 1: what would go stays, and the other way round
uniform sampler2D mask;
uniform vec4 weights;       // what of the mask's red, green, blue and alpha counts
uniform vec2 slope;         // the mask's level that is half transparent, and how far around it is the slope
uniform float mask_turned;  // 1: the mask's dark parts stay
uniform vec4 place;         // the place in the mask: at * xy + zw
in vec2 at;
out vec4 colour;

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // Rec. 709

// The colour without its brightness: red, green and blue, of which the luma is 0.
vec3 chroma(vec3 c) {
    return c - dot(c, LUMA);
}

float turned(float part, float by) {
    return mix(part, 1.0 - part, by);
}

void main() {
    vec4 shown = texelFetch(layer, ivec2(gl_FragCoord.xy), 0);
    vec3 own = shown.rgb / max(shown.a, 1e-4);
    float off = key == 2 ? distance(chroma(own), chroma(key_colour)) : dot(own, LUMA);
    float kept = key == 0 ? 1.0 : turned(smoothstep(tolerance, tolerance + key_soft, off), key_turned);
    if (key == 2) {
        vec3 tint = chroma(key_colour) / max(length(chroma(key_colour)), 1e-4);
        own = clamp(own - tint * (max(dot(chroma(own), tint), 0.0) * spill), 0.0, 1.0);
    }
    float light = dot(texture(mask, at * place.xy + place.zw), weights);
    kept *= turned(clamp((light - slope.x) / slope.y + 0.5, 0.0, 1.0), mask_turned);
    colour = vec4(own, 1.0) * (shown.a * kept);
}
