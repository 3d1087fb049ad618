/*{
  "DESCRIPTION": "A soft blur in two passes; the middle, a band or all of the picture may stay sharp.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Blur"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Size", "TYPE": "float", "MIN": 0, "MAX": 8, "DEFAULT": 2.2},
    {"NAME": "keep", "LABEL": "What stays sharp", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["nothing", "the middle", "a band"], "DEFAULT": 1},
    {"NAME": "sharp_size", "LABEL": "Size of what stays sharp", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ],
  "PASSES": [
    {"TARGET": "across", "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/2)"},
    {"TARGET": "soft_picture", "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/2)"},
    {}
  ]
}*/

vec4 blurred(vec2 axis) {
    vec2 by = axis * amount * 0.0045 * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    vec4 sum = PASSINDEX == 0 ? IMG_THIS_PIXEL(inputImage) : IMG_THIS_PIXEL(across);
    float weights = 1.0;
    for (int i = 1; i < 5; i++) {
        float weight = exp(-0.13 * float(i * i));
        vec2 one = isf_FragNormCoord + by * float(i), two = isf_FragNormCoord - by * float(i);
        if (PASSINDEX == 0) sum += weight * (IMG_NORM_PIXEL(inputImage, one) + IMG_NORM_PIXEL(inputImage, two));
        else sum += weight * (IMG_NORM_PIXEL(across, one) + IMG_NORM_PIXEL(across, two));
        weights += 2.0 * weight;
    }
    return sum / weights;
}

void main() {
    if (PASSINDEX == 0) gl_FragColor = blurred(vec2(1.0, 0.0));
    else if (PASSINDEX == 1) gl_FragColor = blurred(vec2(0.0, 1.0));
    else {
        vec2 from = (isf_FragNormCoord - centre) * vec2(keep == 2 ? 0.0 : RENDERSIZE.x / RENDERSIZE.y, 1.0);
        float soft = keep == 0 ? 1.0 : smoothstep(sharp_size * 0.6, sharp_size + 0.25, length(from));
        gl_FragColor = mix(IMG_THIS_PIXEL(inputImage), IMG_THIS_PIXEL(soft_picture),
            min(1.0, soft * min(1.0, amount)));
    }
}
