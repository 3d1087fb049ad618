/*{
  "DESCRIPTION": "What moves drags the old picture along, as a film does that lost its key frames.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Glitch"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "drag", "LABEL": "How far motion drags", "TYPE": "float", "MIN": 0, "MAX": 4, "DEFAULT": 2.0},
    {"NAME": "heal", "LABEL": "How fast the picture heals, per second", "TYPE": "float", "MIN": 0, "MAX": 5, "DEFAULT": 0.35},
    {"NAME": "threshold", "LABEL": "Least motion", "TYPE": "float", "MIN": 0, "MAX": 0.3, "DEFAULT": 0.04},
    {"NAME": "refresh", "LABEL": "Heal at once", "TYPE": "event"}
  ],
  "PASSES": [
    {"TARGET": "flow", "PERSISTENT": true, "FLOAT": true, "WIDTH": "floor($WIDTH/8)", "HEIGHT": "floor($HEIGHT/8)"},
    {"TARGET": "before", "PERSISTENT": true, "WIDTH": "floor($WIDTH/8)", "HEIGHT": "floor($HEIGHT/8)"},
    {"TARGET": "smear", "PERSISTENT": true}
  ]
}*/

// Motion by the gradients of light (one step of Lucas and Kanade), small and smoothed over time.
float luma(vec4 colour) {
    return dot(colour.rgb, vec3(0.2126, 0.7152, 0.0722));
}

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

vec4 measured() {
    vec2 texel = 1.0 / RENDERSIZE, at = isf_FragNormCoord;
    vec3 normal = vec3(0.0);
    vec2 moved = vec2(0.0);
    for (int i = 0; i < 5; i++) {
        vec2 here = at + texel * vec2(i == 1 ? 2.0 : i == 2 ? -2.0 : 0.0, i == 3 ? 2.0 : i == 4 ? -2.0 : 0.0);
        float right = luma(IMG_NORM_PIXEL(inputImage, here + vec2(texel.x, 0.0))),
            above = luma(IMG_NORM_PIXEL(inputImage, here + vec2(0.0, texel.y)));
        float now = luma(IMG_NORM_PIXEL(inputImage, here)), then = IMG_NORM_PIXEL(before, here).r;
        vec2 slope = vec2(right - now, above - now);
        normal += vec3(slope * slope, slope.x * slope.y);
        moved -= slope * (now - then);
    }
    float det = (normal.x + 0.002) * (normal.y + 0.002) - normal.z * normal.z;
    vec2 flow_here = vec2(normal.y * moved.x - normal.z * moved.y, normal.x * moved.y - normal.z * moved.x) / det;
    return vec4(mix(IMG_NORM_PIXEL(flow, at).xy, clamp(flow_here, -4.0, 4.0), 0.35), 0.0, 1.0);
}

void main() {
    if (PASSINDEX == 0) gl_FragColor = measured();
    else if (PASSINDEX == 1) gl_FragColor = vec4(luma(IMG_THIS_PIXEL(inputImage)));
    else {
        vec2 moved = IMG_THIS_PIXEL(flow).xy;
        float motion = smoothstep(threshold, 4.0 * threshold + 0.01, length(moved));
        vec4 live = IMG_THIS_PIXEL(inputImage);
        vec4 dragged = IMG_NORM_PIXEL(smear, isf_FragNormCoord - drag * moved / IMG_SIZE(flow));
        float fresh = refresh || dragged.a < 0.01 ? 1.0 : clamp(heal * TIMEDELTA * (1.0 - motion) + 0.008, 0.0, 1.0);
        // Noise of half a level, without which steps smaller than that would be lost.
        float grain = (random(gl_FragCoord.xy + mod(float(FRAMEINDEX), 64.0)) - 0.5) / 255.0;
        gl_FragColor = mix(dragged, live, fresh) + grain * live.a * (1.0 - fresh);
    }
}
