/*{
 "INPUTS": [{"NAME": "wipe", "TYPE": "event"}, {"NAME": "pen", "TYPE": "color", "DEFAULT": [1, 0.5, 0.25, 1]}],
 "PASSES": [
  {"TARGET": "place", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
  {"TARGET": "drawing", "PERSISTENT": true}
 ]
}*/

float round (float x)	{
	return (fract(x) < 0.5) ? floor(x) : ceil(x);
}
void main()	{
	vec4 colour = vec4(0.0);
	if (PASSINDEX == 0)	{
		colour = (FRAMEINDEX==0) ? vec4(0.5) : IMG_THIS_PIXEL(place) + vec4(0.125, 0.0, 0.0, 0.0);
	}
	else if (PASSINDEX == 1)	{
		vec2 at = IMG_PIXEL(place,vec2(0.0)).rg * IMG_SIZE(drawing);
		at.x = round(at.x);
		if (wipe) colour = vec4(0.0, 0.0, 0.0, 1.0);
		else if (distance(gl_FragCoord.xy, at) < 4.0) colour = pen;
		else colour = IMG_THIS_PIXEL(drawing);
	}
	gl_FragColor = colour;
}
