/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "up", "TYPE": "bool", "DEFAULT": 1}],
 "PASSES": [{"TARGET": "sorted", "PERSISTENT": true}, {}]
}*/

#if __VERSION__ <= 120
varying vec2 one_up;
varying vec2 one_down;
varying vec2 never_written;
#else
in vec2 one_up;
in vec2 one_down;
in vec2 never_written;
#endif
float luma(vec4 c) { return c.a * (c.r + c.g + c.b) / 3.0; }
void main() {
    if (PASSINDEX == 0) {
        vec4 old = IMG_THIS_PIXEL(sorted);
        vec4 next = IMG_NORM_PIXEL(sorted, up ? one_up : one_down);
        gl_FragColor = (mod(float(FRAMEINDEX), 8.0) < 1.0) ? IMG_THIS_PIXEL(inputImage) : (luma(next) > luma(old) ? next : old);
    }
    else gl_FragColor = IMG_THIS_PIXEL(sorted) + 0.0 * vec4(never_written, 0.0, 0.0);
}
