/*{
 "DESCRIPTION": "Each of two buffers reads the other",
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}],
 "PASSES": [{"TARGET": "one"}, {"TARGET": "two"}, {}]
}*/

void main() {
    if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(inputImage) * 0.5 + IMG_THIS_PIXEL(two) * 0.25 + IMG_THIS_PIXEL(one);
    else if (PASSINDEX == 1) gl_FragColor = IMG_THIS_PIXEL(one);
    else gl_FragColor = IMG_THIS_PIXEL(two);
}
