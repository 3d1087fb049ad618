/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "filter", "TYPE": "float", "DEFAULT": 1.0}, {"NAME": "mix", "TYPE": "bool", "DEFAULT": 1.0}, {"NAME": "on", "TYPE": "bool"}]}*/

struct Sampling { float active; vec3 common; };
float smooth(float input) { return input * input * (3.0 - 2.0 * input); }
vec4 sample(vec2 uv) { return IMG_NORM_PIXEL(inputImage, uv); }
void main() {
    float flat = 0.0, centroid = 1.0;
    vec4 texture = sample(isf_FragNormCoord);
    vec4 output = texture2D(inputImage, isf_FragNormCoord);
    Sampling buffer = Sampling(1.0, texture.rgb);
    vec3 partition = vec3(smooth(buffer.common.r), buffer.common.gb);
    float half = 0.5, fixed = 1.0, resource = 0.0, shared = 0.0, patch = 0.0;
    output.rgb = mix ? partition : buffer.common;
    gl_FragColor = output * filter * buffer.active * centroid * fixed + flat + resource + shared + patch + (half - 0.5);
}
