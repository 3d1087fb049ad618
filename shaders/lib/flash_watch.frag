#version 330
// Follows the light of each cell of a picture, and notes when it turns: a change of a tenth of the full relative
// luminance against the change before, where the darker state is below 0.8; likewise of a saturated red (WCAG 2.3.1).
// One fragment is one cell. `turns` has a bit for each 1/64 s of the last second, the newest lowest.
uniform sampler2D picture;
uniform usampler2D turns;  // luminance in xy (newer, older half), red in zw
uniform sampler2D ends;    // how far the change goes that goes on, and its direction (1, -1; 0: none yet); likewise red
uniform int slots;         // of 1/64 s since the last picture; -1: this is the first one
layout(location = 0) out uvec4 turned;
layout(location = 1) out vec4 ended;
layout(location = 2) out vec4 counted;  // turns within the last second, and within a little less

const int SAMPLES = 4;  // in each direction of a cell; each is the mean of the pixels around it
const float CHANGE = 0.1, BRIGHT = 0.8;
const float RED_CHANGE = 20.0 / 320.0, SATURATED = 0.8;
const uint ALMOST = 0x0fffffffu;  // of the older half: 60 slots in all, so that a hurried frame makes no fourth flash

// sRGB as light, within 0.003.
vec3 linear(vec3 c) {
    return c * (c * (c * 0.3053 + 0.6822) + 0.0125);
}

// The relative luminance and the saturated red of this cell, 0..1.
vec2 light() {
    vec2 corner = gl_FragCoord.xy - 0.5, grid = vec2(textureSize(ends, 0));
    vec2 sum = vec2(0.0);
    for (int y = 0; y < SAMPLES; y++)
        for (int x = 0; x < SAMPLES; x++) {
            vec3 c = linear(texture(picture, (corner + (vec2(x, y) + 0.5) / float(SAMPLES)) / grid).rgb);
            float red = c.r >= SATURATED * (c.r + c.g + c.b) ? max(0.0, c.r - c.g - c.b) : 0.0;
            sum += vec2(dot(c, vec3(0.2126, 0.7152, 0.0722)), red);
        }
    return sum / float(SAMPLES * SAMPLES);
}

// Follows `value` with `end` (how far it went, and in which direction). Returns 1 if it has turned.
uint follow(float value, float change, float bright, inout vec2 end) {
    float away = value - end.x;
    bool turns = end.y * away <= 0.0 && abs(away) >= change && min(value, end.x) < bright;
    if (turns) end.y = sign(away);
    if (turns || end.y * away > 0.0) end.x = value;
    return turns ? 1u : 0u;
}

uvec2 aged(uvec2 bits) {
    if (slots <= 0) return bits;
    if (slots >= 64) return uvec2(0u);
    if (slots >= 32) return uvec2(0u, bits.x << uint(slots - 32));
    return uvec2(bits.x << uint(slots), (bits.y << uint(slots)) | (bits.x >> uint(32 - slots)));
}

int count(uint bits) {
    bits -= (bits >> 1) & 0x55555555u;
    bits = (bits & 0x33333333u) + ((bits >> 2) & 0x33333333u);
    return int((((bits + (bits >> 4)) & 0x0f0f0f0fu) * 0x01010101u) >> 24);
}

void main() {
    ivec2 cell = ivec2(gl_FragCoord.xy);
    uvec4 before = texelFetch(turns, cell, 0);
    vec4 end = texelFetch(ends, cell, 0);
    vec2 now = light();
    if (slots < 0) {  // nothing was there to turn from
        turned = uvec4(0u);
        ended = vec4(now.x, 0.0, now.y, 0.0);
        counted = vec4(0.0, 0.0, 0.0, 1.0);
        return;
    }
    vec2 luminance = end.xy, red = end.zw;
    uvec2 bits = aged(before.xy), reds = aged(before.zw);
    bits.x |= follow(now.x, CHANGE, BRIGHT, luminance);
    reds.x |= follow(now.y, RED_CHANGE, 2.0, red);
    turned = uvec4(bits, reds);
    ended = vec4(luminance, red);
    int whole = max(count(bits.x) + count(bits.y), count(reds.x) + count(reds.y));
    int almost = max(count(bits.x) + count(bits.y & ALMOST), count(reds.x) + count(reds.y & ALMOST));
    counted = vec4(whole, almost, 0.0, 1.0);
}
