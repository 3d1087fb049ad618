/*{
 "INPUTS": [{"NAME": "bands", "TYPE": "audioFFT"}, {"NAME": "empty", "TYPE": "event"}, {"NAME": "heat", "TYPE": "bool", "DEFAULT": 0.0}],
 "PASSES": [{"TARGET": "rolled", "HEIGHT": "512", "FLOAT": true, "PERSISTENT": true}, {}]
}*/

vec4 heard(vec2 at) { return IMG_NORM_PIXEL(bands, at.yx); }
void main()
{
	vec4 old = IMG_PIXEL(rolled, gl_FragCoord.xy - vec2(1.0, 0.0)), now = heard(isf_FragNormCoord);
	if (PASSINDEX==1) {
		vec4 kept = IMG_THIS_PIXEL(rolled);
		gl_FragColor = heat ? kept.rrra * vec4(1.0, 0.6, 0.2, 1.0) : vec4(kept.ggg, 1.0);
	} else
		gl_FragColor = float(!empty) * mix(old, now, float(gl_FragCoord.x<1.0));
}
