/*{
 "ISFVSN": "2.0",
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "decay", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.75}],
 "PASSES": [{"TARGET": "brightestSoFar", "PERSISTENT": true, "FLOAT": true}, {}]
}*/

void main()
{
	vec4		came = IMG_PIXEL(inputImage,gl_FragCoord.xy);
	vec4		there = IMG_NORM_PIXEL(brightestSoFar, fract(isf_FragNormCoord.xy + 1.0 / RENDERSIZE));
	if (PASSINDEX == 1)
		gl_FragColor = IMG_PIXEL(brightestSoFar,gl_FragCoord.xy);
	else
		gl_FragColor = max(came, there * decay);
}
