/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/

#define t2(n) texture2D(inputImage, n)
#define iResolution vec3(RENDERSIZE, 1.0)
#define iTime TIME
#define iChannel0 inputImage
#define saturate(x) clamp(x, 0.0, 1.0)
#pragma optionNV(unroll none)
#line 100
vec3 tex(vec2 p) { return t2(p).xyz + texture2D(iChannel0, p).xyz * .0; }
void main() {
    vec2 uv = gl_FragCoord.xy / iResolution.xy;
    gl_FragColor = vec4(saturate(tex(uv) + iTime * 0.), 1.);
}
