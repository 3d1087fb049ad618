/*{
  "DESCRIPTION": "Finds the edges, lets them glow like neon, and darkens what lies between.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Stylise"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "gain", "LABEL": "Gain of the edges", "TYPE": "float", "MIN": 0, "MAX": 8, "DEFAULT": 3},
    {"NAME": "glow", "LABEL": "Glow", "TYPE": "float", "MIN": 0, "MAX": 3, "DEFAULT": 1.4},
    {"NAME": "dim", "LABEL": "Darken the picture", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.7},
    {"NAME": "hue", "LABEL": "Hue", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.52},
    {"NAME": "own", "LABEL": "Colour of the picture itself", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.6}
  ],
  "PASSES": [
    {"TARGET": "lines", "WIDTH": "floor($WIDTH/2)", "HEIGHT": "floor($HEIGHT/2)"},
    {"TARGET": "around", "WIDTH": "floor($WIDTH/4)", "HEIGHT": "floor($HEIGHT/4)"},
    {}
  ]
}*/

vec3 tint(float turns) {
    return clamp(abs(fract(turns + vec3(0.0, 2.0, 1.0) / 3.0) * 6.0 - 3.0) - 1.0, 0.0, 1.0);
}

vec4 edge() {
    vec2 at = isf_FragNormCoord, texel = 0.0042 * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    vec3 right = IMG_NORM_PIXEL(inputImage, at + vec2(texel.x, 0.0)).rgb;
    vec3 left = IMG_NORM_PIXEL(inputImage, at - vec2(texel.x, 0.0)).rgb;
    vec3 above = IMG_NORM_PIXEL(inputImage, at + vec2(0.0, texel.y)).rgb;
    vec3 below = IMG_NORM_PIXEL(inputImage, at - vec2(0.0, texel.y)).rgb;
    vec3 mean = 0.25 * (right + left + above + below);
    float strength = sqrt(dot(right - left, right - left) + dot(above - below, above - below));
    strength = clamp(gain * (strength - 0.25), 0.0, 1.0);
    vec3 bright = mean / max(0.2, max(mean.r, max(mean.g, mean.b)));
    return vec4(mix(tint(hue), bright, own) * strength, 1.0);
}

vec4 halo() {
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 8; i++) {
        float bearing = float(i) * 0.7853982;
        vec2 by = vec2(cos(bearing), sin(bearing)) * (mod(float(i), 2.0) * 0.011 + 0.0083)
            * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
        sum += IMG_NORM_PIXEL(lines, isf_FragNormCoord + by);
    }
    return sum / 8.0;
}

void main() {
    if (PASSINDEX == 0) gl_FragColor = edge();
    else if (PASSINDEX == 1) gl_FragColor = halo();
    else {
        vec4 live = IMG_THIS_PIXEL(inputImage);
        vec3 light = IMG_THIS_PIXEL(lines).rgb + glow * IMG_THIS_PIXEL(around).rgb;
        gl_FragColor = vec4(1.0 - (1.0 - live.rgb * (1.0 - dim)) * exp(-1.2 * light), live.a);
    }
}
