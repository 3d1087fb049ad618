/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "skew", "TYPE": "float", "MIN": -1.0, "MAX": 1.0, "DEFAULT": 0.25}, {"NAME": "length", "TYPE": "float", "DEFAULT": 0.5}]}*/

#if __VERSION__ <= 120
varying mat2 sheared;
#else
in mat2 sheared;
#endif
void main (void)
{
	vec4 near = IMG_THIS_PIXEL(inputImage), far = IMG_NORM_PIXEL(inputImage, fract(sheared * isf_FragNormCoord));
	gl_FragColor = near + length * (far - near);
}
