#version 330
// The master (premultiplied): black over everything, as opaque as it is turned down.
uniform float dark;
out vec4 colour;

void main() {
    colour = vec4(0.0, 0.0, 0.0, dark);
}
