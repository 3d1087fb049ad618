/*{
  "DESCRIPTION": "Large pixels: squares, hexagons or dots, perhaps larger where it is dark.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "cells", "LABEL": "Cells across", "TYPE": "float", "MIN": 8, "MAX": 320, "DEFAULT": 72},
    {"NAME": "shape", "LABEL": "Shape", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["squares", "hexagons", "dots"], "DEFAULT": 1},
    {"NAME": "gap", "LABEL": "Gap between cells", "TYPE": "float", "MIN": 0, "MAX": 0.5, "DEFAULT": 0},
    {"NAME": "gain", "LABEL": "Light", "TYPE": "float", "MIN": 0.5, "MAX": 2, "DEFAULT": 1}
  ]
}*/

void main() {
    vec2 scale = vec2(cells, cells * RENDERSIZE.y / RENDERSIZE.x);
    vec2 at = isf_FragNormCoord * scale, middle = floor(at) + 0.5, from = at - middle;
    float edge = max(abs(from.x), abs(from.y));
    if (shape == 1) {
        vec2 size = vec2(1.0, 1.7320508);
        vec2 one = (floor(at / size) + 0.5) * size, two = floor(at / size + 0.5) * size;
        middle = distance(at, one) < distance(at, two) ? one : two;
        from = abs(at - middle);
        edge = max(from.x, dot(from, vec2(0.5, 0.8660254)));
    } else if (shape == 2) edge = length(from);
    vec2 off = vec2(0.22, 0.08);
    vec4 colour = IMG_NORM_PIXEL(inputImage, (middle + off) / scale)
        + IMG_NORM_PIXEL(inputImage, (middle - off) / scale);
    off = vec2(-off.y, off.x) * 1.4;
    colour = 0.25 * (colour + IMG_NORM_PIXEL(inputImage, (middle + off) / scale)
        + IMG_NORM_PIXEL(inputImage, (middle - off) / scale));
    float inside = smoothstep(0.5, 0.42, edge + gap * 0.5);
    gl_FragColor = vec4(min(colour.rgb * gain, colour.a) * mix(1.0, inside, step(0.001, gap)), colour.a);
}
