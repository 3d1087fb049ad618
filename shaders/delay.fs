/*{
  "DESCRIPTION": "Three echoes of earlier moments lie over the picture, each larger and later than the one before.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Time"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "time", "LABEL": "Seconds between two echoes", "TYPE": "float", "MIN": 0.02, "MAX": 1, "DEFAULT": 0.16},
    {"NAME": "level", "LABEL": "Level of the echoes", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.8},
    {"NAME": "grow", "LABEL": "How much each echo is larger", "TYPE": "float", "MIN": -0.3, "MAX": 0.5, "DEFAULT": 0.09},
    {"NAME": "blend", "LABEL": "How they are laid over", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["lighten", "average", "difference"], "DEFAULT": 0},
    {"NAME": "tint", "LABEL": "Tint of the echoes", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6}
  ],
  "PASSES": [
    {"TARGET": "third", "PERSISTENT": true, "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/2)"},
    {"TARGET": "second", "PERSISTENT": true, "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/2)"},
    {"TARGET": "first", "PERSISTENT": true, "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/2)"},
    {"TARGET": "clock", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

vec2 grown(float echo) {
    return 0.5 + (isf_FragNormCoord - 0.5) / (1.0 + grow * echo);
}

vec4 over(vec4 below, vec4 above, vec3 tone) {
    above.rgb *= mix(vec3(1.0), tone, tint) * level;
    if (blend == 0) return max(below, above);
    return blend == 1 ? mix(below, above, 0.5 * level) : vec4(abs(below.rgb - above.rgb), below.a);
}

void main() {
    vec4 clock_now = texelFetch(clock, ivec2(0), 0);
    bool due = clock_now.r >= time || clock_now.a < 0.01;
    if (PASSINDEX == 0) gl_FragColor = due ? IMG_THIS_PIXEL(second) : IMG_THIS_PIXEL(third);
    else if (PASSINDEX == 1) gl_FragColor = due ? IMG_THIS_PIXEL(first) : IMG_THIS_PIXEL(second);
    else if (PASSINDEX == 2) gl_FragColor = due ? IMG_THIS_PIXEL(inputImage) : IMG_THIS_PIXEL(first);
    else if (PASSINDEX == 3) gl_FragColor = vec4((due ? 0.0 : clock_now.r) + TIMEDELTA, 0.0, 0.0, 1.0);
    else {
        vec4 shown = over(IMG_THIS_PIXEL(inputImage), IMG_NORM_PIXEL(first, grown(1.0)), vec3(1.0, 0.25, 0.3));
        shown = over(shown, IMG_NORM_PIXEL(second, grown(2.0)), vec3(0.25, 1.0, 0.45));
        gl_FragColor = over(shown, IMG_NORM_PIXEL(third, grown(3.0)), vec3(0.3, 0.4, 1.0));
    }
}
