/*{
  "DESCRIPTION": "Darkens or tints the corners, and may blur the light towards the middle.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Light"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.75},
    {"NAME": "radius", "LABEL": "Radius", "TYPE": "float", "MIN": 0.1, "MAX": 1.5, "DEFAULT": 0.75},
    {"NAME": "softness", "LABEL": "Softness", "TYPE": "float", "MIN": 0.05, "MAX": 1.5, "DEFAULT": 0.7},
    {"NAME": "round", "LABEL": "Round rather than as the picture", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.4},
    {"NAME": "colour", "LABEL": "Colour of the corners", "TYPE": "color", "DEFAULT": [0.02, 0.0, 0.05, 1.0]},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ]
}*/

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec2 shape = mix(vec2(1.0), vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0), round);
    float far = length((isf_FragNormCoord - centre) * shape) * 1.4142;
    float dark = amount * smoothstep(radius - 0.5 * softness, radius + 0.5 * softness, far);
    vec3 corner = mix(live.rgb * live.rgb * 0.5, colour.rgb * live.a, 0.7);
    gl_FragColor = vec4(mix(live.rgb, corner, dark), live.a);
}
