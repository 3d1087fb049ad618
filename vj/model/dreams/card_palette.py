"""Keeps the colours of a canvas on a card, beside `vj.model.dreams.palette` for the processor."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from vj.model.dreams.card_buffers import CardNumbers
from vj.model.dreams.card_canvas import CardCanvas
from vj.model.dreams.palette import EVERY, MOST, OPPONENT, turn
from vj.model.dreams.recordings import Recordings
from vj.params.param import Value


class CardPalette:
    """Keeps what ``canvas`` shows at a brightness, a contrast and a saturation; see `keep`."""

    def __init__(self, canvas: CardCanvas) -> None:
        self.canvas = canvas
        shapes = {"wanted": (3,), "part": (), "brightness": (), "turned": (3, 3), "back": (3, 3)}
        self._numbers = CardNumbers(shapes, canvas.device)
        self._axes = torch.tensor(OPPONENT, dtype=torch.float32, device=canvas.device)
        together = ((1.0, 0.0, 0.0), (0.0, 1.0, 1.0), (0.0, 1.0, 1.0))
        self._together = torch.tensor(together, device=canvas.device)
        """Adds the variances of the two colour axes."""
        self._recordings = Recordings(canvas.device, canvas.pool, (canvas.floats,))

    @torch.inference_mode()
    def keep(self, values: Mapping[str, Value], seconds: float, hue: float) -> None:
        """Change the canvas as `Palette.keep` does, by statistics that stay on the card, and write it into the bytes of
        `CardCanvas.fetch`. The second of the canvas's ``means`` becomes that of the picture before. It returns before
        the card is done."""
        contrast, colours = float(values["contrast"]) * 3**0.5, float(values["saturation"]) * 2**0.5
        turned = turn(hue)
        self._numbers.send(
            wanted=(contrast, colours, colours),
            part=1.0 - math.exp(-float(values["keep"]) * seconds),
            brightness=float(values["brightness"]),
            turned=OPPONENT.T @ turned @ OPPONENT,
            back=OPPONENT.T @ turned,
        )
        self._recordings.run("keep", self._keep)

    def _keep(self) -> None:
        numbers, floats = self._numbers, self.canvas.floats
        seen = floats[0, :, ::EVERY, ::EVERY].reshape(3, -1)
        means = seen.mean(1, keepdim=True)
        spread = (self._together @ (self._axes @ (seen - means)).var(1, correction=0)).sqrt()
        gains = ((numbers["wanted"] + 1e-4) / (spread + 1e-4)).pow(numbers["part"]).clamp(1.0 / MOST, MOST)
        matrix = numbers["back"] @ (gains[:, None] * self._axes)
        wanted = numbers["turned"] @ means
        wanted = torch.lerp(wanted, numbers["brightness"].expand_as(wanted), numbers["part"])
        kept = torch.addmm(wanted - matrix @ means, matrix, floats.view(3, -1)).clamp_(0.0, 1.0)
        floats.copy_(kept.view_as(floats))
        self.canvas.means[1].copy_(means.mean())
        self.canvas.show()
