/*{
  "DESCRIPTION": "Clouds that drift and fold, dark to bright: food for a dreaming model.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Generator"],
  "INPUTS": [
    {"NAME": "scale", "LABEL": "Scale", "TYPE": "float", "MIN": 0.5, "MAX": 12, "DEFAULT": 2.6},
    {"NAME": "speed", "LABEL": "Speed", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.35},
    {"NAME": "fold", "LABEL": "Fold", "TYPE": "float", "MIN": 0, "MAX": 4, "DEFAULT": 1.8},
    {"NAME": "contrast", "LABEL": "Contrast", "TYPE": "float", "MIN": 0.2, "MAX": 3, "DEFAULT": 1.3},
    {"NAME": "dark", "LABEL": "Dark colour", "TYPE": "color", "DEFAULT": [0.03, 0.06, 0.18, 1.0]},
    {"NAME": "middle", "LABEL": "Middle colour", "TYPE": "color", "DEFAULT": [0.25, 0.4, 0.6, 1.0]},
    {"NAME": "light", "LABEL": "Light colour", "TYPE": "color", "DEFAULT": [1.0, 0.9, 0.75, 1.0]}
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

float cloud(vec2 at) {
    vec2 cell = floor(at), part = fract(at);
    part = part * part * (3.0 - 2.0 * part);
    float below = mix(random(cell), random(cell + vec2(1.0, 0.0)), part.x);
    float above = mix(random(cell + vec2(0.0, 1.0)), random(cell + 1.0), part.x);
    return mix(below, above, part.y);
}

float clouds(vec2 at) {
    return 0.55 * cloud(at) + 0.28 * cloud(at * 2.1 + 17.0) + 0.17 * cloud(at * 4.3 + 31.0);
}

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(run.r + speed * TIMEDELTA, 0.0, 0.0, 1.0);
        return;
    }
    vec2 at = isf_FragNormCoord * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0) * scale;
    float time = run.r;
    float first = clouds(at + vec2(time * 0.4, -time * 0.15));
    float second = clouds(at + fold * vec2(first, 1.0 - first) + vec2(-time * 0.2, time * 0.3) + 5.0);
    float level = clamp((second - 0.5) * contrast * 1.8 + 0.5, 0.0, 1.0);
    vec3 colour = mix(mix(dark.rgb, middle.rgb, smoothstep(0.0, 0.55, level)), light.rgb,
        smoothstep(0.45, 1.0, level));
    gl_FragColor = vec4(colour * (0.75 + 0.5 * first), 1.0);
}
