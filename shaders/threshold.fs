/*{
  "DESCRIPTION": "Two colours: what is darker than the threshold, and what is lighter; adapts to what lies around.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "level", "LABEL": "Threshold", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "adapt", "LABEL": "How much it adapts to what lies around", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.75},
    {"NAME": "softness", "LABEL": "Softness", "TYPE": "float", "MIN": 0.005, "MAX": 0.5, "DEFAULT": 0.04},
    {"NAME": "dark", "LABEL": "Dark colour", "TYPE": "color", "DEFAULT": [0.06, 0.02, 0.16, 1.0]},
    {"NAME": "light", "LABEL": "Light colour", "TYPE": "color", "DEFAULT": [1.0, 0.86, 0.55, 1.0]}
  ],
  "PASSES": [
    {"TARGET": "coarse", "WIDTH": "floor($WIDTH/24)", "HEIGHT": "floor($HEIGHT/24)"},
    {"TARGET": "around", "WIDTH": "floor($WIDTH/24)", "HEIGHT": "floor($HEIGHT/24)"},
    {}
  ]
}*/

float luma(vec4 colour) {
    return dot(colour.rgb, vec3(0.2126, 0.7152, 0.0722));
}

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    if (PASSINDEX == 0) {
        float sum = 0.0;
        for (int y = -1; y <= 1; y++)
            for (int x = -1; x <= 1; x++) sum += luma(IMG_NORM_PIXEL(inputImage,
                isf_FragNormCoord + vec2(x, y) * 0.33 / RENDERSIZE));
        gl_FragColor = vec4(sum / 9.0);
    } else if (PASSINDEX == 1) {
        float sum = 0.0;
        for (int y = -1; y <= 1; y++)
            for (int x = -1; x <= 1; x++) sum += IMG_NORM_PIXEL(coarse,
                isf_FragNormCoord + vec2(x, y) * 1.5 / RENDERSIZE).r;
        gl_FragColor = vec4(sum / 9.0);
    } else {
        float limit = mix(level, IMG_THIS_PIXEL(around).r + level - 0.5, adapt);
        gl_FragColor = mix(dark, light, smoothstep(limit - softness, limit + softness, luma(live))) * live.a;
    }
}
