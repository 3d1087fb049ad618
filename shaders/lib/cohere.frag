#version 330
// A model's new result, mixed with the one before where that fits it: moved along, and where both views agree. Pictures
// have one size.
//   BLENDED   the mixture itself, which has lost some contrast of its strokes where the two differ
//   CONTRAST  how strong fine strokes are around a place, in the new result and in the mixture; at a quarter of the size
//   RESTORED  the mixture with its strokes as strong as those of the new result
//   MOVED     the last result moved to the newest view; where the views don't agree, a blend with the unmoved one
uniform sampler2D result;    // the new result
uniform sampler2D before;    // the one before, as it was shown
uniform sampler2D flow;      // where each place was before: x and y as parts of the sides, and agreement
uniform sampler2D mixture;   // what BLENDED drew
uniform sampler2D contrast;  // what CONTRAST drew
uniform float weight;        // BLENDED: of the one before, 0..1; MOVED: how far along the motion, 0..1
out vec4 colour;

const float SHARPNESS = -0.75;  // of the cubic kernel, as OpenCV has it: what is moved again and again stays sharp
const float SCALE = 256.0;      // of squared contrasts, so that half floats hold small ones
const float FAINT = 1e-5;       // squared contrast that is nothing to restore
const float ALIKE = 0.01;       // a difference in contrast, or of colours (below), that is only rounding
const float MOST = 2.0;         // a stroke's contrast is raised this much at most

vec4 cubic(float f) {
    vec4 x = vec4(1.0 + f, f, 1.0 - f, 2.0 - f);
    vec4 near = ((SHARPNESS + 2.0) * x - (SHARPNESS + 3.0)) * x * x + 1.0;
    vec4 far = SHARPNESS * (((x - 5.0) * x + 8.0) * x - 4.0);
    return vec4(far.x, near.y, near.z, far.w);
}

// `picture` at `where` (pixels), sharp; exactly the pixel where that is its centre.
vec3 sharp(sampler2D picture, vec2 where) {
    ivec2 size = textureSize(picture, 0);
    where = clamp(where, vec2(0.5), vec2(size) - 0.5) - 0.5;
    ivec2 corner = ivec2(floor(where));
    vec4 across = cubic(where.x - float(corner.x)), down = cubic(where.y - float(corner.y));
    vec3 sum = vec3(0.0);
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++)
            sum += texelFetch(picture, clamp(corner + ivec2(x - 1, y - 1), ivec2(0), size - 1), 0).rgb
                * (across[x] * down[y]);
    return clamp(sum, 0.0, 1.0);
}

// The mean of the nine pixels around.
vec3 soft(sampler2D picture, ivec2 at) {
    ivec2 last = textureSize(picture, 0) - 1;
    vec3 sum = vec3(0.0);
    for (int y = -1; y <= 1; y++)
        for (int x = -1; x <= 1; x++) sum += texelFetch(picture, clamp(at + ivec2(x, y), ivec2(0), last), 0).rgb;
    return sum / 9.0;
}

float stroke(sampler2D picture, ivec2 at) {
    vec3 fine = texelFetch(picture, at, 0).rgb - soft(picture, at);
    return dot(fine, fine) / 3.0;
}

void main() {
#if defined(CONTRAST)
    ivec2 last = textureSize(result, 0) - 1, corner = ivec2(gl_FragCoord.xy) * 4;
    vec2 sum = vec2(0.0);
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            ivec2 at = min(corner + ivec2(x, y), last);
            sum += vec2(stroke(result, at), stroke(mixture, at));
        }
    colour = vec4(sum * (SCALE / 16.0), 0.0, 1.0);
#elif defined(RESTORED)
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec2 texel = 1.0 / vec2(textureSize(contrast, 0)), where = gl_FragCoord.xy / 4.0 * texel;
    vec2 squared = vec2(0.0);
    for (int y = -1; y <= 1; y += 2)
        for (int x = -1; x <= 1; x += 2) squared += texture(contrast, where + vec2(x, y) * 0.6 * texel).rg;
    squared /= 4.0 * SCALE;
    float gain = min(MOST, sqrt((squared.r + FAINT) / (squared.g + FAINT)));
    gain = gain > 1.0 + ALIKE ? gain : 1.0;
    vec3 plain = texelFetch(mixture, at, 0).rgb, even = soft(mixture, at);
    colour = vec4(clamp(even + (plain - even) * gain, 0.0, 1.0), 1.0);
#else
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec2 size = vec2(textureSize(before, 0));
    vec3 there = texture(flow, gl_FragCoord.xy / size).xyz;
#ifdef BLENDED
    vec2 where = gl_FragCoord.xy + there.xy * size;
    vec2 inside = step(vec2(-2.0), where) * step(where, size + 2.0);
    vec3 now = texelFetch(result, at, 0).rgb, then = sharp(before, where);
    vec3 differs = step(0.2 * ALIKE, abs(then - now));
    colour = vec4(mix(now, then, differs * (weight * there.z * inside.x * inside.y)), 1.0);
#else
    vec3 moved = sharp(before, gl_FragCoord.xy + there.xy * size * weight);
    vec3 held = texelFetch(before, at, 0).rgb;
    colour = vec4(mix(0.5 * (moved + held), moved, min(1.0, 2.0 * there.z)), 1.0);
#endif
#endif
}
