/*{
  "DESCRIPTION": "Flashes on an event, or at a steady rate, and fades: in a colour, black or inverted. The flash limiter of the output has the last word.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Light"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "flash", "LABEL": "Flash now", "TYPE": "event"},
    {"NAME": "rate", "LABEL": "Flashes per second by itself", "TYPE": "float", "MIN": 0, "MAX": 12, "DEFAULT": 1},
    {"NAME": "decay", "LABEL": "Seconds a flash lasts", "TYPE": "float", "MIN": 0.02, "MAX": 2, "DEFAULT": 0.45},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.7},
    {"NAME": "mode", "LABEL": "Kind", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["colour", "black", "invert"], "DEFAULT": 0},
    {"NAME": "colour", "LABEL": "Colour of the flash", "TYPE": "color", "DEFAULT": [1.0, 0.9, 0.7, 1.0]}
  ],
  "PASSES": [
    {"TARGET": "state", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 last = texelFetch(state, ivec2(0), 0);
    if (PASSINDEX == 0) {
        bool due = flash || floor(TIME * rate) > floor((TIME - TIMEDELTA) * rate);
        gl_FragColor = vec4(due ? 1.0 : max(0.0, last.r - TIMEDELTA / decay), 0.0, 0.0, 1.0);
        return;
    }
    vec4 live = IMG_THIS_PIXEL(inputImage);
    float now = amount * last.r * last.r;
    vec3 shown = live.a - (live.a - live.rgb) * (1.0 - colour.rgb * now);
    if (mode == 1) shown = live.rgb * (1.0 - now);
    else if (mode == 2) shown = mix(live.rgb, live.a - live.rgb, now);
    gl_FragColor = vec4(shown, live.a);
}
