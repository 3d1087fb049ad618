/*{
  "DESCRIPTION": "A tube monitor: curved glass, scanlines, a mask of phosphors, and a glow.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "curve", "LABEL": "Curve of the glass", "TYPE": "float", "MIN": 0, "MAX": 0.5, "DEFAULT": 0.07},
    {"NAME": "lines", "LABEL": "Scanlines", "TYPE": "float", "MIN": 60, "MAX": 720, "DEFAULT": 240},
    {"NAME": "depth", "LABEL": "Depth of the scanlines", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.4},
    {"NAME": "phosphors", "LABEL": "Mask of phosphors", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.35},
    {"NAME": "gain", "LABEL": "Light", "TYPE": "float", "MIN": 0.5, "MAX": 2, "DEFAULT": 1.35}
  ]
}*/

void main() {
    vec2 from = isf_FragNormCoord * 2.0 - 1.0;
    vec2 at = 0.5 + 0.5 * from * (1.0 + curve * from.yx * from.yx) / (1.0 + 0.35 * curve);
    vec2 inside = smoothstep(vec2(0.5), vec2(0.49), abs(at - 0.5));
    vec2 fringe = vec2(0.0012, 0.0) * (1.0 + 4.0 * dot(from, from) * curve);
    vec4 live = IMG_NORM_PIXEL(inputImage, at);
    vec3 colour = vec3(IMG_NORM_PIXEL(inputImage, at + fringe).r, live.g, IMG_NORM_PIXEL(inputImage, at - fringe).b);
    float luma = dot(colour, vec3(0.2126, 0.7152, 0.0722));
    float dark = abs(fract(at.y * min(lines, RENDERSIZE.y / 3.0)) - 0.5) * 2.0;
    colour *= 1.0 - depth * dark * dark * (1.2 - luma);
    vec3 mask = 0.6 + 1.2 * max(vec3(0.0), 1.0 - 1.5 * abs(mod(gl_FragCoord.x - vec3(0.0, 1.0, 2.0) + 1.5, 3.0)
        - 1.5));
    colour *= mix(vec3(1.0), mask, phosphors) * gain * (1.0 - 0.25 * dot(from, from) * curve * 2.0);
    gl_FragColor = vec4(colour * inside.x * inside.y, live.a);
}
