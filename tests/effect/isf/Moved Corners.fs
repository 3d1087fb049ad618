/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "size", "TYPE": "float", "DEFAULT": 0.5}]}*/

void main() {
    gl_FragColor = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord);
}
