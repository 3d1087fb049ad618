/*{
  "DESCRIPTION": "Grain of a fast film: coarse, strongest in the middle tones, another one in every picture.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.2},
    {"NAME": "size", "LABEL": "Size of a grain", "TYPE": "float", "MIN": 1, "MAX": 6, "DEFAULT": 1.8},
    {"NAME": "colour", "LABEL": "Colour of the grain", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.25},
    {"NAME": "rate", "LABEL": "Grains a second", "TYPE": "float", "MIN": 1, "MAX": 60, "DEFAULT": 24}
  ]
}*/

float random(vec2 seed) {
    vec3 p = fract(seed.xyx * vec3(0.1547, 0.2381, 0.1913));
    p += dot(p, p.yzx + 19.7);
    return fract((p.x + p.y) * p.z);
}

void main() {
    vec4 live = IMG_THIS_PIXEL(inputImage);
    vec2 grain = floor(gl_FragCoord.xy / max(1.0, size * RENDERSIZE.y / 720.0))
        + 97.0 * mod(floor(TIME * rate), 61.0);
    float grey = random(grain) + random(grain + 31.0) - 1.0;
    vec3 tinted = vec3(random(grain + 7.0), random(grain + 13.0), random(grain + 29.0)) - 0.5;
    float luma = dot(live.rgb, vec3(0.2126, 0.7152, 0.0722));
    float strength = amount * (0.25 + 3.0 * luma * (1.0 - luma));
    gl_FragColor = vec4(clamp(live.rgb + strength * mix(vec3(grey), tinted, colour) * live.a, 0.0, live.a), live.a);
}
