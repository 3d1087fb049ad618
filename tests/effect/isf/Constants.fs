/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "level", "TYPE": "float", "DEFAULT": 0.5}]}*/

#define COUNT 4
#define TWICE(x) ((x) * 2.0)
const mat4 weights = mat4(0.25, 0.0, 0.0, 0.0,  0.0, 0.25, 0.0, 0.0,  0.0, 0.0, 0.25, 0.0,  0.0, 0.0, 0.0, 1.0);
const vec4 coeffs = vec4(0.2126, 0.7152, 0.0722, 1.0);
const float pi = 3.14159265359;
const float tau = pi * 2.0;
const int steps = 2 * COUNT, three = 3;
const vec2 middle = RENDERSIZE / 2.0;
vec2 pixel = 1.0 / RENDERSIZE;
float table[COUNT];
float spare[three];
const float kernel[3] = float[3](0.25, 0.5, 0.25);
void main() {
    const float turned = sin(TIME) * 0.0;
    const float amount = level;
    const vec4 here = IMG_THIS_PIXEL(inputImage);
    for (int i = 0; i < COUNT; ++i) table[i] = float(i) / float(COUNT);
    vec4 sum = vec4(0.0);
    for (int i = -1; i <= 1; i++) sum += kernel[i + 1] * IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + vec2(i, 0) * pixel);
    float far = distance(gl_FragCoord.xy, middle) / TWICE(length(middle));
    gl_FragColor = weights * sum * 2.0 + here * amount * dot(coeffs, vec4(far)) + turned + table[0] + sin(tau * float(steps)) * 0.0;
}
