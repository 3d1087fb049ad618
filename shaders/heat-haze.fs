/*{
  "DESCRIPTION": "Hot air rises before the picture and lets it shimmer.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 0.1, "DEFAULT": 0.024},
    {"NAME": "size", "LABEL": "Size of the swirls", "TYPE": "float", "MIN": 0.5, "MAX": 20, "DEFAULT": 5},
    {"NAME": "speed", "LABEL": "Speed upwards", "TYPE": "float", "MIN": 0, "MAX": 3, "DEFAULT": 0.5},
    {"NAME": "ground", "LABEL": "Strongest at the bottom", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "glow", "LABEL": "Warm glow", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.25}
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

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(run.r + speed * TIMEDELTA, 0.0, 0.0, 1.0);
        return;
    }
    vec2 at = isf_FragNormCoord;
    vec2 air = at * size * vec2(RENDERSIZE.x / RENDERSIZE.y, 0.7) - vec2(0.0, run.r * size * 0.4);
    vec2 bend = vec2(cloud(air) + 0.5 * cloud(air * 2.3 + 9.0), cloud(air + 37.0)) - vec2(0.75, 0.5);
    float strength = amount * mix(1.0, 1.6 * (1.0 - at.y), ground);
    at += strength * bend * vec2(1.0, 2.0);
    vec4 shown = IMG_NORM_PIXEL(inputImage, abs(mod(at + 1.0, 2.0) - 1.0));
    float warm = glow * max(0.0, bend.x) * (1.0 - at.y);
    gl_FragColor = vec4(shown.rgb + warm * vec3(0.6, 0.25, 0.05) * shown.a, shown.a);
}
