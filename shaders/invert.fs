/*{
  "DESCRIPTION": "The negative, as a whole or of the light alone with the hues kept, or solarised.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Colour"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "mode", "LABEL": "Kind", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["negative", "light", "solarise"], "DEFAULT": 0},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1},
    {"NAME": "turning", "LABEL": "Turning point when solarising", "TYPE": "float", "MIN": 0.1, "MAX": 0.9, "DEFAULT": 0.55}
  ]
}*/

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    float high = max(live.r, max(live.g, live.b)), low = min(live.r, min(live.g, live.b));
    vec3 other = live.a - live.rgb;
    if (mode == 1) other = live.rgb + (live.a - high - low);
    else if (mode == 2) other = clamp((live.rgb - max(vec3(0.0), live.rgb - turning) / (1.0 - turning)) / turning,
        0.0, 1.0) * live.a;
    gl_FragColor = vec4(mix(live.rgb, other, amount), live.a);
}
