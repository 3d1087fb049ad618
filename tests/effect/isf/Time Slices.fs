/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}],
 "PASSES": [
  {"TARGET": "history", "PERSISTENT": true, "WIDTH": "$WIDTH", "HEIGHT": "$HEIGHT"},
  {}
 ]
}*/

void main() {
    if (PASSINDEX == 0) {
        float line = floor(mod(float(FRAMEINDEX), RENDERSIZE.y));
        gl_FragColor = floor(gl_FragCoord.y) == line ? IMG_PIXEL(inputImage, vec2(gl_FragCoord.x, RENDERSIZE.y / 2.0)) : IMG_PIXEL(history, gl_FragCoord.xy);
    }
    else gl_FragColor = IMG_THIS_PIXEL(history);
}
