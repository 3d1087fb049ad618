/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "angle", "TYPE": "float", "MIN": 0.0, "MAX": 360.0, "DEFAULT": 90.0}, {"NAME": "length", "TYPE": "float", "DEFAULT": 0.5}]}*/

#if __VERSION__ <= 120
varying mat2 rotmat;
#else
in mat2 rotmat;
#endif
void main (void)
{
	vec2 point = ((isf_FragNormCoord - 0.5) * rotmat) + 0.5;
	gl_FragColor = mix(IMG_NORM_PIXEL(inputImage, point), IMG_THIS_PIXEL(inputImage), length * 0.1);
}
