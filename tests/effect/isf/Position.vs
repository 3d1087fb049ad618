varying vec2 moved;
void main() {
    isf_vertShaderInit();
    float by = position;
    moved = isf_FragNormCoord + by;
}
