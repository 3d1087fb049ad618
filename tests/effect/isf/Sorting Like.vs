varying vec2 above_coord;
varying vec2 below_coord;
void main() {
    isf_vertShaderInit();
    vec2 d = 1.0/RENDERSIZE;
    above_coord = clamp(isf_FragNormCoord + vec2(0, d.y), 0.0, 1.0);
    below_coord = clamp(isf_FragNormCoord - vec2(0, d.y), 0.0, 1.0);
}
