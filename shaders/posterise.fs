/*{
  "DESCRIPTION": "Few flat tones, with soft steps between them and a little more colour, like a screen print.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Colour"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "levels", "LABEL": "Tones", "TYPE": "float", "MIN": 2, "MAX": 12, "DEFAULT": 4},
    {"NAME": "softness", "LABEL": "Softness of the steps", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.25},
    {"NAME": "saturation", "LABEL": "Saturation", "TYPE": "float", "MIN": 0, "MAX": 3, "DEFAULT": 1.2},
    {"NAME": "gamma", "LABEL": "Gamma", "TYPE": "float", "MIN": 0.3, "MAX": 3, "DEFAULT": 0.9}
  ]
}*/

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    float tones = floor(levels) - 1.0;
    float luma = max(0.001, dot(live.rgb, vec3(0.2126, 0.7152, 0.0722)));
    vec3 colour = clamp(luma + saturation * (live.rgb - luma), 0.0, 1.0);
    vec3 level = pow(colour, vec3(gamma)) * tones;
    vec3 part = smoothstep(0.5 - 0.5 * softness - 0.01, 0.5 + 0.5 * softness + 0.01, fract(level));
    vec3 stepped = pow((floor(level) + part) / tones, vec3(1.0 / gamma));
    gl_FragColor = vec4(clamp(stepped, 0.0, live.a), live.a);
}
