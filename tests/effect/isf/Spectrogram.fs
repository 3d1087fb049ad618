/*{
 "INPUTS": [{"NAME": "fftImage", "TYPE": "audioFFT"}, {"NAME": "clear", "TYPE": "event"}, {"NAME": "luma", "TYPE": "bool", "DEFAULT": 0.0}],
 "PASSES": [{"TARGET": "fftValues", "HEIGHT": "512", "FLOAT": true, "PERSISTENT": true}, {}]
}*/

void main()
{
	if (PASSINDEX==0)    {
		if (clear) gl_FragColor = vec4(0.0);
		else if (gl_FragCoord.x<1.0) gl_FragColor = IMG_NORM_PIXEL(fftImage, isf_FragNormCoord.yx);
		else gl_FragColor = IMG_PIXEL(fftValues, vec2(gl_FragCoord.x-1.0, gl_FragCoord.y));
	}
	else gl_FragColor = luma ? IMG_THIS_PIXEL(fftValues).rrra : vec4(IMG_THIS_PIXEL(fftValues).r, isf_FragNormCoord.y, 0.0, 1.0);
}
