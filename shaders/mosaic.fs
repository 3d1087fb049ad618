/*{
  "DESCRIPTION": "Breaks the picture into tiles of coloured glass with leaded edges, which drift.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "tiles", "LABEL": "Tiles across", "TYPE": "float", "MIN": 5, "MAX": 120, "DEFAULT": 36},
    {"NAME": "irregular", "LABEL": "Irregular", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.85},
    {"NAME": "lead", "LABEL": "Width of the lead", "TYPE": "float", "MIN": 0, "MAX": 0.3, "DEFAULT": 0.09},
    {"NAME": "speed", "LABEL": "Drift", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 0.25},
    {"NAME": "facet", "LABEL": "Shine of the facets", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.35}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(run.r + speed * TIMEDELTA, 0.0, 0.0, 1.0);
        return;
    }
    vec2 scale = tiles * vec2(1.0, RENDERSIZE.y / RENDERSIZE.x), at = isf_FragNormCoord * scale;
    float nearest = 9.0, second = 9.0;
    vec2 middle = at, cell_of = at;
    for (int y = -1; y <= 1; y++)
        for (int x = -1; x <= 1; x++) {
            vec2 cell = floor(at) + vec2(x, y);
            float chance = random(cell) * 6.2831853;
            vec2 point = cell + 0.5 + 0.45 * irregular
                * vec2(cos(chance + run.r), sin(chance * 3.0 + run.r));
            float far = distance(point, at);
            second = min(second, max(far, nearest));
            middle = far < nearest ? point : middle;
            nearest = min(nearest, far);
        }
    vec4 colour = IMG_NORM_PIXEL(inputImage, middle / scale);
    float glass = smoothstep(0.0, lead + 0.03, second - nearest);
    float shine = facet * dot(at - middle, vec2(-0.5, 0.8));
    gl_FragColor = vec4(clamp(colour.rgb * (1.0 + shine), 0.0, colour.a) * mix(0.06, 1.0, lead > 0.0 ? glass : 1.0),
        colour.a);
}
