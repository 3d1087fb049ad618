/*{
  "DESCRIPTION": "Columns of the old picture run down like paint, each at its own pace, and uncover the new one.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Transition"],
  "INPUTS": [
    {"NAME": "startImage", "LABEL": "From", "TYPE": "image"},
    {"NAME": "endImage", "LABEL": "To", "TYPE": "image"},
    {"NAME": "progress", "LABEL": "Progress", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "columns", "LABEL": "Columns", "TYPE": "float", "MIN": 8, "MAX": 400, "DEFAULT": 110},
    {"NAME": "uneven", "LABEL": "Uneven", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6},
    {"NAME": "stretch", "LABEL": "Stretch while running", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec2 at = isf_FragNormCoord;
    float column = floor(at.x * columns);
    float pace = 0.25 * random(vec2(column, 3.0)) + 0.3 * random(vec2(floor(column / 5.0), 9.0))
        + 0.45 * (0.5 + 0.5 * sin(at.x * 9.0 + 2.0));
    float begun = clamp(progress * (1.0 + uneven) - uneven * pace, 0.0, 1.0);
    float fallen = begun * begun * 1.05;
    vec2 old_at = vec2(at.x, at.y + fallen * (1.0 + stretch * (1.0 - at.y)));
    vec4 old = IMG_NORM_PIXEL(startImage, mix(at, old_at, step(0.0001, fallen)));
    float light = 1.0 + 0.6 * smoothstep(0.06, 0.0, 1.0 - old_at.y) * step(0.0001, fallen) * step(old_at.y, 1.0);
    gl_FragColor = old_at.y < 1.0 || fallen == 0.0 ? vec4(min(old.rgb * light, old.a), old.a)
        : IMG_THIS_PIXEL(endImage);
}
