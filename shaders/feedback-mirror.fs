/*{
  "DESCRIPTION": "A hall of mirrors: inside a live frame stands the last picture, smaller and mirrored, and in it the one before.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Feedback"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "How much comes back", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.92},
    {"NAME": "scale", "LABEL": "Size of the mirror", "TYPE": "float", "MIN": 0.4, "MAX": 0.95, "DEFAULT": 0.74},
    {"NAME": "turn", "LABEL": "Turn of the mirror, in turns", "TYPE": "float", "MIN": -0.25, "MAX": 0.25, "DEFAULT": 0.015},
    {"NAME": "sway", "LABEL": "Sway", "TYPE": "float", "MIN": 0, "MAX": 0.2, "DEFAULT": 0.05},
    {"NAME": "upside_down", "LABEL": "Mirror up and down, too", "TYPE": "bool", "DEFAULT": false}
  ],
  "PASSES": [
    {"TARGET": "glass", "PERSISTENT": true}
  ]
}*/

void main() {
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float bearing = turn * 6.2831853 * cos(TIME * 0.7);
    vec2 place = 0.5 + sway * vec2(sin(TIME * 0.5), cos(TIME * 0.37));
    vec2 from = (isf_FragNormCoord - place) * aspect / scale;
    from = mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * from / aspect;
    vec2 inside = smoothstep(vec2(0.5), vec2(0.485), abs(from));
    vec4 last = IMG_NORM_PIXEL(glass, 0.5 + from * vec2(-1.0, upside_down ? -1.0 : 1.0));
    vec4 live = IMG_THIS_PIXEL(inputImage);
    gl_FragColor = mix(live, last, amount * inside.x * inside.y * step(0.01, last.a));
}
