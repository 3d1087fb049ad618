#version 330
// The picture that is held, where it is not the new one.
uniform sampler2D held;
uniform sampler2D weights;  // see flash_weight.frag
in vec2 at;
out vec4 colour;

void main() {
    if (texture(weights, at).r > 0.999) discard;
    colour = vec4(texture(held, at).rgb, 1.0);
}
