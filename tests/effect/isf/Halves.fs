/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "dots", "TYPE": "float", "MIN": 0.0, "MAX": 1.0, "DEFAULT": 0.25}, {"NAME": "angle", "TYPE": "float"}]}*/

float pattern(float amount) {
	float s = sin( angle * 3.14159 ), c = cos( angle * 3.14159 );
	vec2 tex = isf_FragNormCoord * RENDERSIZE;
	vec2 point = vec2( c * tex.x - s * tex.y, s * tex.x + c * tex.y ) * max(1.0/(dots*100.0),0.001);
	return ( sin( point.x ) * sin( point.y ) ) * 4.0;
}
void main() {
	vec4 final = IMG_THIS_PIXEL(inputImage);
	vec3 c = final.rgb;
	float average = ( c.r + c.g + c.b ) / 3.0;
	c = vec3( average * 10.0 - 5.0 + pattern(average) );
	gl_FragColor = vec4( c, final.a );
}
