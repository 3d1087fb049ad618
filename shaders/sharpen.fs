/*{
  "DESCRIPTION": "Crisp strokes: sharpens fine and coarse detail, without halos beyond what is around.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Blur"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Fine detail", "TYPE": "float", "MIN": 0, "MAX": 4, "DEFAULT": 1.1},
    {"NAME": "clarity", "LABEL": "Coarse detail", "TYPE": "float", "MIN": 0, "MAX": 3, "DEFAULT": 0.6},
    {"NAME": "radius", "LABEL": "Size of fine detail", "TYPE": "float", "MIN": 0.2, "MAX": 5, "DEFAULT": 1.2},
    {"NAME": "halo", "LABEL": "Halo allowed", "TYPE": "float", "MIN": 0, "MAX": 0.5, "DEFAULT": 0.06}
  ],
  "PASSES": [
    {"TARGET": "coarse", "WIDTH": "floor($WIDTH/8)", "HEIGHT": "floor($HEIGHT/8)"},
    {}
  ]
}*/

void main() {
    vec2 at = isf_FragNormCoord, by = radius / 720.0 * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    vec4 live = IMG_THIS_PIXEL(inputImage);
    if (PASSINDEX == 0) {
        vec4 sum = vec4(0.0);
        for (int y = -1; y <= 1; y++)
            for (int x = -1; x <= 1; x++) sum += IMG_NORM_PIXEL(inputImage, at + vec2(x, y) * 0.8 / RENDERSIZE);
        gl_FragColor = sum / 9.0;
        return;
    }
    vec3 right = IMG_NORM_PIXEL(inputImage, at + vec2(by.x, 0.0)).rgb,
        left = IMG_NORM_PIXEL(inputImage, at - vec2(by.x, 0.0)).rgb;
    vec3 above = IMG_NORM_PIXEL(inputImage, at + vec2(0.0, by.y)).rgb,
        below = IMG_NORM_PIXEL(inputImage, at - vec2(0.0, by.y)).rgb;
    vec3 low = min(live.rgb, min(min(right, left), min(above, below))) - halo;
    vec3 high = max(live.rgb, max(max(right, left), max(above, below))) + halo;
    vec3 fine = live.rgb - 0.25 * (right + left + above + below), broad = live.rgb - IMG_THIS_PIXEL(coarse).rgb;
    gl_FragColor = vec4(clamp(clamp(live.rgb + amount * fine + clarity * broad, low, high), 0.0, live.a), live.a);
}
