#version 330
// One layer, placed on the canvas: the source, the model's result, or (MIXED) the one mixed into the other.
// EXACT: the picture is as large as the canvas, pixel for pixel. The result is premultiplied. Several programs rather
// than branches, because a software renderer takes both sides of every branch.
uniform sampler2D source;
uniform sampler2D result;
uniform float amount;   // 0 the source, 1 the model's result
uniform float opacity;  // of the layer over what lies below
uniform vec2 reach;     // how far the canvas reaches across the picture (see fit_scale)
in vec2 at;
out vec4 colour;

void main() {
#ifdef EXACT
    colour = vec4(texelFetch(result, ivec2(gl_FragCoord.xy), 0).rgb, 1.0) * opacity;
#else
    vec2 where = (at - 0.5) * reach + 0.5;
    vec2 inside = step(abs(where - 0.5), vec2(0.5));
#ifdef MIXED
    vec3 picture = mix(texture(source, where).rgb, texture(result, where).rgb, amount);
#else
    vec3 picture = texture(result, where).rgb;
#endif
    colour = vec4(picture, 1.0) * (opacity * inside.x * inside.y);
#endif
}
