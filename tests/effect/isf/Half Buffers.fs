/*{
 "DESCRIPTION": "Smaller and smaller buffers",
 "ISFVSN": "2",
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "soft", "TYPE": "float", "MIN": 0.0, "MAX": 24.0, "DEFAULT": 6.0}],
 "PASSES": [
  {"TARGET": "half", "WIDTH": "$WIDTH/2.0", "HEIGHT": "$HEIGHT/2.0"},
  {"TARGET": "quarter", "WIDTH": "floor($WIDTH/4.0)", "HEIGHT": "floor($HEIGHT/4.0)"},
  {"TARGET": "tiny", "WIDTH": "max(floor($WIDTH*0.02),1.0)", "HEIGHT": "max(floor($HEIGHT*0.02),1.0)"},
  {"TARGET": "fixed", "WIDTH": 16, "HEIGHT": "9"},
  {}
 ]
}*/

void main() {
    vec2 d = soft / RENDERSIZE;
    if (PASSINDEX == 0) gl_FragColor = IMG_THIS_PIXEL(inputImage);
    else if (PASSINDEX == 1) gl_FragColor = (IMG_NORM_PIXEL(half, isf_FragNormCoord + d) + IMG_NORM_PIXEL(half, isf_FragNormCoord - d)) / 2.0;
    else if (PASSINDEX == 2) gl_FragColor = IMG_THIS_NORM_PIXEL(quarter);
    else if (PASSINDEX == 3) gl_FragColor = IMG_NORM_PIXEL(tiny, isf_FragNormCoord);
    else gl_FragColor = isf_FragNormCoord.x < 0.5 ? IMG_THIS_PIXEL(fixed) : IMG_THIS_PIXEL(quarter);
}
