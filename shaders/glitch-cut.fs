/*{
  "DESCRIPTION": "A cut that breaks up: blocks of both pictures jump and split their colours before the new one stays.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "rows", "LABEL": "Rows of blocks", "TYPE": "float", "MIN": 2, "MAX": 60, "DEFAULT": 14},
    {"NAME": "reach", "LABEL": "How far blocks jump", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.3},
    {"NAME": "fringe", "LABEL": "Split of the colours", "TYPE": "float", "MIN": 0, "MAX": 0.1, "DEFAULT": 0.03}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec2 at = isf_FragNormCoord;
    float moment = floor(progress * 14.0), wild = 4.0 * progress * (1.0 - progress);
    float row = floor(at.y * rows + 2.0 * random(vec2(moment, 1.0))),
        column = floor(at.x * (1.0 + 5.0 * random(vec2(row, moment))));
    float chance = random(vec2(row * 5.0 + column, moment + 3.0));
    float by = wild * reach * (random(vec2(row + 9.0, moment)) - 0.5) * step(chance, 0.7 * wild);
    bool is_new = chance * 0.998 + 0.001 < progress;
    vec2 moved = abs(mod(at + vec2(by, 0.0) + 1.0, 2.0) - 1.0), apart = vec2(fringe * wild, 0.0);
    vec4 middle = is_new ? IMG_NORM_PIXEL(endImage, moved) : IMG_NORM_PIXEL(startImage, moved);
    vec4 side = is_new ? IMG_NORM_PIXEL(endImage, moved + apart) : IMG_NORM_PIXEL(startImage, moved + apart);
    gl_FragColor = vec4(side.r, middle.g, mix(middle.b, side.g, 0.3 * wild), middle.a);
}
