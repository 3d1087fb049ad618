#version 330
// Where a picture differs from its own background: red, green and blue are that background, which follows the picture
// slowly; alpha is where something moves, which fades when it doesn't any more.
uniform sampler2D picture;
uniform sampler2D last;    // what this shader drew last
uniform float absorbed;    // how much of the picture becomes background now, 0..1
uniform float stays;       // how much of the motion before is left, 0..1
in vec2 at;
out vec4 colour;

const float NOISE = 10.0 / 255.0;  // a difference that is only the camera's noise
const float SURELY = 35.0 / 255.0;

void main() {
    vec2 texel = 1.0 / vec2(textureSize(last, 0));
    vec3 now = vec3(0.0);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++) now += texture(picture, at + (vec2(x, y) - 0.5) * texel).rgb;
    now /= 4.0;
    vec4 before = texture(last, at);
    vec3 background = mix(before.rgb, now, absorbed);
    vec3 off = abs(now - background);
    float moves = smoothstep(NOISE, SURELY, max(off.r, max(off.g, off.b)));
    colour = vec4(background, max(before.a * stays, moves));
}
