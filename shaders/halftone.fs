/*{
  "DESCRIPTION": "Prints the picture with dots, in black on paper or in colours, each on a screen of its own angle.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "dots", "LABEL": "Dots across", "TYPE": "float", "MIN": 20, "MAX": 300, "DEFAULT": 90},
    {"NAME": "angle", "LABEL": "Angle of the screen in turns", "TYPE": "float", "MIN": 0, "MAX": 0.25, "DEFAULT": 0.125},
    {"NAME": "ink", "LABEL": "Ink", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["colours", "black", "white on black"], "DEFAULT": 0},
    {"NAME": "softness", "LABEL": "Softness", "TYPE": "float", "MIN": 0.02, "MAX": 0.5, "DEFAULT": 0.15},
    {"NAME": "paper", "LABEL": "Paper", "TYPE": "color", "DEFAULT": [0.97, 0.95, 0.9, 1.0]}
  ]
}*/

// How much ink `level` (0..1) puts at this place of a screen turned by `turns`.
float dot_of(float level, float turns) {
    float bearing = turns * 6.2831853;
    vec2 at = isf_FragNormCoord * vec2(1.0, RENDERSIZE.y / RENDERSIZE.x) * dots;
    vec2 cell = fract(mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * at) - 0.5;
    return smoothstep(-softness, softness, 0.56 * sqrt(level) + 0.15 * level * level - length(cell));
}

void main() {
    vec2 cells = vec2(dots, dots * RENDERSIZE.y / RENDERSIZE.x) * 2.0;
    vec4 live = IMG_NORM_PIXEL(inputImage, (floor(isf_FragNormCoord * cells) + 0.5) / cells);
    float luma = dot(live.rgb, vec3(0.2126, 0.7152, 0.0722));
    vec3 shown;
    if (ink == 0) {
        vec3 lacks = 1.0 - live.rgb;
        vec3 printed = vec3(dot_of(lacks.r, angle + 0.04), dot_of(lacks.g, angle + 0.12), dot_of(lacks.b, angle));
        shown = paper.rgb * (1.0 - vec3(0.98, 0.95, 0.93) * printed);
    } else if (ink == 1) shown = paper.rgb * (1.0 - 0.95 * dot_of(1.0 - luma, angle));
    else shown = paper.rgb * dot_of(luma, angle);
    gl_FragColor = vec4(shown * live.a, live.a);
}
