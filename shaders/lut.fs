/*{
  "DESCRIPTION": "Colours by a look-up table from a picture: a strip of squares in a row, or squares laid out in a square.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Colour"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "lut", "LABEL": "Look-up table", "TYPE": "image"},
    {"NAME": "arrangement", "LABEL": "Arrangement", "TYPE": "long", "VALUES": [0, 1], "LABELS": ["strip", "square"], "DEFAULT": 0},
    {"NAME": "side", "LABEL": "Colours along a side", "TYPE": "float", "MIN": 2, "MAX": 64, "DEFAULT": 16},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1}
  ]
}*/

// The colour of slice number `blue`: red runs to the right, green from the top down.
vec3 slice(float blue, vec2 red_green) {
    vec2 slices = arrangement == 0 ? vec2(side, 1.0) : vec2(floor(sqrt(side) + 0.5));
    vec2 place = vec2(mod(blue, slices.x), floor(blue / slices.x));
    vec2 inside = (red_green * (side - 1.0) + 0.5) / side;
    vec2 at = (place + inside) / slices;
    return IMG_NORM_PIXEL(lut, vec2(at.x, 1.0 - at.y)).rgb;
}

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec3 colour = clamp(live.rgb, 0.0, 1.0);
    float blue = colour.b * (side - 1.0);
    bool has_table = IMG_SIZE(lut) != IMG_SIZE(inputImage);  // without one, the picture itself comes
    vec3 graded = mix(slice(floor(blue), colour.rg), slice(min(floor(blue) + 1.0, side - 1.0), colour.rg),
        fract(blue));
    gl_FragColor = vec4(mix(live.rgb, graded, has_table ? amount : 0.0), live.a);
}
