#version 330
// How much of each cell of the new picture is shown: all of it (1) or, where the picture is limited and the cell or one
// beside it flashes, so little that it follows slowly. After that the share grows back in half a second.
uniform sampler2D counted;  // see flash_watch.frag
uniform sampler2D limits;   // see flash_tally.frag
uniform sampler2D before;   // what this gave for the last picture
uniform float dt;           // seconds since then
uniform float slow;         // the share that is shown of what flashes
out vec4 weight;            // the share, and 1 where it flashes

const float RELEASE = 0.5;  // seconds
const float ALLOWED = 6.0, CALM = 4.0;  // turns a second

void main() {
    ivec2 cell = ivec2(gl_FragCoord.xy), last = textureSize(counted, 0) - 1;
    float turns = 0.0;
    for (int y = -1; y <= 1; y++)
        for (int x = -1; x <= 1; x++)
            turns = max(turns, texelFetch(counted, clamp(cell + ivec2(x, y), ivec2(0), last), 0).g);
    vec2 was = texelFetch(before, cell, 0).rg;
    bool flashes = texelFetch(limits, ivec2(0), 0).x > 0.5 && turns > (was.y > 0.5 ? CALM : ALLOWED);
    weight = vec4(flashes ? slow : min(1.0, was.x + dt / RELEASE), flashes, 0.0, 1.0);
}
