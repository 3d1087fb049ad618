/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

void main() { gl_FragColor = IMG_NORM_PIXEL(inputImage, gl_TexCoord[0].st); }
