"""Measures the motion between a source's pictures, in a process of its own, for the display to move pictures along."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from vj.base.frame import Pixels, Size
from vj.layers.flow_maps import FlowHead, FlowMap, map_size

NOISE: Final = 5.0
"""Grey levels between two pictures of the same thing that are only the camera's noise."""
OTHER: Final = 30.0
"""Grey levels between two pictures that show different things."""
CUT: Final = 0.5
"""Two pictures that agree less than this in the mean show different scenes: there is no motion between them."""
_KEPT: Final = 64
"""Pictures that are kept besides those that results were made from, as any of them may be what a model works on."""


class FlowMeter:
    """Dense optical flow between any two of a source's last pictures, at low resolution.

    After T. Kroeger, R. Timofte, D. Dai, L. Van Gool, "Fast optical flow using dense inverse search", 2016.
    """

    def __init__(self) -> None:
        self._method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._pictures: dict[int, Pixels] = {}
        """Grey pictures [h, w] of the map's size, by their numbers."""
        self._size = Size(0, 0)
        self._steps: dict[tuple[int, int], FlowMap] = {}
        """Motion that was measured already, by the numbers of both pictures."""
        self._grid = np.zeros((0, 0, 2), np.float32)

    @property
    def size(self) -> Size:
        """The size of the maps; 0x0 before the first picture."""
        return self._size

    def add(self, number: int, pixels: Pixels) -> None:
        """Take the source's picture of that ``number``, uint8 RGB [h, w, 3], which isn't kept itself. Pictures of
        another shape than before make all earlier ones unknown."""
        size = map_size(pixels.shape[1], pixels.shape[0])
        if size != self._size:
            self.forget()
            self._size = size
            self._grid = np.stack(np.meshgrid(*(np.arange(side, dtype=np.float32) for side in size)), -1)
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        self._pictures[number] = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)

    def forget(self) -> None:
        """Forget all pictures, as those of another source are to come."""
        self._pictures.clear()
        self._steps.clear()

    def measure(self, head: FlowHead) -> tuple[FlowHead, list[FlowMap | None]]:
        """Returns ``head`` with what is known of it, and its maps. Forgets pictures that are long past."""
        pairs = ((head.newest, head.shown), (head.newest, head.coming), (head.coming, head.shown))
        maps = [self._flow(*pair) for pair in pairs]
        self._forget(head)
        return head._replace(known=sum(1 << place for place, flow in enumerate(maps) if flow)), maps

    def _flow(self, of: int, to: int) -> FlowMap | None:
        """Returns where each place of the picture ``of`` was in the picture ``to``; None if one isn't known any
        more."""
        if (of, to) not in self._steps:
            now, before = self._pictures.get(of), self._pictures.get(to)
            if now is None or before is None:
                return None
            self._steps[of, to] = self._measured(now, before)
        return self._steps[of, to]

    def _measured(self, now: Pixels, before: Pixels) -> FlowMap:
        if np.array_equal(now, before):
            return FlowMap(np.zeros_like(self._grid), np.ones(now.shape, np.float32))
        motion: Any = self._method.calc(now, before, None)
        came = cv2.remap(before, self._grid + motion, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        apart = cv2.blur(cv2.absdiff(came, now).astype(np.float32), (3, 3))
        agrees = np.clip((OTHER - apart) / (OTHER - NOISE), 0.0, 1.0)
        if agrees.mean() < CUT:
            motion[:], agrees[:] = 0.0, 0.0
        return FlowMap(motion, agrees)

    def _forget(self, head: FlowHead) -> None:
        wanted = {head.newest, head.shown, head.coming}
        for number in [known for known in self._pictures if known not in wanted and known <= head.newest - _KEPT]:
            del self._pictures[number]
        for pair in [pair for pair in self._steps if not wanted.issuperset(pair)]:
            del self._steps[pair]
