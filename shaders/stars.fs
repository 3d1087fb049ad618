/*{
  "DESCRIPTION": "A flight through stars, or snow that falls past.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "speed", "LABEL": "Speed", "TYPE": "float", "MIN": -3, "MAX": 3, "DEFAULT": 0.35},
    {"NAME": "count", "LABEL": "Stars", "TYPE": "float", "MIN": 0.2, "MAX": 3, "DEFAULT": 1},
    {"NAME": "size", "LABEL": "Size", "TYPE": "float", "MIN": 0.2, "MAX": 4, "DEFAULT": 1.2},
    {"NAME": "streak", "LABEL": "Streaks", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.35},
    {"NAME": "colour", "LABEL": "Colour", "TYPE": "color", "DEFAULT": [0.85, 0.92, 1.0, 1.0]},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
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
    vec2 from = (isf_FragNormCoord - centre) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float light = 0.0;
    for (int i = 0; i < 5; i++) {
        float layer = float(i), near = fract(layer / 5.0 + run.r * 0.4);
        vec2 at = from * mix(22.0, 1.5, near) * count + layer * 17.3;
        vec2 cell = floor(at), chance = vec2(random(cell + layer * 7.0), random(cell + 43.0 + layer));
        vec2 off = at - cell - 0.25 - 0.5 * chance, way = normalize(from + 0.0001);
        float along = dot(off, way), across_way = dot(off, vec2(-way.y, way.x));
        float far = length(vec2(along / (1.0 + 6.0 * streak * near), across_way));
        light += step(0.35, chance.x) * smoothstep(0.09 * size, 0.0, far) * smoothstep(0.0, 0.3, near)
            * smoothstep(1.0, 0.85, near) * (0.4 + chance.y);
    }
    gl_FragColor = vec4(colour.rgb * min(1.5, light), 1.0);
}
