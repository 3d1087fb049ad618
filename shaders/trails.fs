/*{
  "DESCRIPTION": "What is bright leaves a trail that fades and takes on a colour.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Time"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "time", "LABEL": "Seconds until a trail is gone", "TYPE": "float", "MIN": 0.05, "MAX": 8, "DEFAULT": 1.2},
    {"NAME": "tint", "LABEL": "Tint", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "colour", "LABEL": "Colour of the trail", "TYPE": "color", "DEFAULT": [1.0, 0.35, 0.1, 1.0]},
    {"NAME": "drift", "LABEL": "Drift upwards per second", "TYPE": "float", "MIN": -0.3, "MAX": 0.3, "DEFAULT": 0.04}
  ],
  "PASSES": [
    {"TARGET": "trail", "PERSISTENT": true}
  ]
}*/

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec4 last = IMG_NORM_PIXEL(trail, isf_FragNormCoord - vec2(0.0, drift * TIMEDELTA));
    float fading = TIMEDELTA / time;
    vec3 tone = mix(vec3(1.0), colour.rgb, tint);
    vec3 faded = last.rgb * mix(vec3(1.0), tone, min(1.0, 2.5 * fading)) - 0.8 * fading;
    gl_FragColor = vec4(max(live.rgb, faded), max(live.a, last.a - fading));
}
