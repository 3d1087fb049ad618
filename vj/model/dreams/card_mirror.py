"""The live dream on a card, beside `vj.model.dreams.dream_mirror` for the processor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch

from vj.base.frame import Pixels
from vj.model.dreams.card_buffers import CardNumbers
from vj.model.dreams.card_canvas import CardCanvas, at_card_size
from vj.model.dreams.card_motion import CardMotion, carried
from vj.model.dreams.dream_mirror import UNSURE
from vj.model.dreams.recordings import Recordings
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.dreams.card_ascent import CardAscent
    from vj.model.runtime.compiled_network import Floats


class CardMirror:
    """Keeps the dream's difference from the camera's picture, and the motion; it begins with the live picture."""

    def __init__(self) -> None:
        self._kept: _Difference | None = None

    @torch.inference_mode()
    def picture(
        self,
        ascent: CardAscent,
        controls: Sequence[Floats],
        seen: Pixels,
        out: Pixels,
        values: Mapping[str, Value],
        mask: Floats | None,
        passed: float,
    ) -> float:
        """Dream into ``seen`` by ``ascent`` from what is left of the last dream after ``passed`` seconds, and write it
        into ``out``; both are uint8 RGB [h, w, 3] of the canvas's size. ``controls``, ``values`` and ``mask`` are as
        for `Ascent.run`; the values also hold ``linger``, ``release``, ``fast`` and ``limit``.

        Returns the mean of the result, 0..1. If a gradient isn't finite, returns NaN, and ``out`` stays as it was; the
        caller then forgets this object.
        """
        canvas = ascent.canvas
        canvas.send(seen)
        canvas.send_mask(mask)
        kept = self._kept_on(canvas)
        kept.recall(seen, values, passed)
        ascent.run(controls, values)
        kept.keep()
        gradient, mean = canvas.fetch(out)
        return mean if math.isfinite(gradient) else gradient

    def _kept_on(self, canvas: CardCanvas) -> _Difference:
        """Returns what is kept, at the size of ``canvas``."""
        before = self._kept
        if before is None or before.canvas is not canvas:
            self._kept = _Difference(canvas)
            if before is not None:
                self._kept.go_on(before)
        assert self._kept is not None
        return self._kept


class _Difference:
    """What the last dream added to the camera's picture on one canvas, and how well each place holds it."""

    def __init__(self, canvas: CardCanvas) -> None:
        self.canvas = canvas
        device, size = canvas.device, canvas.size
        self._motion = CardMotion(size, device)
        self._camera = torch.zeros_like(canvas.floats)
        self._kept = torch.zeros((1, 4, size.height, size.width), device=device)
        """The difference [1, 3, h, w] and, behind, how well each place held it, 0..1."""
        self._begun = False
        names = ("haste", "surer", "lost", "longer", "limit")
        self._numbers = CardNumbers(dict.fromkeys(names, ()), device)
        changed = (canvas.floats, canvas.means, self._kept)
        self._recordings = Recordings(device, canvas.pool, changed)

    def go_on(self, before: _Difference) -> None:
        """Take over what another one keeps."""
        size = self.canvas.size
        self._motion.go_on(before._motion)
        self._kept.copy_(at_card_size(before._kept, size))
        self._begun = before._begun

    def recall(self, seen: Pixels, values: Mapping[str, Value], passed: float) -> None:
        """Make the canvas the camera's picture, which is there already and here as ``seen``, plus what is left of the
        last dream after ``passed`` seconds."""
        self._motion.follow(seen)
        lost, release = passed / float(values["release"]), float(values["release"])
        self._numbers.send(
            haste=1.0 / (passed * float(values["fast"]) * self.canvas.size.width),
            surer=1.0 - math.exp(-passed / (UNSURE * release)),
            lost=lost,
            longer=lost - passed / float(values["linger"]),
            limit=1.0 / (3.0 * float(values["limit"]) ** 2),
        )
        self._recordings.run(("recall", self._begun), self._recall if self._begun else self._start)
        self._begun = True

    def keep(self) -> None:
        """Keep what the canvas shows beside the camera's picture, and write it into the bytes of `CardCanvas.fetch`.
        The second of the canvas's ``means`` becomes its mean."""
        self._recordings.run("keep", self._keep)

    def _start(self) -> None:
        self._camera.copy_(self.canvas.seen())
        self.canvas.floats.copy_(self._camera)
        self._kept[:, 3:].fill_(1.0)

    def _recall(self) -> None:
        numbers = self._numbers
        self._camera.copy_(self.canvas.seen())
        agrees, speed, came = self._motion.measured()
        moved = carried(self._kept, came)
        difference, held = moved[:, :3], moved[:, 3:]
        held = torch.lerp(held, torch.ones_like(held), numbers["surer"])
        held = torch.minimum(held, agrees / (1.0 + (speed * numbers["haste"]) ** 4))
        self._kept[:, 3:].copy_(held)
        left = torch.exp(held * self.canvas.mask * numbers["longer"] - numbers["lost"])
        left *= torch.rsqrt(1.0 + (difference * difference).sum(1, keepdim=True) * numbers["limit"])
        torch.addcmul(self._camera, difference, left, out=self.canvas.floats).clamp_(0.0, 1.0)

    def _keep(self) -> None:
        floats = self.canvas.floats
        torch.sub(floats, self._camera, out=self._kept[:, :3])
        self.canvas.means[1].copy_(floats.mean())
        self.canvas.show()
