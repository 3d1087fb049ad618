/*{
  "DESCRIPTION": "Draws the outlines with ink, thick where the contrast is strong, over a flattened or paper-white picture.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "strength", "LABEL": "Strength of the lines", "TYPE": "float", "MIN": 0, "MAX": 8, "DEFAULT": 4.5},
    {"NAME": "width", "LABEL": "Width of the lines", "TYPE": "float", "MIN": 0.2, "MAX": 5, "DEFAULT": 1.6},
    {"NAME": "threshold", "LABEL": "Least contrast", "TYPE": "float", "MIN": 0, "MAX": 0.5, "DEFAULT": 0.14},
    {"NAME": "paper", "LABEL": "Paper instead of the picture", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.12},
    {"NAME": "flatten", "LABEL": "Flatten the colours", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6},
    {"NAME": "ink", "LABEL": "Ink", "TYPE": "color", "DEFAULT": [0.03, 0.02, 0.06, 1.0]}
  ]
}*/

float luma(vec2 at) {
    return dot(IMG_NORM_PIXEL(inputImage, at).rgb, vec3(0.2126, 0.7152, 0.0722));
}

void main() {
    vec2 at = isf_FragNormCoord, by = width / 720.0 * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    float nw = luma(at + by * vec2(-1.0, 1.0)), ne = luma(at + by), sw = luma(at - by),
        se = luma(at + by * vec2(1.0, -1.0));
    vec2 slope = vec2(ne + se - nw - sw, nw + ne - sw - se);
    vec4 live = IMG_THIS_PIXEL(inputImage);
    float dark = max(0.0, 0.25 * (nw + ne + sw + se) - dot(live.rgb, vec3(0.2126, 0.7152, 0.0722)));
    float line = clamp(strength * (0.6 * length(slope) + 2.0 * dark - threshold), 0.0, 1.0);
    vec3 flat_tone = floor(live.rgb * 5.0 + 0.5) / 5.0;
    vec3 below = mix(mix(live.rgb, flat_tone, flatten), vec3(0.97, 0.95, 0.9), paper);
    gl_FragColor = vec4(mix(below, ink.rgb, line * line * (3.0 - 2.0 * line)) * live.a, live.a);
}
