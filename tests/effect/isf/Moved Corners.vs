void main() {
    isf_vertShaderInit();
    mat4 scaled = mat4(size, 0.0, 0.0, 0.0,  0.0, size, 0.0, 0.0,  0.0, 0.0, 1.0, 0.0,  0.0, 0.0, 0.0, 1.0);
    gl_Position = gl_Position * scaled;
}
