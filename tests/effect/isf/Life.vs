varying vec2 west;
varying vec2 east;
varying vec2 north;
varying vec2 south;
void main() {
    isf_vertShaderInit();
    vec2 here = RENDERSIZE * vec2(isf_FragNormCoord[0], isf_FragNormCoord[1]);
    west = here - vec2(1, 0);
    east = here + vec2(1, 0);
    north = here + vec2(0, 1);
    south = here - vec2(0, 1);
}
