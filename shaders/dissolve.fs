/*{
  "DESCRIPTION": "The new picture eats through the old one in clouds, with a glowing edge as of burning paper.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "scale", "LABEL": "Scale of the clouds", "TYPE": "float", "MIN": 1, "MAX": 60, "DEFAULT": 7},
    {"NAME": "softness", "LABEL": "Softness of the edge", "TYPE": "float", "MIN": 0.005, "MAX": 0.5, "DEFAULT": 0.05},
    {"NAME": "glow", "LABEL": "Glow of the edge", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 0.9},
    {"NAME": "colour", "LABEL": "Colour of the edge", "TYPE": "color", "DEFAULT": [1.0, 0.45, 0.1, 1.0]}
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
    vec2 at = isf_FragNormCoord * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0) * scale;
    float level = 0.6 * cloud(at) + 0.27 * cloud(at * 2.3 + 9.0) + 0.13 * cloud(at * 5.1 + 21.0);
    float edge = mix(-2.0 * softness, 1.0 + 2.0 * softness, progress);
    float shows = smoothstep(edge + softness, edge - softness, level);
    vec4 mixed = mix(IMG_THIS_PIXEL(startImage), IMG_THIS_PIXEL(endImage), shows);
    float near = smoothstep(edge + 3.0 * softness, edge, level) * (1.0 - shows) * step(0.001, progress);
    vec3 light = colour.rgb * glow * near;
    gl_FragColor = vec4(1.0 - (1.0 - mixed.rgb) * exp(-2.0 * light * mixed.a), mixed.a);
}
