/*{
  "DESCRIPTION": "Blocks and lines of the picture jump aside, now and then, with split colours.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Glitch"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "How many blocks", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.35},
    {"NAME": "reach", "LABEL": "How far they jump", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.16},
    {"NAME": "rows", "LABEL": "Rows of blocks", "TYPE": "float", "MIN": 2, "MAX": 60, "DEFAULT": 18},
    {"NAME": "rate", "LABEL": "Jumps per second", "TYPE": "float", "MIN": 0.5, "MAX": 30, "DEFAULT": 7},
    {"NAME": "fringe", "LABEL": "Split of the colours", "TYPE": "float", "MIN": 0, "MAX": 0.05, "DEFAULT": 0.01}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec2 at = isf_FragNormCoord;
    float moment = floor(TIME * rate);
    float calm = step(0.45, random(vec2(moment, 5.0)));
    float row = floor(at.y * rows + 3.0 * random(vec2(moment, 1.0)));
    float column = floor(at.x * (2.0 + 6.0 * random(vec2(row, moment))));
    float chance = random(vec2(row * 7.0 + column, moment + 11.0));
    float line = step(0.985, random(vec2(floor(at.y * 240.0), moment)));
    float jumps = step(1.0 - amount, chance) * mix(1.0, 0.25, calm) + 0.3 * line;
    float by = jumps * reach * (random(vec2(row, moment + column)) - 0.5) * 2.0;
    vec2 apart = vec2(fringe * (0.15 + 3.0 * jumps), 0.0);
    vec2 moved = fract(at + vec2(by, 0.0));
    vec4 middle = IMG_NORM_PIXEL(inputImage, moved);
    gl_FragColor = vec4(IMG_NORM_PIXEL(inputImage, moved + apart).r, middle.g,
        IMG_NORM_PIXEL(inputImage, moved - apart).b, middle.a);
}
