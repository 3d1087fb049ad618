/*{
  "DESCRIPTION": "Mirrors one half of the picture onto the other, or one quarter onto all four.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "mode", "LABEL": "Which part is mirrored", "TYPE": "long", "VALUES": [0, 1, 2, 3, 4], "LABELS": ["left", "right", "top", "bottom", "quarter"], "DEFAULT": 0},
    {"NAME": "axis", "LABEL": "Place of the axis", "TYPE": "float", "MIN": 0.1, "MAX": 0.9, "DEFAULT": 0.5}
  ]
}*/

void main() {
    vec2 at = isf_FragNormCoord;
    vec2 folded = axis - abs(at - axis);
    vec2 other = axis + abs(at - axis);
    if (mode == 0) at.x = folded.x;
    else if (mode == 1) at.x = other.x;
    else if (mode == 2) at.y = other.y;
    else if (mode == 3) at.y = folded.y;
    else at = vec2(folded.x, other.y);
    at = abs(mod(at + 1.0, 2.0) - 1.0);
    gl_FragColor = IMG_NORM_PIXEL(inputImage, at);
}
