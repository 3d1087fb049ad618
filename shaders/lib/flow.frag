#version 330
// One map of motion out of its bytes (vj/layers/flow_maps.py): x and y as parts of the picture's sides, and agreement.
uniform sampler2D bytes;
uniform int first;  // the map's first row
out vec4 flow;

const float ZERO = 32768.0, STEPS = 64.0;

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec3 a = texelFetch(bytes, ivec2(2 * at.x, first + at.y), 0).rgb * 255.0;
    vec3 b = texelFetch(bytes, ivec2(2 * at.x + 1, first + at.y), 0).rgb * 255.0;
    vec2 fixed_point = floor(vec2(a.r, a.b) + 0.5) * 256.0 + floor(vec2(a.g, b.r) + 0.5);
    vec2 places = vec2(textureSize(bytes, 0).x / 2, (textureSize(bytes, 0).y - 1) / 3);
    flow = vec4((fixed_point - ZERO) / STEPS / places, b.g / 255.0, 1.0);
}
