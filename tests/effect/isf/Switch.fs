/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "mode", "TYPE": "long", "VALUES": [0, 1, 2], "DEFAULT": 1}]}*/

int pick(int which) { switch (which) { case 0: return 1; case 1: return 2; default: return 3; } }
void main() {
    vec4 colour = IMG_THIS_PIXEL(inputImage);
    switch (mode) {
        case 0: colour = colour.grba; break;
        case 1: colour = 1.0 - colour; colour.a = 1.0; break;
    }
    gl_FragColor = pick(mode) == 2 ? colour : vec4(0.0);
}
