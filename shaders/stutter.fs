/*{
  "DESCRIPTION": "Holds the picture and lets a new one through only now and then, or on an event.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Time"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "take", "LABEL": "Take a picture now", "TYPE": "event"},
    {"NAME": "rate", "LABEL": "Pictures per second by itself", "TYPE": "float", "MIN": 0, "MAX": 25, "DEFAULT": 5},
    {"NAME": "ghost", "LABEL": "How much of the live picture stays", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.15},
    {"NAME": "slide", "LABEL": "Drift of the held picture per second", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.12}
  ],
  "PASSES": [
    {"TARGET": "held", "PERSISTENT": true},
    {}
  ]
}*/

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    if (PASSINDEX == 0) {
        bool due = take || floor(TIME * rate) > floor((TIME - TIMEDELTA) * rate);
        vec4 kept = IMG_NORM_PIXEL(held, mix(isf_FragNormCoord, vec2(0.5), slide * TIMEDELTA));
        gl_FragColor = due || kept.a < 0.01 ? live : kept;
    } else gl_FragColor = mix(IMG_THIS_PIXEL(held), live, ghost);
}
