/*{
  "DESCRIPTION": "What is bright glows softly over its surroundings.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Blur"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 3, "DEFAULT": 0.8},
    {"NAME": "threshold", "LABEL": "Luma from which it glows", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6},
    {"NAME": "size", "LABEL": "Size", "TYPE": "float", "MIN": 0.2, "MAX": 4, "DEFAULT": 1.4},
    {"NAME": "warmth", "LABEL": "Warmth", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.25}
  ],
  "PASSES": [
    {"TARGET": "bright", "WIDTH": "floor($WIDTH/4)", "HEIGHT": "floor($HEIGHT/4)"},
    {"TARGET": "across", "WIDTH": "floor($WIDTH/4)", "HEIGHT": "floor($HEIGHT/4)"},
    {"TARGET": "halo", "WIDTH": "floor($WIDTH/4)", "HEIGHT": "floor($HEIGHT/4)"},
    {}
  ]
}*/

vec4 blurred(vec2 axis) {
    vec2 by = axis * size * 0.0122 * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    vec4 sum = 0.2 * (PASSINDEX == 1 ? IMG_THIS_PIXEL(bright) : IMG_THIS_PIXEL(across));
    for (int i = 1; i < 5; i++) {
        vec2 off = by * float(i);
        float weight = 0.2 * exp(-0.14 * float(i * i));
        if (PASSINDEX == 1) sum += weight * (IMG_NORM_PIXEL(bright, isf_FragNormCoord + off)
            + IMG_NORM_PIXEL(bright, isf_FragNormCoord - off));
        else sum += weight * (IMG_NORM_PIXEL(across, isf_FragNormCoord + off)
            + IMG_NORM_PIXEL(across, isf_FragNormCoord - off));
    }
    return sum;
}

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    if (PASSINDEX == 0) {
        float luma = dot(live.rgb, vec3(0.2126, 0.7152, 0.0722));
        gl_FragColor = live * smoothstep(threshold - 0.1, threshold + 0.25, luma);
    } else if (PASSINDEX == 1) gl_FragColor = blurred(vec2(1.0, 0.0));
    else if (PASSINDEX == 2) gl_FragColor = blurred(vec2(0.0, 1.0));
    else {
        vec3 light = IMG_THIS_PIXEL(halo).rgb * amount * vec3(1.0 + 0.3 * warmth, 1.0, 1.0 - 0.5 * warmth);
        gl_FragColor = vec4(1.0 - (1.0 - live.rgb) * exp(-light), live.a);
    }
}
