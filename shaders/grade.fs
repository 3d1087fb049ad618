/*{
  "DESCRIPTION": "Colour grading: lift, gamma and gain, contrast, saturation, temperature and tint.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Colour"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "lift", "LABEL": "Lift: the shadows", "TYPE": "color", "DEFAULT": [0.46, 0.49, 0.54, 1.0]},
    {"NAME": "gamma", "LABEL": "Gamma: the middle tones", "TYPE": "color", "DEFAULT": [0.5, 0.5, 0.5, 1.0]},
    {"NAME": "gain", "LABEL": "Gain: the lights", "TYPE": "color", "DEFAULT": [0.54, 0.51, 0.47, 1.0]},
    {"NAME": "contrast", "LABEL": "Contrast", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 1.05},
    {"NAME": "saturation", "LABEL": "Saturation", "TYPE": "float", "MIN": 0, "MAX": 3, "DEFAULT": 1.05},
    {"NAME": "temperature", "LABEL": "Temperature", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.05},
    {"NAME": "tint", "LABEL": "Tint (green to magenta)", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0},
    {"NAME": "exposure", "LABEL": "Exposure in stops", "TYPE": "float", "MIN": -3, "MAX": 3, "DEFAULT": 0}
  ]
}*/

// Grey (0.5) of a wheel changes nothing.
void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec3 colour = live.rgb * exp2(exposure);
    colour *= vec3(1.0 + 0.25 * temperature, 1.0 - 0.2 * tint, 1.0 - 0.25 * temperature);
    colour = colour * (2.0 * gain.rgb) + (lift.rgb - 0.5) * (1.0 - colour);
    colour = pow(max(colour, 0.0), exp2(2.0 * (0.5 - gamma.rgb)));
    float luma = dot(colour, vec3(0.2126, 0.7152, 0.0722));
    colour = luma + saturation * (colour - luma);
    colour = (colour - 0.45) * contrast + 0.45;
    gl_FragColor = vec4(clamp(colour, 0.0, 1.0) * step(0.001, live.a), live.a);
}
