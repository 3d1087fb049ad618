/*{
 "ISFVSN": "2.0",
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "hold", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0.75}],
 "PASSES": [{"TARGET": "bufferVariableNameA", "PERSISTENT": true, "FLOAT": true}, {}]
}*/

void main()
{
	vec4		freshPixel = IMG_PIXEL(inputImage,gl_FragCoord.xy);
	if (PASSINDEX == 0) {
		vec4		stalePixel = IMG_NORM_PIXEL(bufferVariableNameA, mod(isf_FragNormCoord.xy + 0.001, 1.0));
		gl_FragColor = mix(freshPixel, stalePixel, hold);
	}
	else
		gl_FragColor = IMG_PIXEL(bufferVariableNameA,gl_FragCoord.xy);
}
