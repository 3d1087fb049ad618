/*{
  "DESCRIPTION": "Every band of the picture shows another moment of the last second, so that whatever moves bends.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Time"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "spread", "LABEL": "How far back", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1},
    {"NAME": "shape", "LABEL": "Shape", "TYPE": "long", "VALUES": [0, 1, 2, 3], "LABELS": ["rows", "columns", "rings", "light"], "DEFAULT": 0},
    {"NAME": "every", "LABEL": "Seconds between two moments", "TYPE": "float", "MIN": 0.02, "MAX": 0.4, "DEFAULT": 0.12}
  ],
  "PASSES": [
    {"TARGET": "clock", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {"TARGET": "tiles", "PERSISTENT": true, "WIDTH": "floor($WIDTH/2)*3", "HEIGHT": "floor($HEIGHT/2)*2"},
    {}
  ]
}*/

// Six moments at half the size, as tiles of three by two; `clock` counts them.
const vec2 TILES = vec2(3.0, 2.0);
const float MOMENTS = 6.0;

vec4 moment(float back) {
    float tile = mod(texelFetch(clock, ivec2(0), 0).r - back + MOMENTS, MOMENTS);
    vec2 place = vec2(mod(tile, TILES.x), floor(tile / TILES.x));
    vec2 margin = 1.5 * TILES / IMG_SIZE(tiles);
    return IMG_NORM_PIXEL(tiles, (place + clamp(isf_FragNormCoord, margin, 1.0 - margin)) / TILES);
}

void main() {
    if (PASSINDEX == 0) {
        vec4 count = texelFetch(clock, ivec2(0), 0);
        bool due = count.g >= every;
        gl_FragColor = vec4(due ? mod(count.r + 1.0, MOMENTS) : count.r, due ? TIMEDELTA
            : count.g + TIMEDELTA, 0.0, 1.0);
    } else if (PASSINDEX == 1) {
        vec2 tile = floor(isf_FragNormCoord * TILES);
        vec4 kept = IMG_THIS_PIXEL(tiles);
        bool is_new = kept.a < 0.01 || tile.x + TILES.x * tile.y == texelFetch(clock, ivec2(0), 0).r;
        gl_FragColor = is_new ? IMG_NORM_PIXEL(inputImage, fract(isf_FragNormCoord * TILES)) : kept;
    } else {
        vec2 at = isf_FragNormCoord;
        vec4 live = IMG_THIS_PIXEL(inputImage);
        float place = shape == 0 ? 1.0 - at.y : shape == 1 ? at.x : shape == 2 ? 2.0 * distance(at, vec2(0.5))
            : 1.0 - dot(live.rgb, vec3(0.333));
        float back = clamp(place, 0.0, 1.0) * spread * (MOMENTS - 1.01);
        vec4 slice = mix(moment(floor(back)), moment(floor(back) + 1.0), smoothstep(0.25, 0.75, fract(back)));
        gl_FragColor = mix(live, slice, smoothstep(0.0, 0.6, back));
    }
}
