/*{
  "DESCRIPTION": "A kick on an event or at a steady rate: the picture jumps towards you, shakes, splits its colours and settles.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Light"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "kick", "LABEL": "Kick now", "TYPE": "event"},
    {"NAME": "rate", "LABEL": "Kicks per second by itself", "TYPE": "float", "MIN": 0, "MAX": 8, "DEFAULT": 1},
    {"NAME": "decay", "LABEL": "Seconds until it has settled", "TYPE": "float", "MIN": 0.05, "MAX": 2, "DEFAULT": 0.5},
    {"NAME": "zoom", "LABEL": "Zoom", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.18},
    {"NAME": "shake", "LABEL": "Shake", "TYPE": "float", "MIN": 0, "MAX": 0.2, "DEFAULT": 0.025},
    {"NAME": "fringe", "LABEL": "Split of the colours", "TYPE": "float", "MIN": 0, "MAX": 0.2, "DEFAULT": 0.05}
  ],
  "PASSES": [
    {"TARGET": "state", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    float level = texelFetch(state, ivec2(0), 0).r;
    if (PASSINDEX == 0) {
        bool due = kick || floor(TIME * rate) > floor((TIME - TIMEDELTA) * rate);
        gl_FragColor = vec4(due ? 1.0 : max(0.0, level - TIMEDELTA / decay), 0.0, 0.0, 1.0);
        return;
    }
    float now = level * level;
    vec2 from = isf_FragNormCoord - 0.5, shaken = shake * now * vec2(sin(TIME * 61.0), cos(TIME * 53.0));
    vec2 at = 0.5 + shaken + from * (1.0 - zoom * now - shake * now);
    vec2 apart = from * fringe * now;
    vec4 middle = IMG_NORM_PIXEL(inputImage, at);
    gl_FragColor = vec4(IMG_NORM_PIXEL(inputImage, at - apart).r, middle.g,
        IMG_NORM_PIXEL(inputImage, at + apart).b, middle.a);
}
