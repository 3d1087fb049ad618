/*{
  "DESCRIPTION": "The new picture comes first where the old one is dark (or bright), so that it soaks through its forms.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "bright", "LABEL": "Bright places first", "TYPE": "bool", "DEFAULT": false},
    {"NAME": "softness", "LABEL": "Softness", "TYPE": "float", "MIN": 0.01, "MAX": 1, "DEFAULT": 0.22},
    {"NAME": "of_new", "LABEL": "Follow the light of the new picture instead", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3}
  ]
}*/

void main() {
    vec4 before = IMG_THIS_PIXEL(startImage), after = IMG_THIS_PIXEL(endImage);
    float level = dot(mix(before.rgb, 1.0 - after.rgb, of_new), vec3(0.2126, 0.7152, 0.0722));
    level = bright ? 1.0 - level : level;
    float edge = mix(-softness, 1.0 + softness, progress);
    gl_FragColor = mix(before, after, smoothstep(edge + softness, edge - softness, level));
}
