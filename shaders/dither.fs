/*{
  "DESCRIPTION": "Few colours, mixed by an ordered pattern of large pixels, as on an early computer.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "size", "LABEL": "Size of a pixel", "TYPE": "float", "MIN": 1, "MAX": 12, "DEFAULT": 3},
    {"NAME": "levels", "LABEL": "Tones of each colour", "TYPE": "float", "MIN": 2, "MAX": 8, "DEFAULT": 3},
    {"NAME": "palette", "LABEL": "Palette", "TYPE": "long", "VALUES": [0, 1, 2], "LABELS": ["its own", "green screen", "two colours"], "DEFAULT": 0},
    {"NAME": "dark", "LABEL": "Dark colour", "TYPE": "color", "DEFAULT": [0.1, 0.05, 0.3, 1.0]},
    {"NAME": "light", "LABEL": "Light colour", "TYPE": "color", "DEFAULT": [1.0, 0.75, 0.4, 1.0]}
  ]
}*/

// The threshold (0..1) of a place in the ordered pattern of eight by eight, by interleaving the bits of its coordinates.
float pattern(vec2 cell) {
    float sum = 0.0;
    for (int i = 0; i < 3; i++) {
        vec2 bit = mod(floor(cell / exp2(float(i))), 2.0);
        sum += (2.0 * abs(bit.x - bit.y) + bit.y) * exp2(float(4 - 2 * i));
    }
    return (sum + 0.5) / 64.0;
}

void main() {
    float wide = max(1.0, floor(size * RENDERSIZE.y / 720.0 + 0.5));
    vec2 cell = floor(gl_FragCoord.xy / wide);
    vec4 live = IMG_NORM_PIXEL(inputImage, (cell + 0.5) * wide / RENDERSIZE);
    float steps = floor(levels) - 1.0, limit = pattern(cell);
    vec3 own = floor(live.rgb * steps + limit) / steps;
    float grey = floor(dot(live.rgb, vec3(0.2126, 0.7152, 0.0722)) * steps + limit) / steps;
    vec3 shown = palette == 0 ? own : palette == 1 ? mix(vec3(0.03, 0.1, 0.04), vec3(0.6, 1.0, 0.35), grey)
        : mix(dark.rgb, light.rgb, grey);
    gl_FragColor = vec4(shown * live.a, live.a);
}
