/*{
  "DESCRIPTION": "A lens before the picture: bulges or pinches it, with coloured fringes towards the rim.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Bulge (below 0: pinch)", "TYPE": "float", "MIN": -1, "MAX": 1, "DEFAULT": 0.55},
    {"NAME": "radius", "LABEL": "Radius", "TYPE": "float", "MIN": 0.1, "MAX": 1.5, "DEFAULT": 0.9},
    {"NAME": "fringe", "LABEL": "Coloured fringes", "TYPE": "float", "MIN": 0, "MAX": 0.1, "DEFAULT": 0.02},
    {"NAME": "centre", "LABEL": "Centre", "TYPE": "point2D", "MIN": [0.0, 0.0], "MAX": [1.0, 1.0], "DEFAULT": [0.5, 0.5]}
  ]
}*/

void main() {
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 from = (isf_FragNormCoord - centre) * aspect;
    float part = clamp(length(from) / radius, 0.0, 1.0);
    float bent = mix(1.0, amount >= 0.0 ? part * part * 0.6 + 0.4 : 2.0 - part, abs(amount));
    float apart = fringe * part * part;
    vec2 red = centre + from * (bent - apart) / aspect, green = centre + from * bent / aspect,
        blue = centre + from * (bent + apart) / aspect;
    vec4 middle = IMG_NORM_PIXEL(inputImage, green);
    gl_FragColor = vec4(IMG_NORM_PIXEL(inputImage, red).r, middle.g, IMG_NORM_PIXEL(inputImage, blue).b, middle.a);
}
