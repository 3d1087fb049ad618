varying vec2 shifted;
void main() {
    vv_vertShaderInit();
    shifted = vv_FragNormCoord + vec2(1.0, 0.0) / RENDERSIZE;
}
