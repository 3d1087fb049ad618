/*{
  "DESCRIPTION": "Bars of light that move at different speeds, soft on one side.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "count", "LABEL": "Bars", "TYPE": "float", "MIN": 1, "MAX": 40, "DEFAULT": 9},
    {"NAME": "speed", "LABEL": "Speed", "TYPE": "float", "MIN": -3, "MAX": 3, "DEFAULT": 0.35},
    {"NAME": "angle", "LABEL": "Direction in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.06},
    {"NAME": "softness", "LABEL": "Softness", "TYPE": "float", "MIN": 0.01, "MAX": 1, "DEFAULT": 0.75},
    {"NAME": "hue", "LABEL": "Hue", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "spread", "LABEL": "Spread of the hues", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5}
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

vec3 tint(float turns) {
    return 0.5 + 0.5 * cos(6.2831853 * (turns + vec3(0.0, 0.67, 0.33)));
}

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(run.r + speed * TIMEDELTA, 0.0, 0.0, 1.0);
        return;
    }
    float bearing = angle * 6.2831853;
    vec2 from = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float at = dot(from, vec2(cos(bearing), sin(bearing)));
    vec3 light = vec3(0.0);
    for (int i = 0; i < 3; i++) {
        float row = float(i), place = at * count * (0.4 + 0.3 * row) - run.r * (1.0 + 0.7 * row);
        float chance = random(vec2(floor(place), row)), part = fract(place);
        float bar = smoothstep(0.0, softness, part) * smoothstep(1.0, 0.97, part);
        light += tint(hue + spread * (chance - 0.5)) * bar * chance * (1.2 - 0.3 * row);
    }
    gl_FragColor = vec4(1.0 - exp(-2.2 * light * light), 1.0);
}
