/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "lines", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.25}, {"NAME": "lean", "TYPE": "float"}]}*/

float pattern(float light) {
	vec2 point = isf_FragNormCoord * RENDERSIZE;
	float along = ( point.x + lean * point.y ) * max(lines/4.0,0.001);
	return step( abs( fract( along ) - 0.5 ) * 2.0, light );
}
void main() {
	vec4 final = IMG_THIS_PIXEL(inputImage);
	vec3 c = final.rgb;
	float average = dot( c, vec3( 1.0/3.0 ) );
	c *= pattern( average );
	gl_FragColor = vec4( c, final.a );
}
