/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}],
 "PASSES": [{"TARGET": "work"}, {"TARGET": "work"}, {"TARGET": "work"}, {}]
}*/

void main() {
    if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(inputImage);
    else if (PASSINDEX < 3) gl_FragColor = vec4(IMG_THIS_PIXEL(work).rgb * 0.5, 1.0);
    else gl_FragColor = IMG_THIS_PIXEL(work);
}
