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

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

// The place of this pixel in a picture around its centre, which is turned by `turns` and drawn larger by `scale`.
vec2 seen(float scale, float turns) {
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0), from = (isf_FragNormCoord - centre) * aspect / scale;
    float bearing = turns * 6.2831853;
    return mat2(cos(bearing), sin(bearing), -sin(bearing), cos(bearing)) * from / aspect;
}

void main() {
    float ease = progress * progress * (3.0 - 2.0 * progress), scale = exp2(log2(zoom) * ease);
    vec2 old_from = seen(scale, turn * ease), new_from = seen(scale / zoom, turn * (ease - 1.0));
    float smear = blur * 0.75 * log(zoom) * progress * (1.0 - progress), grain = random(gl_FragCoord.xy) - 0.5;
    vec4 before = vec4(0.0), after = vec4(0.0);
    for (int i = 0; i < 3; i++) {
        float stretch = 1.0 + smear * (float(i) - 1.0 + grain);
        before += IMG_NORM_PIXEL(startImage, centre + old_from * stretch) / 3.0;
        after += IMG_NORM_PIXEL(endImage, abs(mod(centre + new_from * stretch + 1.0, 2.0) - 1.0)) / 3.0;
    }
    gl_FragColor = mix(before, after, smoothstep(0.3, 0.7, progress));
}
