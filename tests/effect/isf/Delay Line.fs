/*{
 "INPUTS": [{"NAME": "inputImage", "TYPE": "image"}, {"NAME": "lag", "TYPE": "color", "DEFAULT": [0.25, 0.5, 0.75, 0.5]}, {"NAME": "rate", "TYPE": "float", "MIN": 1.0, "MAX": 20.0, "DEFAULT": 4.0}],
 "PERSISTENT_BUFFERS": ["lastRow", "buffer1", "buffer2", "buffer3"],
 "PASSES": [
  {"TARGET": "lastRow", "WIDTH": "1", "HEIGHT": "1", "DESCRIPTION": "which buffer is next"},
  {"TARGET": "buffer3"}, {"TARGET": "buffer2"}, {"TARGET": "buffer1"}, {}
 ]
}*/

float rand(vec2 co){
    return fract(sin(dot(co.xy ,vec2(12.9898,78.233))) * 43758.5453);
}
void main()
{
	if (PASSINDEX == 0)	{
		vec4 srcPixel = IMG_PIXEL(lastRow,vec2(0.5));
		srcPixel.x = (srcPixel.x) > 1.0 ? 0.0 : srcPixel.x + rate / 60.0;
		gl_FragColor = srcPixel;
	}
	if (PASSINDEX == 1) gl_FragColor = IMG_NORM_PIXEL(lastRow, vec2(0.5)).x > 0.9 ? IMG_THIS_NORM_PIXEL(buffer2) : IMG_THIS_NORM_PIXEL(buffer3);
	if (PASSINDEX == 2) gl_FragColor = IMG_THIS_NORM_PIXEL(buffer1);
	if (PASSINDEX == 3) gl_FragColor = IMG_THIS_NORM_PIXEL(inputImage);
	if (PASSINDEX == 4)	{
		vec2 tex = vv_FragNormCoord;
		vec4 color = IMG_NORM_PIXEL(inputImage, tex);
		color.r = IMG_NORM_PIXEL(buffer1, tex).r;
		color.g = IMG_NORM_PIXEL(buffer3, tex).g;
		if (rand(floor(tex * 8.0)) > lag.a) color = IMG_NORM_PIXEL(buffer2, tex);
		gl_FragColor = color;
	}
}
