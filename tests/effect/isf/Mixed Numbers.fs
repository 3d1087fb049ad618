/*{
 "ISFVSN": "2", "VSN": null, "DESCRIPTION": null, "CREDIT": null,
 "INPUTS": [
  {"NAME": "inputImage", "TYPE": "image"}, {"NAME": "row", "TYPE": "float", "MIN": -10, "MAX": 10, "DEFAULT": 2},
  {"NAME": "size", "TYPE": "point2D", "MIN": [0, 0], "MAX": [10, 10], "DEFAULT": [4, 4]}, {"NAME": "dim", "TYPE": "float"}
 ]
}*/

#define SQUARE(X) X*X

float ramp(vec2 at, int kind) {
    if (kind == 0)
        return at.x + at.y;
    else if (kind == 1)
        return fract(at.x * 4.);
}
mat3 moved(float by) {
    return mat3(1, 0, 0, 0, -1, 0, by, 0.875, 1);
}
void main() {
    vec2 at = isf_FragNormCoord.xy / vec2(1.0).xy;
    vec2 cell = floor(at * vec2(size)) * vec2(32) / vec2(64);
    bool isRow = int(floor(at.y * 8.0)) == row && row > 0;
    float by = float(int(mod(cell.y, 3.))) * .25;
    at = (moved(by) * vec3(at, 1)).xy;
    vec4 colour = IMG_NORM_PIXEL(inputImage, fract(at + vec2(size) * vec2(0.25, 0)));
    colour.rgb *= ramp(at, isRow ? 0 : 1);
    IMG_NORM_PIXEL(inputImage, at + vec2(0.5, 0)).g;
    gl_FragColor = colour * (1. - SQUARE(dim));;
}
