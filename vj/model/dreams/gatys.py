"""Optimised style transfer: the picture itself is changed until it has a painting's strokes and its own shapes.

Paper: L. A. Gatys, A. S. Ecker, M. Bethge, "A neural algorithm of artistic style", 2015. Live, each picture goes on
from the last one, moved along with what the camera sees.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from vj.base.convert import resize
from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.base.paths import picture as picture_path
from vj.model.common_params import FADE
from vj.model.dreams.dream_model import PACE, DreamModel
from vj.model.dreams.dream_params import STEP
from vj.model.families.style_model import PAINTINGS, Fading, StyleModel
from vj.model.style_images import read
from vj.params.param import Param, Value

if TYPE_CHECKING:
    from vj.model.dreams.adam import Adam
    from vj.model.dreams.painting_features import Strokes
    from vj.model.runtime.compiled_network import CompiledNetwork, Floats

_LEVELS: Final = (6, 7, 7)
"""The shares of a still picture's steps for its sizes, from coarse to fine; each size is twice the last one."""
_LIVE: Final = 2.0
"""The factor on ``step`` in live pictures."""
_STEEP, _SHALLOW = 2.0, 0.2
"""The factors on ``step`` at the beginning and at the end of each size of a still picture."""

_NAMED: Final = {param.name: param for param in (*STEP, *StyleModel.params)}


class Gatys(DreamModel):
    """Measures strokes and shapes in the layers of a classifier, which ``files`` holds as ``model``, and changes
    pictures until they have a painting's strokes."""

    name = "gatys"
    help = "optimised style transfer: any painting's strokes"
    still_steps = 360
    params = (
        _NAMED["style_image"],
        Param("content", 0.0, 4.0, default=0.6, smooth=0.05, help="how much of the source's shapes stays"),
        Param("texture", -1.0, 1.0, default=0.0, smooth=0.05, help="from fine strokes (-1) to large forms (1)"),
        Param("tones", 0.0, 4.0, default=0.75, smooth=0.05, help="how closely light and dark of each stroke are met"),
        Param("palette", default=1.0, smooth=0.05, help="how much of the painting's colours new areas start with"),
        Param("brush", 0.25, 2.0, default=1.0, help="size of the painting beside the picture, and of its strokes"),
        Param("calm", default=0.2, smooth=0.05, help="total variation held down: smooth paint, no grain"),
        Param("carry", default=1.0, smooth=0.05, help="how much of the last picture stays where the source moves on"),
        _NAMED["step"],
        _NAMED["steps"],
        FADE,
        PACE,
    )

    def begin(self) -> None:
        super().begin()
        self.begin_again()

    def begin_again(self) -> None:
        """Forget the last picture, the motion, and the fade between paintings."""
        from vj.model.dreams.motion import Motion

        self._motion, self._fading = Motion(), Fading()
        self._last: tuple[Floats, Floats] | None = None
        """The last canvas, and what it began with."""

    def variant(self, values: Mapping[str, Value]) -> str:
        """Returns an empty text: there is one network only."""
        return ""

    def ahead(self, values: Mapping[str, Value]) -> Sequence[str]:
        """Returns nothing: there is one network only."""
        return ()

    def prepare(self, size: Size, variant: str = "") -> Easel:
        """Compile the gradient for pictures of ``size`` and of half that size (rounded to multiples, usually of 32, at
        least two), which may take minutes, and return it; ``variant`` doesn't matter. Raises BadInput for an unknown
        runtime, Unavailable if nothing runs it here."""
        from vj.model.dreams.ascent import sizes
        from vj.model.dreams.painting_features import LEVELS

        return self._easel(sizes(size, LEVELS, 2.0, self._multiple)[::-1])

    def _easel(self, sizes: Sequence[Size]) -> Easel:
        return Easel(self, [(size, self.compiled(self.strokes.gram, size)) for size in sizes])

    @cached_property
    def strokes(self) -> Strokes:
        """The `Strokes` of this model's classifier, which describe paintings, in threads of their own unless
        `in_thread` is false. The same object each time; made on first use, which starts the threads and reads the
        classifier, and may raise BadInput."""
        from vj.model.dreams.painting_features import Strokes
        from vj.model.gradient.gram import chosen

        return Strokes(self.steps, chosen(self.steps), self.in_thread)

    def paint(self, easel: Easel, seen: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Paint one picture on ``seen``, going on from the last one, and write it into ``out``; both are uint8 RGB [h,
        w, 3] of the size of ``easel``, which has the networks. As long as no painting is known, ``out`` becomes a copy
        of ``seen``. ``values`` hold those of ``params`` (no ``style_image``: the first bundled painting); ``now`` is
        the monotonic time (s), for the fade between paintings.

        Returns the mean of ``out``, 0..1. If a gradient isn't finite, returns NaN, leaves ``out`` as it was and forgets
        the last picture.
        """
        from vj.model.dreams.float_pictures import from_bytes, to_bytes

        painting = self.strokes.at(_name(values), easel.size, float(values["brush"]))
        self.tell("paintings", self.strokes.notice)
        if painting is None:
            np.copyto(out, seen)
            return float(out.mean()) / 255
        numbers = self._fading.at(painting.numbers, float(values["fade"]), now)
        controls = self.strokes.controls(numbers, values)
        shown = from_bytes(seen)
        canvas, adam = self._begun(seen, painting.colours.on(shown, float(values["palette"])), float(values["carry"]))
        for _ in range(int(values["steps"])):
            if not easel.climb(canvas, adam, shown, controls, float(values["calm"]), _LIVE * float(values["step"])):
                self._last = None
                return math.nan
        to_bytes(canvas, out)
        return float(canvas.mean())

    def _begun(self, seen: Pixels, start: Floats, carry: float) -> tuple[Floats, Adam]:
        """Returns a canvas to go on painting, and its optimiser.

        The canvas is ``start`` plus the paint of the last canvas, moved along with what it was painted on; ``carry`` is
        how much of it stays. Paint is the difference from the start: the shapes below it are the newest picture's own,
        and stay sharp.
        """
        from vj.model.dreams.adam import Adam

        self._motion.follow(seen)
        canvas = start.copy()
        if self._last is None:
            self._adam = Adam(Size(seen.shape[1], seen.shape[0]))
        else:
            kept = self._motion.agrees[..., None] * np.float32(carry)
            canvas += kept * self._motion.carried(self._last[0] - self._last[1])
            np.clip(canvas, 0.0, 1.0, out=canvas)
            self._adam.move(self._motion.carried, kept)
        self._last = canvas, start
        return canvas, self._adam

    def develop(self, picture: Pixels, values: Mapping[str, Value], steps: int) -> Iterator[Pixels]:
        """Yield ``picture`` as it is painted, after 0, 1, .. ``steps`` steps, so ``steps`` + 1 times: uint8 RGB [h, w,
        3], in one array that the next step overwrites. ``values`` are as in `Prepared.run`, by the names in ``params``;
        the value ``steps`` is ignored.

        The first is ``picture`` itself, with sides cut to multiples, usually of 32, and at least two of these. The
        steps are then shared 6 : 7 : 7 among a quarter, half and all of that size, each shown at the full one. The
        network is compiled anew for each of these sizes unless it is kept, which may take minutes.

        Raises BadInput if the painting or the classifier can't be read, or for an unknown runtime; Unavailable if
        nothing runs the network here, or a gradient isn't finite.
        """
        from vj.model.dreams.adam import Adam
        from vj.model.dreams.ascent import sizes
        from vj.model.dreams.colours import Colours
        from vj.model.dreams.float_pictures import at_size, from_bytes, to_bytes

        size = self.size(Size(picture.shape[1], picture.shape[0]), picture.shape[1], picture.shape[0])
        seen = resize(picture, size)
        out = seen.copy()
        yield out
        painting, canvas = read(picture_path(_name(values))), None
        levels = sizes(size, len(_LEVELS), 2.0, self._multiple)
        for level, count in zip(levels, _shared(steps, _LEVELS[-len(levels) :]), strict=True):
            easel, adam, shown = self._easel([level]), Adam(level), from_bytes(seen, level)
            controls = self.strokes.controls(self.strokes.described(painting, level, float(values["brush"])), values)
            if canvas is None:
                canvas = Colours(from_bytes(painting)).on(shown, float(values["palette"]))
            canvas = at_size(canvas, level)
            for step in range(count):
                length = float(values["step"]) * _falling(step / count)
                if not easel.climb(canvas, adam, shown, controls, float(values["calm"]), length):
                    raise Unavailable(f"{self.called} gives numbers that are no picture")
                to_bytes(at_size(canvas, size), out)
                yield out


class Easel:
    """Changes pictures of one size (``size``), by gradients that are measured at one size or several. It is what
    `Gatys.prepare` returns; the painted picture itself is kept by the model."""

    def __init__(self, model: Gatys, levels: Sequence[tuple[Size, CompiledNetwork]]) -> None:
        """``levels`` are sizes, at least one, each with the gradient's network compiled for it (float32 [h, w, 6] in,
        the canvas and then the source's picture), the pictures' own size first; that one's reason is ``why``."""
        self._model = model
        self._levels = [_Level(compiled, size, model.strokes.samples()) for size, compiled in levels]
        (self.size, first), *_ = levels
        self.why = first.why

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Have the model paint one picture, as `Gatys.paint` does: write ``picture`` as it is painted now into ``out``,
        both uint8 RGB [h, w, 3] of ``size``, at the monotonic time ``now`` (s). Returns the mean of ``out``, 0..1; NaN
        if it was left as it was."""
        return self._model.paint(self, picture, out, values, now)

    def warm(self) -> float:
        """Run the network of every level once on a black picture; nothing that is painted changes. Returns the seconds
        that all of them took."""
        return sum(level.warm() for level in self._levels)

    def climb(
        self,
        canvas: Floats,
        adam: Adam,
        seen: Floats,
        controls: Sequence[Sequence[Floats]],
        calm: float,
        step: float,
    ) -> bool:
        """Change ``canvas`` in place by about ``step`` (1: black to white), towards a painting's strokes and the shapes
        of ``seen``, clipped to 0..1. Both are float32 [h, w, 3], 0..1, of this size, as is ``adam``, the optimiser,
        whose memory changes.

        ``controls`` are the networks' inputs, a list by level, the pictures' own size first, as `Strokes.controls`
        returns them; levels beyond the last list are left out. ``calm`` holds the total variation down. Returns True;
        False if a gradient isn't finite: canvas and memory are then left as they were.
        """
        from vj.model.dreams.ascent import variation
        from vj.model.dreams.float_pictures import at_size

        change = variation(canvas)
        change *= -calm
        for level, own in zip(self._levels, controls, strict=False):
            if not math.isfinite(level.look(canvas, seen, own)):
                return False
            change += at_size(level.gradient, self.size)
        adam.climb(canvas, change, step)
        return True


class _Level:
    """One size at which gradients are measured."""

    def __init__(self, compiled: CompiledNetwork, size: Size, samples: Sequence[Floats]) -> None:
        self._compiled = compiled
        self._size = size
        self._samples = samples
        self._pictures = np.zeros((size.height, size.width, 6), np.float32)
        self.gradient = np.zeros((size.height, size.width, 3), np.float32)

    def look(self, canvas: Floats, seen: Floats, controls: Sequence[Floats]) -> float:
        """Write the gradient into ``gradient``. Returns its mean."""
        from vj.model.dreams.float_pictures import at_size

        self._pictures[..., :3] = at_size(canvas, self._size)
        self._pictures[..., 3:] = at_size(seen, self._size)
        return self._compiled.run(self._pictures, controls, self.gradient)

    def warm(self) -> float:
        """Returns the seconds that measuring a gradient takes."""
        started = time.perf_counter()
        self._compiled.run(self._pictures, self._samples, self.gradient)
        return time.perf_counter() - started


def _name(values: Mapping[str, Value]) -> str:
    """Returns the name of the painting to paint by."""
    return str(values["style_image"]) or PAINTINGS[0]


def _shared(steps: int, parts: Sequence[int]) -> list[int]:
    """Returns ``steps``, shared out in proportion to ``parts``."""
    ends = [round(steps * sum(parts[:place]) / sum(parts)) for place in range(len(parts) + 1)]
    return [end - begin for begin, end in pairwise(ends)]


def _falling(part: float) -> float:
    """Returns the factor on ``step`` after the ``part`` (0..1) of a size's steps: from ``_STEEP`` to ``_SHALLOW`` along
    half a cosine (SGDR, Loshchilov & Hutter 2017)."""
    return _SHALLOW + (_STEEP - _SHALLOW) * 0.5 * (1.0 + math.cos(math.pi * part))
