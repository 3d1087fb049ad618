"""Steadies the results of a slow model on the GPU: mixes each with the one before, and moves the last one along."""

import moderngl
import numpy as np

from vj.base.frame import Pixels
from vj.gl.program import Pass
from vj.gl.texture import PictureTexture

_PART = 4
"""By how much the map of contrasts is smaller than the picture, in each direction; so reads it `cohere.frag`."""
_RESULT, _BEFORE, _FLOW, _MIXTURE, _CONTRAST = range(5)
"""The texture units of the shader's pictures."""


class DrawnPicture(PictureTexture):
    """A picture of 16-bit floats that is drawn into, and then drawn with like one that was uploaded."""

    def target(self, width: int, height: int) -> moderngl.Framebuffer:
        """Returns the framebuffer of that size that draws into the picture. Another size than before takes new memory
        on the GPU."""
        if self._target is None or self.size != (width, height):
            self.release()
            self._texture = self._ctx.texture((width, height), 4, dtype="f2")
            self._texture.repeat_x = self._texture.repeat_y = False
            self._target = self._ctx.framebuffer([self._texture])
        return self._target


class SteadyPass:
    """The shaders that steady pictures. Layers share one; they are compiled when they are first needed, or by
    `rehearse`."""

    def __init__(self, ctx: moderngl.Context) -> None:
        """``ctx`` must be current here and in all that uses it."""
        self.ctx = ctx
        self._passes: dict[str, Pass] = {}
        self.otherwise = ctx.framebuffer([ctx.texture((1, 1), 4)])
        """In use after drawing, if nothing was before: no picture that may be released stays in use."""

    def __getitem__(self, word: str) -> Pass:
        """Returns the pass ``word`` of ``cohere.frag``, such as ``MOVED``; or ``flow``, that of ``flow.frag``."""
        if word not in self._passes:
            made = Pass(self.ctx, "flow") if word == "flow" else Pass(self.ctx, "cohere", word)
            made["bytes"] = made["result"] = _RESULT
            made["before"], made["flow"], made["mixture"], made["contrast"] = _BEFORE, _FLOW, _MIXTURE, _CONTRAST
            self._passes[word] = made
        return self._passes[word]

    def rehearse(self) -> None:
        """Compile all shaders and draw with them once, as drivers finish a program at its first use."""
        steadied, result = SteadiedPicture(self), PictureTexture(self.ctx)
        result.upload(np.zeros((8, 8, 3), np.uint8), 1)
        steadied.take_flow(np.zeros((1 + 3 * 8, 16, 3), np.uint8))
        steadied.begin(result)
        steadied.cohere(result, 2, 0.5)
        steadied.move(0, 1.0)
        steadied.release()
        result.release()


class SteadiedPicture:
    """The last result of a layer as it is shown: ``picture`` is what to draw, empty at first.

    Its memory is kept from frame to frame. Each method that draws leaves the framebuffer in use as it was, and wants
    blending to be off.
    """

    def __init__(self, passes: SteadyPass) -> None:
        self._passes = passes
        self._bytes = PictureTexture(passes.ctx)
        self._flow, self._mixture, self._contrast = (DrawnPicture(passes.ctx) for _ in range(3))
        self._last, self._next = DrawnPicture(passes.ctx), DrawnPicture(passes.ctx)
        self._moved, self._before = DrawnPicture(passes.ctx), DrawnPicture(passes.ctx)
        self.picture: PictureTexture = self._last

    def take_flow(self, record: Pixels) -> None:
        """Bring a record of `vj.layers.flow_maps`, uint8 [1 + 3h, 2w, 3], to the GPU."""
        self._bytes.upload(record, 1)

    def begin(self, result: PictureTexture) -> None:
        """Show ``result`` as it is, with nothing before it."""
        self._draw("BLENDED", self._last, result.size, result=result, before=result, weight=0.0)
        self.picture = self._last

    def cohere(self, result: PictureTexture, flow: int, weight: float) -> None:
        """Show ``result``, in which ``weight`` (0..1) of the one before stays where they agree. ``flow`` is the number
        of the map, in the record that was taken last, that leads from the result's view to that of the one before. A
        result of another size than before is shown as it is."""
        if result.size != self._last.size or weight <= 0.0:
            self.begin(result)
            return
        self._read_flow(flow)
        size, part = result.size, (-(-result.size[0] // _PART), -(-result.size[1] // _PART))
        self._draw("BLENDED", self._mixture, size, result=result, before=self._last, weight=weight)
        self._draw("CONTRAST", self._contrast, part, result=result, mixture=self._mixture)
        self._draw("RESTORED", self._next, size, mixture=self._mixture, contrast=self._contrast)
        self._last, self._next = self._next, self._last
        self.picture = self._last

    def move(self, flow: int, strength: float) -> None:
        """Show the last result moved along ``strength`` (0..1) of the motion: ``flow`` is the number of the map that
        leads from the newest view to that of the result."""
        self._read_flow(flow)
        self._draw("MOVED", self._moved, self._last.size, before=self._last, weight=strength)
        self.picture = self._moved

    def stay(self) -> None:
        """Show the last result where it was."""
        self.picture = self._last

    @property
    def before(self) -> PictureTexture:
        """What was shown when `leave` was called last; empty before."""
        return self._before

    def leave(self) -> None:
        """Keep what is shown as ``before``; `begin` or `cohere` must follow."""
        if self.picture is self._moved:
            self._moved, self._before = self._before, self._moved
        else:
            self._last, self._before = self._before, self._last
        self.picture = self._before

    def release(self) -> None:
        """Free all memory on the GPU."""
        made = (self._bytes, self._flow, self._mixture, self._contrast)
        for picture in (*made, self._last, self._next, self._moved, self._before):
            picture.release()

    def _read_flow(self, number: int) -> None:
        """Make a map of floats of the map ``number`` of the last record."""
        wide, high = self._bytes.size
        width, height = wide // 2, (high - 1) // 3
        unpack = self._passes["flow"]
        unpack["first"] = 1 + number * height
        self._bytes.bind(_RESULT, self._bytes.size)
        self._into(self._flow, (width, height), unpack)

    def _draw(
        self,
        word: str,
        into: DrawnPicture,
        size: tuple[int, int],
        *,
        result: PictureTexture | None = None,
        before: PictureTexture | None = None,
        mixture: PictureTexture | None = None,
        contrast: PictureTexture | None = None,
        weight: float = 0.0,
    ) -> None:
        drawn = self._passes[word]
        drawn["weight"] = weight
        for unit, picture in ((_RESULT, result), (_BEFORE, before), (_MIXTURE, mixture)):
            if picture:
                picture.bind(unit, picture.size)
        for unit, filtered in ((_FLOW, self._flow), (_CONTRAST, contrast)):
            if filtered and filtered.size != (1, 1):
                filtered.bind(unit, (0, 0))
        self._into(into, size, drawn)

    def _into(self, into: DrawnPicture, size: tuple[int, int], drawn: Pass) -> None:
        in_use = self._passes.ctx.fbo or self._passes.otherwise
        into.target(*size).use()
        drawn.draw()
        into.seq += 1
        in_use.use()
