/*{
  "DESCRIPTION": "The new picture opens from a point, as a circle, diamond or star, behind a bright rim.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "shape", "LABEL": "Shape", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["circle", "diamond", "star"], "DEFAULT": 0},
    {"NAME": "softness", "LABEL": "Softness of the edge", "TYPE": "float", "MIN": 0.001, "MAX": 0.5, "DEFAULT": 0.04},
    {"NAME": "rim", "LABEL": "Light of the rim", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 0.6},
    {"NAME": "turn", "LABEL": "Turn while it opens, in turns", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.15},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ]
}*/

void main() {
    vec2 from = (isf_FragNormCoord - centre) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float bearing = atan(from.y, from.x) + turn * progress * 6.2831853, far = length(from);
    if (shape == 1) far *= abs(cos(bearing)) + abs(sin(bearing));
    else if (shape == 2) far *= 1.15 + 0.35 * cos(5.0 * bearing);
    float farthest = length(max(centre, 1.0 - centre) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0))
        * (shape == 0 ? 1.0 : 1.5);
    float edge = mix(-softness, farthest + softness, progress);
    float shows = smoothstep(edge + softness, edge - softness, far);
    vec4 mixed = mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), shows);
    float light = rim * shows * (1.0 - shows) * 4.0 * step(0.001, progress) * step(progress, 0.999);
    gl_FragColor = vec4(min(mixed.rgb + light * mixed.a, mixed.a), mixed.a);
}
