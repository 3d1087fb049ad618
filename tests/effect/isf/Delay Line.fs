/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "lag", "TYPE": "color", "DEFAULT": [0.25, 0.5, 0.75, 0.5]}, {"NAME": "rate", "TYPE": "float", "MIN": 1.0, "MAX": 20.0, "DEFAULT": 4.0}],
 "PERSISTENT_BUFFERS": ["clock", "one", "two", "three"],
 "PASSES": [
  {"TARGET": "clock", "WIDTH": "1", "HEIGHT": "1", "DESCRIPTION": "when the oldest is replaced"},
  {"TARGET": "three"}, {"TARGET": "two"}, {"TARGET": "one"}, {}
 ]
}*/

float uneven(vec2 cell){
    return fract(dot(cell, vec2(0.37 ,0.59)));
}
void main()
{
	if (PASSINDEX == 0) gl_FragColor = fract(IMG_PIXEL(clock,vec2(0.5)) + vec4(rate / 64.0));
	if (PASSINDEX == 1) gl_FragColor = IMG_NORM_PIXEL(clock, vec2(0.5)).x < 0.25 ? IMG_THIS_NORM_PIXEL(two) : IMG_THIS_NORM_PIXEL(three);
	if (PASSINDEX == 2) gl_FragColor = IMG_THIS_NORM_PIXEL(one);
	if (PASSINDEX == 3) gl_FragColor = IMG_THIS_NORM_PIXEL(inputImage);
	if (PASSINDEX == 4)	{
		vec2 at = vv_FragNormCoord;
		vec4 now = IMG_NORM_PIXEL(inputImage, at), old = IMG_NORM_PIXEL(three, at);
		now = mix(now, old, lag);
		gl_FragColor = uneven(floor(at * 6.0)) > lag.a ? IMG_NORM_PIXEL(two, at) : now;
	}
}
