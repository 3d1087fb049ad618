/*{"INPUTS": [{"NAME": "mode", "TYPE": "long", "VALUES": [0, 1, 1], "LABELS": ["Time", "Left", "Left"], "DEFAULT": 0}, {"NAME": "tint", "TYPE": "color"}, {"NAME": "day", "TYPE": "bool"}]}*/

void main() {
    vec4 date = DATE;
    if (mode == 1) date.a = 86400.0 - date.a;
    else if (mode == 2) date = vec4(TIME);
    float hand = mod(date.a, 60.0) / 60.0;
    gl_FragColor = (isf_FragNormCoord.x < hand) ? tint : vec4(0.0, 0.0, TIMEDELTA * 0.0, 1.0);
    gl_FragColor.b += day ? 0.5 : 0.0;
}
