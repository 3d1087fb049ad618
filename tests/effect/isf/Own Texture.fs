/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "a", "TYPE": "float", "DEFAULT": 1.0}, {"NAME": "s", "TYPE": "float"}]}*/

float rand(float co) { return fract(sin(co * 24.9898) * 43758.5453); }
float rand(vec2 co) { return fract(sin(dot(co.xy, vec2(12.9898, 78.233))) * 43758.5453); }
vec4 texture(vec2 p) {
    return mix(IMG_NORM_PIXEL(inputImage, p), vec4(0.0), s);
}
void main() {
    const float strength = a * 0.5;
    vec4 sum = vec4(0.);
    #define repeats 4.
    for (float i = 0.; i < repeats; i++) {
        vec2 q = vec2(cos(degrees((i/repeats)*360.)), rand(i)) * 0.01;
        sum += texture(isf_FragNormCoord + q * rand(q));
    }
    gl_FragColor = strength * 2.0 * sum / repeats;
}
