/*{
  "DESCRIPTION": "Turns all hues round the colour circle, by the same amount everywhere or more from place to place.",
  "CREDIT": "vj",
  "ISFVSN": "2",
  "CATEGORIES": ["Colour"],
  "INPUTS": [
    {"NAME": "inputImage", "LABEL": "Picture", "TYPE": "image"},
    {"NAME": "hue", "LABEL": "Hue in turns", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.1},
    {"NAME": "speed", "LABEL": "Turns per minute", "TYPE": "float", "MIN": -60, "MAX": 60, "DEFAULT": 4},
    {"NAME": "spread", "LABEL": "Further turn across the picture", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.15},
    {"NAME": "by_light", "LABEL": "Further turn by light", "TYPE": "float", "MIN": -2, "MAX": 2, "DEFAULT": 0.25},
    {"NAME": "saturation", "LABEL": "Saturation", "TYPE": "float", "MIN": 0, "MAX": 2, "DEFAULT": 1.1}
  ],
  "PASSES": [
    {"TARGET": "phase", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
    {}
  ]
}*/

void main() {
    vec4 run = texelFetch(phase, ivec2(0), 0);
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(fract(run.r + speed * TIMEDELTA / 60.0), 0.0, 0.0, 1.0);
        return;
    }
    vec4 live = IMG_THIS_PIXEL(inputImage);
    float luma = dot(live.rgb, vec3(0.299, 0.587, 0.114));
    float turns = hue + run.r + spread * (isf_FragNormCoord.x - 0.5) + by_light * luma;
    float c = cos(turns * 6.2831853), s = sin(turns * 6.2831853);
    vec2 chroma = saturation * vec2(dot(live.rgb, vec3(0.596, -0.274, -0.322)),
        dot(live.rgb, vec3(0.211, -0.523, 0.312)));
    chroma = mat2(c, s, -s, c) * chroma;
    vec3 colour = luma + chroma.x * vec3(0.956, -0.272, -1.106) + chroma.y * vec3(0.621, -0.647, 1.703);
    gl_FragColor = vec4(clamp(colour, 0.0, live.a), live.a);
}
