#version 330
// The spectrum in bars and the level beside them, on a dark plate.
uniform sampler2D fft;
uniform float level;
uniform vec2 pixels;  // size of the strip
in vec2 at;
out vec4 colour;

const float BARS = 24.0;
const float LOWEST = 0.0015, HIGHEST = 0.7;  // as parts of half the sample rate: 36 Hz to 17 kHz at 48 kHz
const float LEVEL = 0.92;                    // where the level's own bar begins

// The loudest of the bins from `from` to `to` (parts of half the sample rate).
float loudest(float from, float to) {
    int first = int(from * 512.0), last = max(first, int(to * 512.0) - 1);
    float most = 0.0;
    for (int bin = first; bin <= last; bin++) most = max(most, texelFetch(fft, ivec2(bin, 0), 0).r);
    return most;
}

void main() {
    float height, within;  // of the bar here; where in its width we are
    if (at.x < LEVEL - 0.01) {
        float bar = at.x / (LEVEL - 0.01) * BARS;
        float ratio = HIGHEST / LOWEST;
        height = loudest(LOWEST * pow(ratio, floor(bar) / BARS), LOWEST * pow(ratio, (floor(bar) + 1.0) / BARS));
        within = fract(bar) * pixels.x * (LEVEL - 0.01) / BARS;
    } else {
        height = level;
        within = at.x < LEVEL ? 0.0 : 2.0;
    }
    bool lit = within >= 1.0 && (1.0 - at.y) <= height;
    vec3 bright = mix(vec3(0.35, 0.85, 0.75), vec3(1.0, 0.75, 0.3), 1.0 - at.y);
    colour = lit ? vec4(bright, 0.95) : vec4(0.0, 0.0, 0.0, 0.55);
}
