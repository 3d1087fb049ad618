"""The motion of what a camera sees, as a card uses it, beside `vj.model.dreams.motion` for the processor."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vj.base.frame import Pixels, Size
from vj.model.dreams.card_buffers import PinnedBuffer
from vj.model.dreams.card_canvas import at_card_size
from vj.model.dreams.motion import BEYOND, LEAST, NOISE, OTHER, PART

_WIDEST: Final = 640
"""The widest picture whose motion is measured, in pixels: wider ones would take longer than the card's part."""


class CardMotion:
    """Dense optical flow between successive pictures of one size: the processor measures it on small ones, as `Motion`
    does, and the card does everything else."""

    def __init__(self, size: Size, device: torch.device) -> None:
        part = max(PART, -(-size.width // _WIDEST))
        self._small = Size(*(max(LEAST, side // part) for side in size))
        self._method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._before: Pixels | None = None
        small = (self._small.height, self._small.width)
        self._greys = PinnedBuffer((2, *small), torch.uint8, device)
        self._flow = PinnedBuffer((*small, 2), torch.float32, device)
        self._size = size
        self._small_grid, self._grid = _grid(self._small, device), _grid(size, device)
        self._times = torch.tensor([side / less for side, less in zip(size, self._small, strict=True)], device=device)

    def go_on(self, before: CardMotion) -> None:
        """Take over the previous picture from another one."""
        grey = before._before
        self._before = None if grey is None else cv2.resize(grey, self._small, interpolation=cv2.INTER_AREA)

    def follow(self, seen: Pixels) -> None:
        """Measure the motion from the previous picture, if there was one, to ``seen``, uint8 RGB [h, w, 3] of this
        size, and begin to bring it to the card."""
        grey = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)
        now = cv2.resize(grey, tuple(self._small), interpolation=cv2.INTER_AREA)
        before, self._before = self._before, now
        if before is None:
            return
        flow = np.zeros(self._flow.here.shape, np.float32)  # the last flow would mislead the method after a cut
        self._flow.send(self._method.calc(now, before, flow))
        self._greys.send((before, now))

    def measured(self) -> tuple[Tensor, Tensor, Tensor]:
        """Returns three new tensors on the card, for the motion that `follow` found: how well each place agrees with
        the previous picture, [1, 1, h, w] in 0..1, and how far it has moved, in pixels, [1, 1, h, w], as
        `Motion.agrees` and `Motion.speed` say it; and where it was, [1, h, w, 2], as `carried` takes it."""
        flow = self._flow.there.permute(2, 0, 1)[None]
        agrees = at_card_size(self._agreement(flow), self._size)
        moved = at_card_size(flow, self._size) * self._times[None, :, None, None]
        speed = torch.hypot(moved[:, :1], moved[:, 1:])
        return agrees, speed, self._grid + moved.permute(0, 2, 3, 1)

    def _agreement(self, flow: Tensor) -> Tensor:
        """Returns how well the small pictures agree, [1, 1, h, w]."""
        before, now = self._greys.there.float()[:, None, None]
        came = self._small_grid + flow.permute(0, 2, 3, 1)
        apart = (carried(before, came).round() - now).abs()  # OpenCV rounds to whole grey levels
        apart = F.avg_pool2d(F.pad(apart, (1,) * 4, "reflect"), 3, 1)
        most = self._small_grid[:, -1:, -1:] + BEYOND
        inside = ((came >= -BEYOND) & (came <= most)).all(-1)
        return ((OTHER - apart) / (OTHER - NOISE)).clamp_(0.0, 1.0) * inside[:, None]


def carried(picture: Tensor, came: Tensor) -> Tensor:
    """Returns ``picture``, float32 [1, c, h, w], moved along: each place shows what was at ``came`` [1, h, w, 2], in
    pixels, x and y; what comes in from beyond the border repeats the border."""
    height, width = picture.shape[2:]
    across, down = came[..., 0] * (2.0 / (width - 1)) - 1.0, came[..., 1] * (2.0 / (height - 1)) - 1.0
    return F.grid_sample(picture, torch.stack((across, down), -1), "bilinear", "border", align_corners=True)


def _grid(size: Size, device: torch.device) -> Tensor:
    """Returns each pixel's own place, x and y: [1, h, w, 2]."""
    across, down = (torch.arange(side, dtype=torch.float32, device=device) for side in size)
    return torch.stack(torch.meshgrid(across, down, indexing="xy"), -1)[None]
