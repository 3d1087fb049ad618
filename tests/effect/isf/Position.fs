/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "position", "TYPE": "float", "DEFAULT": 0.0}]}*/

varying vec2 moved;
void main() { gl_FragColor = IMG_NORM_PIXEL(inputImage, moved + position * 0.0); }
