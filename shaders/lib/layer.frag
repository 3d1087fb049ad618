#version 330
// One layer, placed on the canvas: one picture, or with MIXED, KEPT, FADED and SHARP what is made of up to three that
// show the same view. EXACT: the picture is as large as the canvas, pixel for pixel. The result is premultiplied.
// ALPHA: the source's picture has transparent parts, premultiplied, and what is drawn covers as much as that; alone, it is
// drawn itself. The model has seen it over black, so its result counts as premultiplied, too. Several programs rather than branches, because a software renderer takes both sides of every branch.
uniform sampler2D source;
uniform sampler2D result;
uniform sampler2D before;  // FADED: what the result replaces
uniform float amount;      // 0 the source, 1 the model's result
uniform float keep;        // KEPT: how much of the source's own colours stays, 0..1
uniform float fade;        // FADED: 0 before, 1 the result
uniform float opacity;     // of the layer over what lies below
uniform vec2 reach;        // how far the canvas reaches across the picture (see fit_scale)
in vec2 at;
out vec4 colour;

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // Rec. 709

// The luma of `made` under the chroma of `own` (Gatys et al. 2016, "Preserving color in neural artistic style
// transfer"). Where that is no colour that can be shown the chroma shrinks, so that hue and luma stay.
vec3 kept(vec3 made, vec3 own) {
    float luma = dot(made, LUMA);
    vec3 chroma = own - dot(own, LUMA);
    vec3 room = mix(vec3(luma), vec3(1.0 - luma), step(0.0, chroma)) / max(abs(chroma), 1e-4);
    return luma + chroma * min(1.0, min(room.r, min(room.g, room.b)));
}

// What the models made: the result, or the fade to it.
vec3 made(vec2 where) {
    vec3 shown = texture(result, where).rgb;
#ifdef FADED
    shown = mix(texture(before, where).rgb, shown, fade);
#endif
    return shown;
}

#ifdef SHARP
const float CONTRAST = 0.15;  // of the guide: a difference (of RGB, 0..1) that counts as an edge
const float EVEN = 0.002;     // the weight that a texel keeps over any edge, so that there is always one to take

// Joint bilateral upsampling (Kopf et al. 2007) guided by the source, of which `own` is the pixel here. The guide only
// moves what a soft kernel (quadratic B-spline) makes of the nine texels around; the strokes between edges come from a
// crisp one (quadratic interpolation), which is why its difference from the soft one is added.
vec3 upsampled(vec2 where, vec3 own) {
    vec2 size = vec2(textureSize(result, 0));
    vec2 middle = floor(where * size) + 0.5;
    vec2 f = where * size - middle;
    vec2 soft[3] = vec2[](0.5 * (0.5 - f) * (0.5 - f), 0.75 - f * f, 0.5 * (0.5 + f) * (0.5 + f));
    vec2 crisp[3] = vec2[](f * (f - 0.5), 1.0 - 2.0 * f * f, f * (f + 0.5));
    vec4 guided = vec4(0.0);
    vec3 strokes = vec3(0.0), low = vec3(1.0), high = vec3(0.0);
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++) {
            vec2 texel = clamp(middle + vec2(x - 1, y - 1), vec2(0.5), size - 0.5) / size;
            vec3 there = made(texel);
            vec3 apart = texture(source, texel).rgb - own;
            float weight = soft[x].x * soft[y].y;
            guided += vec4(there, 1.0) * weight * (exp(-dot(apart, apart) / (2.0 * CONTRAST * CONTRAST)) + EVEN);
            strokes += there * (crisp[x].x * crisp[y].y - weight);
            low = min(low, there);
            high = max(high, there);
        }
    return clamp(guided.rgb / guided.a + strokes, low, high);
}
#endif

void main() {
#ifdef EXACT
    colour = vec4(texelFetch(result, ivec2(gl_FragCoord.xy), 0).rgb, 1.0) * opacity;
#else
    vec2 where = (at - 0.5) * reach + 0.5;
    vec2 inside = step(abs(where - 0.5), vec2(0.5));
#if defined(MIXED) || defined(KEPT) || defined(ALPHA)
    vec4 seen = texture(source, where);
    vec3 own = seen.rgb;
#endif
#ifdef SHARP
    vec3 shown = upsampled(where, own);
#elif defined(ALPHA) && !defined(KEPT)
    vec3 shown = own;
#else
    vec3 shown = made(where);
#endif
#ifdef KEPT
    shown = mix(shown, kept(shown, own), keep);
#endif
#if defined(MIXED) || defined(KEPT)
    shown = mix(own, shown, amount);
#endif
#ifdef ALPHA
    colour = vec4(min(shown, seen.a), seen.a) * (opacity * inside.x * inside.y);
#else
    colour = vec4(shown, 1.0) * (opacity * inside.x * inside.y);
#endif
#endif
}
