varying vec2 one_up;
varying vec2 one_down;
void main() {
    isf_vertShaderInit();
    vec2 line = vec2(0, 1.0/RENDERSIZE.y);
    one_up = min(isf_FragNormCoord + line, 1.0);
    one_down = max(isf_FragNormCoord - line, 0.0);
}
