/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "cells", "TYPE": "float", "MIN": 1.0, "MAX": 64.0, "DEFAULT": 8.0}],
 "PASSES": [
  {"TARGET": "small", "WIDTH": "$cells * 2.0", "HEIGHT": "min(ceil($cells), $HEIGHT)"},
  {"TARGET": "as_input", "WIDTH": "$WIDTH_inputImage / 2", "HEIGHT": "$HEIGHT_inputImage / 2"}, {}
 ]
}*/

void main() {
    if (PASSINDEX < 2) gl_FragColor = IMG_THIS_PIXEL(inputImage);
    else gl_FragColor = IMG_PIXEL(small, floor(isf_FragNormCoord * IMG_SIZE(small)) + 0.5) * 0.5 + 0.5 * IMG_THIS_PIXEL(as_input);
}
