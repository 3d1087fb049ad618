#version 330
// The new picture with its share as opacity, to be blended over the picture that is held.
uniform sampler2D picture;
uniform sampler2D weights;  // see flash_weight.frag
in vec2 at;
out vec4 colour;

void main() {
    colour = vec4(texture(picture, at).rgb, texture(weights, at).r);
}
