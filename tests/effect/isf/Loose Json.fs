// by the tests

/*
{
	'DESCRIPTION': "two
lines", // a remark
	INPUTS: [
		{"NAME": "inputImage", "TYPE": "image",},
		{"NAME": "gain", "TYPE": "float", "DEFAULT": .5, "MIN": 0., "MAX": +1,},
		{"NAME": "tint", "TYPE": "color", "DEFAULT": [1, 0.5, 0]}
	],
}
*/

void main() {
	gl_FragColor = IMG_THIS_PIXEL(inputImage) * gain * tint;
}
