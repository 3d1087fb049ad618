#version 330
// A layer's picture (premultiplied, bottom row first) moved, turned, scaled, cropped and flipped.
uniform sampler2D layer;
uniform vec2 origin, across, along;  // the place in the layer: origin + at.x * across + at.y * along
uniform vec4 box;                    // what is left of the layer: left, bottom, right, top
uniform vec2 pixels;                 // how many pixels of the canvas the whole layer is wide and high
uniform vec2 flips;                  // -1: mirrored
uniform int taps;                    // each way, so that a layer that is made small isn't jagged
in vec2 at;
out vec4 colour;

void main() {
    vec2 here = origin + at.x * across + at.y * along;
    vec2 right = dFdx(here), up = dFdy(here);
    vec4 sum = vec4(0.0);
    for (int y = 0; y < taps; y++)
        for (int x = 0; x < taps; x++) {
            vec2 part = (vec2(x, y) + 0.5) / float(taps) - 0.5;
            sum += texture(layer, (here + part.x * right + part.y * up - 0.5) * flips + 0.5);
        }
    vec2 inside = clamp((here - box.xy) * pixels + 0.5, 0.0, 1.0) * clamp((box.zw - here) * pixels + 0.5, 0.0, 1.0);
    colour = sum * (inside.x * inside.y / float(taps * taps));
}
