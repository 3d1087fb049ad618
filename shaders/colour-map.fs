/*{
  "DESCRIPTION": "Colours the picture by its light along a gradient, which may run on.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Colour"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "gradient", "LABEL": "Gradient", "TYPE": "long", "VALUES": [0, 1, 2, 3, 4], "LABELS": ["own three", "fire", "ice", "rainbow", "sunset"], "DEFAULT": 4},
    {"NAME": "amount", "LABEL": "Amount", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.9},
    {"NAME": "repeat", "LABEL": "Repeats", "TYPE": "float", "MIN": 1, "MAX": 8, "DEFAULT": 1},
    {"NAME": "speed", "LABEL": "Runs per minute", "TYPE": "float", "MIN": -60, "MAX": 60, "DEFAULT": 0},
    {"NAME": "dark", "LABEL": "Dark colour", "TYPE": "color", "DEFAULT": [0.05, 0.0, 0.2, 1.0]},
    {"NAME": "middle", "LABEL": "Middle colour", "TYPE": "color", "DEFAULT": [0.9, 0.1, 0.4, 1.0]},
    {"NAME": "light", "LABEL": "Light colour", "TYPE": "color", "DEFAULT": [1.0, 0.95, 0.6, 1.0]}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

vec3 ramp(vec3 a, vec3 b, vec3 c, vec3 d, float at) {
    return at < 0.34 ? mix(a, b, at / 0.34) : at < 0.67 ? mix(b, c, (at - 0.34) / 0.33)
        : mix(c, d, (at - 0.67) / 0.33);
}

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(fract(run.r + speed * TIMEDELTA / 60.0), 0.0, 0.0, 1.0);
        return;
    }
    vec4 live = IMG_THIS_PIXEL(inputImage);
    float luma = dot(live.rgb, vec3(0.2126, 0.7152, 0.0722));
    float at = abs(mod(luma * floor(repeat) + 2.0 * run.r + 1.0, 2.0) - 1.0);
    vec3 shown;
    if (gradient == 0) shown = at < 0.5 ? mix(dark.rgb, middle.rgb, 2.0 * at)
        : mix(middle.rgb, light.rgb, 2.0 * at - 1.0);
    else if (gradient == 1) shown = ramp(vec3(0.02, 0.0, 0.04), vec3(0.65, 0.05, 0.02), vec3(1.0, 0.55, 0.05),
        vec3(1.0, 0.98, 0.8), at);
    else if (gradient == 2) shown = ramp(vec3(0.0, 0.02, 0.1), vec3(0.05, 0.25, 0.55), vec3(0.3, 0.75, 0.9),
        vec3(0.97, 1.0, 1.0), at);
    else if (gradient == 3) shown = 0.5 + 0.5 * cos(6.2831853 * (0.85 * at + vec3(0.6, 0.93, 0.27)));
    else shown = ramp(vec3(0.07, 0.02, 0.25), vec3(0.55, 0.08, 0.5), vec3(1.0, 0.42, 0.3), vec3(1.0, 0.93, 0.65), at);
    gl_FragColor = vec4(mix(live.rgb, shown * live.a, amount), live.a);
}
