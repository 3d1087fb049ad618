#version 330
// One layer: the model's picture mixed into the source's, placed on the canvas.
uniform sampler2D source;
uniform sampler2D result;
uniform float amount;   // 0 the source, 1 the model's result
uniform float opacity;  // of the layer over what lies below
uniform vec2 reach;     // how far the canvas reaches across the picture (see fit_scale)
in vec2 at;
out vec4 colour;

void main() {
    vec2 where = (at - 0.5) * reach + 0.5;
    if (any(lessThan(where, vec2(0.0))) || any(greaterThan(where, vec2(1.0)))) {
        colour = vec4(0.0);
        return;
    }
    vec3 picture;
    if (amount >= 1.0) picture = texture(result, where).rgb;
    else if (amount <= 0.0) picture = texture(source, where).rgb;
    else picture = mix(texture(source, where).rgb, texture(result, where).rgb, amount);
    colour = vec4(picture, opacity);
}
