#version 330
// Sums up the cells of a picture, in one fragment: how many flashes it had in all and at most in a second, and whether
// it has to be limited. A flash is a pair of turns that at least a quarter of the cells have.
uniform sampler2D counted;  // see flash_watch.frag
uniform sampler2D weights;  // see flash_weight.frag
uniform sampler2D before;   // what this gave for the last picture
uniform sampler2D limited;  // likewise
uniform float dt;           // seconds since then
layout(location = 0) out vec4 tally;   // flashes since the beginning, the most within a second, those of the last second
layout(location = 1) out vec4 limits;  // 1 while the picture is limited, while it may have to be soon, while it isn't free yet

const float QUARTER = 0.22;  // a little less, as the cells at the edge of what flashes may not count
const int MOST = 32;         // flashes a second
const float ALLOWED = 6.0, CALM = 4.0;  // turns a second: three flashes, and two

void main() {
    ivec2 grid = textureSize(counted, 0);
    int cells[MOST + 1];
    for (int n = 0; n <= MOST; n++) cells[n] = 0;
    float over = 0.0, uneasy = 0.0, near = 0.0, held = 0.0;
    for (int y = 0; y < grid.y; y++)
        for (int x = 0; x < grid.x; x++) {
            vec2 turns = texelFetch(counted, ivec2(x, y), 0).rg;
            cells[clamp(int(turns.r) / 2, 0, MOST)]++;
            over += step(ALLOWED + 0.5, turns.g);
            uneasy += step(CALM + 0.5, turns.g);
            near += step(ALLOWED - 2.5, turns.g);
            held += step(texelFetch(weights, ivec2(x, y), 0).r, 0.999);
        }
    float quarter = QUARTER * float(grid.x * grid.y);
    int rate = MOST, reached = cells[MOST];
    while (rate > 0 && float(reached) < quarter) reached += cells[--rate];
    vec4 told = texelFetch(before, ivec2(0), 0);
    tally = vec4(told.x + float(rate) * dt, max(told.y, float(rate)), float(rate), 1.0);
    bool was = texelFetch(limited, ivec2(0), 0).x > 0.5;
    bool is = over >= quarter || (was && uneasy >= 0.5 * quarter);
    bool holds = is || held > 0.0;
    limits = vec4(is, holds || near >= 0.5 * quarter, holds, 1.0);
}
