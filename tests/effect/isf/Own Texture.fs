/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "a", "TYPE": "float", "DEFAULT": 1.0}, {"NAME": "s", "TYPE": "float"}]}*/

float grain(float x) { return fract(x * 7.31 + x * x * 3.17); }
float grain(vec2 p) { return grain(p.x + grain(p.y)); }
vec4 texture(vec2 p) {
    vec4 found = IMG_NORM_PIXEL(inputImage, p);
    return found - found * s;
}
void main() {
    const float share = a / 3.;
    vec4 all = vec4(0.);
    #define taps 3.
    for (float i = 0.; i < taps; i++) {
        vec2 off = vec2(i - 1., grain(i) - .5) * .02;
        all += share * texture(isf_FragNormCoord + off * grain(off + 1.));
    }
    gl_FragColor = all * (taps / 3.);
}
