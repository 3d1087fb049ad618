/*{
  "DESCRIPTION": "The spectrum of the sound as bars, upright, mirrored or in a ring; low notes at the left.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "spectrum", "LABEL": "Sound", "TYPE": "audioFFT"},
    {"NAME": "count", "LABEL": "Bars", "TYPE": "float", "MIN": 4, "MAX": 96, "DEFAULT": 36},
    {"NAME": "shape", "LABEL": "Shape", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["upright", "mirrored", "ring"], "DEFAULT": 1},
    {"NAME": "gain", "LABEL": "Gain", "TYPE": "float", "MIN": 0.1, "MAX": 5, "DEFAULT": 1.3},
    {"NAME": "gap", "LABEL": "Gap", "TYPE": "float", "MIN": 0, "MAX": 0.9, "DEFAULT": 0.25},
    {"NAME": "low", "LABEL": "Colour of low notes", "TYPE": "color", "DEFAULT": [1.0, 0.2, 0.4, 1.0]},
    {"NAME": "high", "LABEL": "Colour of high notes", "TYPE": "color", "DEFAULT": [0.2, 0.7, 1.0, 1.0]},
    {"NAME": "ground", "LABEL": "Ground", "TYPE": "color", "DEFAULT": [0.02, 0.02, 0.05, 1.0]}
  ]
}*/

// Octaves are equally wide, and higher ones, which are weaker, are raised.
float level(float place) {
    float bin = pow(2.0, place * 7.0 - 7.5);
    return clamp(gain * IMG_NORM_PIXEL(spectrum, vec2(bin, 0.5)).r * (0.5 + 1.5 * place), 0.0, 1.0);
}

void main() {
    vec2 at = isf_FragNormCoord;
    float height = at.y;
    if (shape == 1) height = abs(at.y - 0.5) * 2.0;
    else if (shape == 2) {
        vec2 from = (at - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
        at.x = abs(atan(from.x, from.y)) / 3.1415927;
        height = (length(from) - 0.18) * 3.2;
    }
    float bars = floor(count), bar = floor(at.x * bars), part = abs(fract(at.x * bars) - 0.5) * 2.0;
    float place = (bar + 0.5) / bars, reach = 0.02 + 0.9 * level(place);
    float inside = smoothstep(1.0 - gap + 0.03, 1.0 - gap - 0.03, part) * step(0.0, height);
    float lit = smoothstep(reach + 0.005, reach - 0.005, height),
        halo = 0.35 * exp(-10.0 * max(0.0, height - reach)) * level(place);
    vec3 colour = mix(low.rgb, high.rgb, place) * (0.55 + 0.6 * height / max(reach, 0.05) * lit);
    gl_FragColor = vec4(ground.rgb + colour * inside * (lit + halo), 1.0);
}
