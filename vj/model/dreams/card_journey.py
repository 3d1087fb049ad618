"""A canvas that travels on a card, beside `vj.model.dreams.journey` for the processor."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from vj.base.frame import Pixels, Size
from vj.model.dreams.card_buffers import CardNumbers
from vj.model.dreams.card_canvas import CardCanvas, at_card_size
from vj.model.dreams.journey import Arrival, Seeds, way_back
from vj.model.dreams.recordings import Recordings
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats


class CardJourney:
    """Moves a canvas on with time; see `on`. ``still`` is as for `Journey`, and all looks as it does there."""

    def __init__(self, still: Callable[[str], Pixels | None]) -> None:
        self._seeds = Seeds(still)
        self._travel: _Travel | None = None
        self._arrival = Arrival()
        self._lost = self._again = self._fades = False

    def reseed(self) -> None:
        """Have the next call of `on` begin a fade to the seed, which takes the value ``fade`` (s)."""
        self._again = True

    def forget(self) -> None:
        """Discard the canvas; the next call of `on` begins with the seed at once, without a fade. A fade that had begun
        goes on from there."""
        self._lost = True

    @torch.inference_mode()
    def on(self, canvas: CardCanvas, seen: Pixels, values: Mapping[str, Value], seconds: float) -> None:
        """Move ``canvas`` on by ``seconds``; it begins with the seed, or with the canvas of the last call if that was
        another. ``seen`` and ``values`` are those of `Journey.on`. It returns before the card is done."""
        if self._travel is None or self._lost:
            self._begin(canvas, self._seeds.at(canvas.size, seen, values))
        travel = self._travel_on(canvas)
        if self._again:
            self._again, self._fades = False, True
            self._arrival.begin(float(values["fade"]))
            travel.coming.copy_(_on_card(self._seeds.at(canvas.size, seen, values), canvas.device))
        part = self._arrival.part(seconds) if self._fades else 0.0
        if (feed := float(values["feed"])) > 0.0:
            canvas.send(seen)
        travel.go(way_back(canvas.size, values, seconds), part, 1.0 - math.exp(-feed * seconds))
        self._fades = self._fades and part < 1.0

    def _begin(self, canvas: CardCanvas, seed: Floats) -> None:
        """Begin with ``seed`` [h, w, 3]."""
        self._travel_on(canvas)
        canvas.floats.copy_(_on_card(seed, canvas.device))
        self._lost = False

    def _travel_on(self, canvas: CardCanvas) -> _Travel:
        """Returns what moves ``canvas``. If that isn't the last one, what the last one showed is resized into it."""
        before = self._travel
        if before is None or before.canvas is not canvas:
            self._travel = _Travel(canvas)
            if before is not None:
                self._travel.go_on(before)
        assert self._travel is not None
        return self._travel


class _Travel:
    """Moves one canvas. ``coming``, [1, 3, h, w], is the picture that it may be faded to."""

    def __init__(self, canvas: CardCanvas) -> None:
        self.canvas = canvas
        self.coming = torch.zeros_like(canvas.floats)
        size, device = canvas.size, canvas.device
        self._across = torch.linspace(-1.0, 1.0, size.width, device=device)[None]
        self._down = torch.linspace(-1.0, 1.0, size.height, device=device)[:, None]
        self._from = torch.zeros((1, size.height, size.width, 2), device=device)
        self._numbers = CardNumbers({"back": (2, 3), "part": (), "feed": ()}, device)
        self._recordings = Recordings(device, canvas.pool, (canvas.floats,))

    def go_on(self, before: _Travel) -> None:
        """Take over what another one showed."""
        self.canvas.floats.copy_(at_card_size(before.canvas.floats, self.canvas.size))
        self.coming.copy_(at_card_size(before.coming, self.canvas.size))

    def go(self, back: npt.NDArray[np.float64], part: float, feed: float) -> None:
        """Move the canvas by ``back`` (see `way_back`), bring it nearer to ``coming`` by ``part``, and then nearer to
        the source's picture by ``feed``; both are 0..1, and at 0 nothing is read."""
        self._numbers.send(back=_of_half_sides(back, self.canvas.size), part=part, feed=feed)
        form = (part > 0.0, feed > 0.0)
        self._recordings.run(form, partial(self._go, *form))

    def _go(self, fades: bool, feeds: bool) -> None:
        numbers, back = self._numbers, self._numbers["back"]
        for axis in range(2):
            self._from[0, :, :, axis].copy_(self._across * back[axis, 0] + (self._down * back[axis, 1] + back[axis, 2]))
        moved = F.grid_sample(self.canvas.floats, self._from, "bilinear", "reflection", align_corners=True)
        if fades:
            moved = torch.lerp(moved, self.coming, numbers["part"])
        if feeds:
            moved = torch.lerp(moved, self.canvas.seen(), numbers["feed"])
        self.canvas.floats.copy_(moved)


def _of_half_sides(back: npt.NDArray[np.float64], size: Size) -> npt.NDArray[np.float64]:
    """Returns the matrix ``back``, in pixels, as one between places in -1..1, from the first pixel to the last."""
    to = np.array(((2.0 / (size.width - 1), 0.0, -1.0), (0.0, 2.0 / (size.height - 1), -1.0), (0.0, 0.0, 1.0)))
    found: npt.NDArray[np.float64] = to @ np.vstack((back, (0.0, 0.0, 1.0))) @ np.linalg.inv(to)
    return found[:2]


def _on_card(picture: Floats, device: torch.device) -> Tensor:
    """Returns ``picture``, float32 [h, w, 3], on ``device``: [1, 3, h, w]."""
    return torch.from_numpy(picture).to(device).permute(2, 0, 1)[None]
