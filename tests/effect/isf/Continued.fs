/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

#define SHIFT(at) \
    vec2((at).x, \
         1.0 - (at).y)
#define PICTURE(at) IMG_NORM_PIXEL(inputImage, at)
#define resolution RENDERSIZE
#define time TIME
// a comment with "quotes", a backslash \
/* and one
   of two lines */
void mainImage(out vec4 fragColor, in vec2 fragCoord) {
    vec2 uv = fragCoord.xy / resolution.xy;
    fragColor = PICTURE(SHIFT(uv)) + time * 0.0;
}
void main() { mainImage(gl_FragColor, gl_FragCoord.xy); }
