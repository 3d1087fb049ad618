/*{
  "DESCRIPTION": "The new picture pushes the old one out, with a blur of its motion.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "way", "LABEL": "Towards", "TYPE": "long", "VALUES": [0, 1, 2, 3], "LABELS": ["left", "right", "up", "down"], "DEFAULT": 0},
    {"NAME": "blur", "LABEL": "Blur", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "ease", "LABEL": "Soft start and stop", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1}
  ]
}*/

vec4 both(vec2 at) {
    bool is_new = max(abs(at.x - 0.5), abs(at.y - 0.5)) > 0.5;
    vec2 inside = fract(at);
    return is_new ? IMG_NORM_PIXEL(endImage, inside) : IMG_NORM_PIXEL(startImage, inside);
}

void main() {
    vec2 by = way == 0 ? vec2(1.0, 0.0) : way == 1 ? vec2(-1.0, 0.0) : way == 2 ? vec2(0.0, -1.0) : vec2(0.0, 1.0);
    float moved = mix(progress, progress * progress * (3.0 - 2.0 * progress), ease);
    float smear = blur * 0.06 * progress * (1.0 - progress);
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 5; i++) sum += both(isf_FragNormCoord
        + by * clamp(moved + smear * (float(i) - 2.0), 0.0, 0.9999));
    gl_FragColor = progress >= 1.0 ? IMG_THIS_PIXEL(endImage) : sum / 5.0;
}
