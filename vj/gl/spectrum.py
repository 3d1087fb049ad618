"""The sound as textures for shaders, and a small meter of it for the performer."""

import moderngl
import numpy as np
import numpy.typing as npt

from vj.gl.program import shader

Curve = npt.NDArray[np.float32]

POINTS = 512
"""Samples of the waveform, and bins of the spectrum: the width of both textures."""
_HEIGHT = 0.10
"""The height of the meter, as a part of the canvas's; the meter is three times as wide."""
_MARGIN = 0.02
"""The distance of the meter from the canvas's edges, as a part of the canvas's height."""


class AudioTextures:
    """The textures that the Interactive Shader Format calls ``audio`` and ``audioFFT``: here ``audio`` and ``fft``.

    Each is one row of `POINTS` floats, which shaders read as greys. The oldest sample and the lowest frequency are at
    the left. ``audio`` is 0..1 with silence at 0.5, as that format wants it; ``fft`` is 0..1 with silence at 0. Both
    are silent until `upload`.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self.audio = _row(ctx, 0.5)
        self.fft = _row(ctx, 0.0)
        self._centred: Curve = np.empty(POINTS, np.float32)

    def upload(self, waveform: Curve, spectrum: Curve) -> None:
        """Replace the content of both textures.

        ``waveform`` are `POINTS` (512) samples of −1..1, oldest first, ``spectrum`` are as many magnitudes of 0..1,
        evenly spaced in frequency from low to high; both float32, copied.
        """
        np.multiply(waveform, 0.5, out=self._centred)
        self._centred += 0.5
        self.audio.write(self._centred)
        self.fft.write(np.ascontiguousarray(spectrum, np.float32))

    def release(self) -> None:
        """Free both textures."""
        self.audio.release()
        self.fft.release()


class LevelMeter:
    """Draws a meter in the lower left corner: the spectrum in bars, every octave equally wide, and the level.

    It is a tenth of the picture high (24 pixels at least) and three times as wide.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = ctx.program(shader("spectrum.vert"), shader("spectrum.frag"))
        self._mesh = ctx.vertex_array(self._program, [])

    def draw(self, target: tuple[int, int], fft: moderngl.Texture, level: float) -> None:
        """Draw over the framebuffer in use, whose size is ``target`` (width, height) and whose row 0 is the top.

        ``fft`` is that of `AudioTextures`; ``level`` is clamped to 0..1. Leaves blending switched off.
        """
        width, height = target
        tall = max(24, round(height * _HEIGHT))
        margin = round(height * _MARGIN)
        wide = min(3 * tall, width - 2 * margin)
        self._program["place"] = (margin / width, 1.0 - (margin + tall) / height, wide / width, tall / height)
        self._program["pixels"] = (float(wide), float(tall))
        self._program["level"] = min(1.0, max(0.0, level))
        self._program["fft"] = 0
        fft.use(0)
        self._ctx.enable(moderngl.BLEND)
        self._ctx.blend_func = moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA
        self._mesh.render(moderngl.TRIANGLE_STRIP, vertices=4)
        self._ctx.disable(moderngl.BLEND)


def _row(ctx: moderngl.Context, silence: float) -> moderngl.Texture:
    """Returns a texture of one row of floats, which shaders read as greys."""
    made = ctx.texture((POINTS, 1), 1, np.full(POINTS, silence, np.float32).tobytes(), dtype="f4")
    made.filter = (moderngl.LINEAR, moderngl.LINEAR)
    made.repeat_x = made.repeat_y = False
    made.swizzle = "RRR1"
    return made
