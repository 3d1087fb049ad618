"""The motion of what a camera sees, from one picture to the next, and canvases moved along with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from vj.base.frame import Pixels, Size
from vj.model.dreams.float_pictures import at_size

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats

PART: Final = 2
"""The factor by which pictures are shrunk before their motion is measured."""
LEAST: Final = 32
"""The smallest side, in pixels, of these shrunk pictures: the method needs so many."""
NOISE: Final = 5.0
"""Grey levels between two pictures of the same thing that are only the camera's noise."""
OTHER: Final = 30.0
"""Grey levels between two pictures that show different things."""
BEYOND: Final = 1.0
"""Pixels beyond the border from which on something counts as coming in from outside."""


class Motion:
    """Dense optical flow between successive pictures: `follow` measures it, `carried` moves a canvas along.

    After T. Kroeger, R. Timofte, D. Dai, L. Van Gool, "Fast optical flow using dense inverse search", 2016. Before the
    first picture, `agrees` and `speed` are empty ([0, 0]), and `carried` may not be called.
    """

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._before: Pixels | None = None
        self._fit = _Fit(Size(0, 0))

    @property
    def agrees(self) -> Floats:
        """Float32 [h, w] of the last picture, how well it agrees with the previous one after the motion: 1 up to 5 grey
        levels of difference, falling to 0 at 30, as where something came into view; 0 also for what came in from beyond
        the border. All 0 after the first picture. Valid until the next `follow`, which may overwrite it; not to be
        written to."""
        return self._fit.agrees

    @property
    def speed(self) -> Floats:
        """Float32 [h, w] of the last picture: how far each place moved since the previous one, in pixels of the last
        picture, 0 or more, whatever time has passed. All 0 after the first picture. Valid until the next `follow`,
        which may overwrite it; not to be written to."""
        return self._fit.speed

    def follow(self, seen: Pixels) -> None:
        """Measure the motion from the previous picture to ``seen``, uint8 RGB [h, w, 3], which isn't kept itself, and
        set `agrees`, `speed` and what `carried` does.

        After the first picture nothing moves and nothing agrees. A previous picture of another size is resized.
        """
        size = Size(seen.shape[1], seen.shape[0])
        if self._fit.size != size:
            self._fit = _Fit(size)
        now = cv2.resize(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY), self._fit.small, interpolation=cv2.INTER_AREA)
        if self._before is not None:
            before = self._before
            if before.shape != now.shape:
                before = cv2.resize(before, self._fit.small, interpolation=cv2.INTER_AREA)
            self._fit.moved(self._flow, before, now)
        self._before = now

    def carried(self, canvas: Floats) -> Floats:
        """Returns a new float32 array of the last picture's size: ``canvas``, float32 [h, w, c] or [h, w], which fits
        the previous picture, moved to fit the last one; what comes in from beyond the border repeats the border. A
        canvas of another size is resized first. ``canvas`` isn't changed. Call `follow` before."""
        return self._fit.carried(at_size(canvas, self._fit.size))


class _Fit:
    """The flow and the buffers for pictures of one size."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.small = Size(*(max(LEAST, side // PART) for side in size))
        self.agrees, self.speed = (np.zeros((size.height, size.width), np.float32) for _ in range(2))
        self._flow = np.zeros((self.small.height, self.small.width, 2), np.float32)
        self._grid = _grid(size)
        self._small_grid = _grid(self.small)
        self._from = self._grid.copy()
        """Where each pixel was in the previous picture, x and y: [h, w, 2]."""

    def moved(self, method: cv2.DISOpticalFlow, before: Pixels, now: Pixels) -> None:
        """Measure the motion between two grey pictures [h, w] of the small size."""
        self._flow[:] = 0.0  # the last flow would mislead the method after a cut
        method.calc(now, before, self._flow)
        cv2.resize(self._agreement(before, now), tuple(self.size), self.agrees, interpolation=cv2.INTER_LINEAR)
        cv2.resize(self._flow, tuple(self.size), self._from, interpolation=cv2.INTER_LINEAR)
        across, down = self.size.width / self.small.width, self.size.height / self.small.height
        self._from *= np.array((across, down), np.float32)
        cv2.magnitude(self._from[..., 0], self._from[..., 1], self.speed)
        self._from += self._grid

    def _agreement(self, before: Pixels, now: Pixels) -> Floats:
        """Returns `Motion.agrees` at the small size."""
        came = self._small_grid + self._flow
        apart = cv2.absdiff(cv2.remap(before, came, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), now)
        apart = cv2.blur(apart.astype(np.float32), (3, 3))
        agrees: Floats = np.clip((OTHER - apart) / (OTHER - NOISE), 0.0, 1.0)
        most = np.array((self.small.width, self.small.height), np.float32) - 1.0 + BEYOND
        agrees[((came < -BEYOND) | (came > most)).any(-1)] = 0.0
        return agrees

    def carried(self, canvas: Floats) -> Floats:
        """Returns ``canvas``, of the full size, moved along."""
        moved: Floats = cv2.remap(canvas, self._from, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return moved


def _grid(size: Size) -> Floats:
    """Returns each pixel's own place, x and y: [h, w, 2]."""
    return np.stack(np.meshgrid(*(np.arange(side, dtype=np.float32) for side in size)), -1)
