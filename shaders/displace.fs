/*{
  "DESCRIPTION": "Moves the picture by the light of another one, such as another layer; without one, by its own.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Geometry"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "by", "LABEL": "Picture that moves it", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Distance", "TYPE": "float", "MIN": -0.5, "MAX": 0.5, "DEFAULT": 0.04},
    {"NAME": "detail", "LABEL": "Softness of what moves it", "TYPE": "float", "MIN": 0.001, "MAX": 0.05, "DEFAULT": 0.012},
    {"NAME": "relief", "LABEL": "By its slopes rather than its light", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 1}
  ]
}*/

float luma(vec2 at) {
    return dot(IMG_NORM_PIXEL(by, at).rgb, vec3(0.2126, 0.7152, 0.0722));
}

void main() {
    vec2 at = isf_FragNormCoord, texel = detail * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    float right = luma(at + vec2(texel.x, 0.0)), left = luma(at - vec2(texel.x, 0.0));
    float above = luma(at + vec2(0.0, texel.y)), below = luma(at - vec2(0.0, texel.y));
    vec2 slope = vec2(right - left, above - below);
    float light = 0.25 * (right + left + above + below) - 0.5;
    vec2 moved = at + amount * mix(vec2(light), slope, relief);
    gl_FragColor = IMG_NORM_PIXEL(inputImage, abs(mod(moved + 1.0, 2.0) - 1.0));
}
