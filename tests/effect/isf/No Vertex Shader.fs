/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

varying vec2 somewhere; varying float third;
varying vec4 list[2], other;
void main() {
    gl_FragColor = IMG_THIS_PIXEL(inputImage) + 0.0 * (somewhere.xyxy + list[1] + other + third);
}
