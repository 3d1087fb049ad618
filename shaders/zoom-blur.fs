/*{
  "DESCRIPTION": "Streaks towards a centre, as of a zoom during the exposure; what is bright streaks most.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Blur"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Length", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.22},
    {"NAME": "light", "LABEL": "How much bright streaks win", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6},
    {"NAME": "pulse", "LABEL": "Pulse per second", "TYPE": "float", "MIN": 0, "MAX": 4, "DEFAULT": 0},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ],
  "PASSES": [
    {"TARGET": "first", "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/2)"},
    {}
  ]
}*/

void main() {
    vec2 at = isf_FragNormCoord;
    float reach = amount * (pulse > 0.0 ? 1.0 - fract(TIME * pulse) : 1.0);
    if (PASSINDEX == 0) {
        vec4 sum = vec4(0.0);
        float weights = 0.0;
        for (int i = 0; i < 10; i++) {
            vec4 colour = IMG_NORM_PIXEL(inputImage, mix(at, centre, reach * (float(i) + 0.5) / 10.0));
            float weight = mix(1.0, 0.05 + dot(colour.rgb, colour.rgb), light) * (1.0 - 0.07 * float(i));
            sum += weight * colour;
            weights += weight;
        }
        gl_FragColor = sum / weights;
    } else {
        vec4 streaks = vec4(0.0);
        for (int i = 0; i < 3; i++) streaks += IMG_NORM_PIXEL(first, mix(at, centre, reach * float(i) / 30.0)) / 3.0;
        float far = smoothstep(0.0, 0.25, reach * distance(at, centre));
        gl_FragColor = mix(IMG_THIS_PIXEL(inputImage), streaks, max(far, 0.6));
    }
}
