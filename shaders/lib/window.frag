#version 330
// The canvas in the window, whose row 0 is at the bottom.
uniform sampler2D canvas;
uniform vec2 reach;
in vec2 at;
out vec4 colour;

void main() {
    vec2 where = (vec2(at.x, 1.0 - at.y) - 0.5) * reach + 0.5;
    bool outside = any(lessThan(where, vec2(0.0))) || any(greaterThan(where, vec2(1.0)));
    colour = outside ? vec4(0.0, 0.0, 0.0, 1.0) : vec4(texture(canvas, where).rgb, 1.0);
}
