/*{
  "DESCRIPTION": "A flight into the old picture that comes out in the new one.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "zoom", "LABEL": "Zoom", "TYPE": "float", "MIN": 1, "MAX": 12, "DEFAULT": 4},
    {"NAME": "blur", "LABEL": "Blur", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6},
    {"NAME": "turn", "LABEL": "Turn on the way, in turns", "TYPE": "float", "MIN": -0.5, "MAX": 0.5, "DEFAULT": 0.04},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ]
}*/

vec2 seen(float scale, float turns) {
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0), from = (isf_FragNormCoord - centre) * aspect / scale;
    float bearing = turns * 6.2831853;
    return mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * from / aspect + centre;
}

void main() {
    vec4 sum = vec4(0.0);
    float smear = blur * 0.3 * progress * (1.0 - progress);
    for (int i = 0; i < 5; i++) {
        float at = clamp(progress + smear * (float(i) - 2.0), 0.0, 1.0), ease = at * at * (3.0 - 2.0 * at);
        vec2 old_at = seen(pow(zoom, ease), turn * ease), new_at = seen(pow(zoom, ease - 1.0), turn * (ease - 1.0));
        new_at = abs(mod(new_at + 1.0, 2.0) - 1.0);
        sum += mix(IMG_NORM_PIXEL(startImage, old_at), IMG_NORM_PIXEL(endImage, new_at), smoothstep(0.3, 0.7, at));
    }
    gl_FragColor = sum / 5.0;
}
