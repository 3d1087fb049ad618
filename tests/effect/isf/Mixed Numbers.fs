/*{
 "ISFVSN": "2", "VSN": null, "DESCRIPTION": null, "CREDIT": null,
 "INPUTS": [
  {"NAME": "inputImage", "TYPE": "image"}, {"NAME": "endx", "TYPE": "float", "MIN": -10, "MAX": 10, "DEFAULT": 2},
  {"NAME": "size", "TYPE": "point2D", "MIN": [0, 0], "MAX": [10, 10], "DEFAULT": [4, 4]}, {"NAME": "noise", "TYPE": "float"}
 ]
}*/

#define POW2(X) X*X

float shade(vec2 at, int shape) {
    if (shape == 0)
        return length(at);
    else if (shape == 1)
        return abs(at.x);
}
mat3 turned(float angle) {
    float c = cos(angle), s = sin(angle);
    return mat3(c, s, 0, -s, c, 0, -0.801, 0.89, 1);
}
void main() {
    vec2 p = isf_FragNormCoord.xy / vec2(1.0).xy - .5;
    vec2 block = floor(p.xy * vec2(16)) / vec2(64);
    bool onEnd = int(floor(p.x * 8.0)) == endx && endx > 0;
    float ang = float(int(fract(block.x) * 4.)) * .5;
    p = (turned(ang) * vec3(p, 1)).xy;
    vec4 a = IMG_NORM_PIXEL(inputImage, fract(p + vec2(size) * vec2(0.25, 0)));
    vec4 b = IMG_THIS_PIXEL(inputImage);
    b.rgb = vec3(shade(p, onEnd ? 0 : 1));
    IMG_NORM_PIXEL(inputImage, p + vec2(0.01, 0)).r;
    gl_FragColor = mix(a, b, step(0.5, POW2(noise + 0.9)) * 0.5);;
}
