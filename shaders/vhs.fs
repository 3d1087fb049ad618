/*{
  "DESCRIPTION": "A worn video tape: colours that run, wobbling lines, noise, and a tracking error that rolls through.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Glitch"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "wear", "LABEL": "Wear", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "bleed", "LABEL": "How far colours run", "TYPE": "float", "MIN": 0, "MAX": 0.05, "DEFAULT": 0.012},
    {"NAME": "wobble", "LABEL": "Wobble of the lines", "TYPE": "float", "MIN": 0, "MAX": 0.02, "DEFAULT": 0.003},
    {"NAME": "tracking", "LABEL": "Tracking error", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.5},
    {"NAME": "fade", "LABEL": "Faded colours", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.35}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec2 at = isf_FragNormCoord;
    float line = floor(at.y * 240.0), moment = floor(TIME * 25.0);
    float roll = fract(at.y + TIME * 0.11), band = tracking * smoothstep(0.08, 0.0, abs(roll - 0.1));
    at.x += wobble * (sin(line * 0.13 + TIME * 3.0) * 0.4 + random(vec2(line, moment)) - 0.5);
    at.x += band * 0.06 * (random(vec2(line, moment + 3.0)) - 0.3);
    vec4 live = IMG_NORM_PIXEL(inputImage, at);
    vec3 late = IMG_NORM_PIXEL(inputImage, at - vec2(bleed, 0.0)).rgb,
        later = IMG_NORM_PIXEL(inputImage, at - vec2(2.0 * bleed, 0.0)).rgb;
    float luma = dot(live.rgb, vec3(0.299, 0.587, 0.114));
    vec3 chroma = 0.5 * (late + later) - dot(0.5 * (late + later), vec3(0.299, 0.587, 0.114));
    vec3 shown = mix(luma, luma * 0.82 + 0.1, fade) + chroma * (1.0 - 0.35 * fade) * (1.0 - band);
    vec2 speck = vec2(floor(at.x * 320.0), line);
    float snow = random(speck + moment * 13.0);
    shown += wear * (0.12 * (snow - 0.5) + 0.8 * step(1.0 - 0.004 * wear - 0.25 * band, snow));
    gl_FragColor = vec4(clamp(shown, 0.0, 1.0) * live.a, live.a);
}
