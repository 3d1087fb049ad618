"""The clips and the looks of ``vj bench stage``: frames that were painted by a program, so that the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import av
import cv2
import numpy as np
import torch

from vj.base.frame import Pixels, Size
from vj.base.paths import CLIP
from vj.model.files.test_clips import BIKES, CARPHONE
from vj.model.files.weights import Asset, fetch, fetch_asset
from vj.model.nets import multistyle
from vj.train.keyframe import Keyframe
from vj.train.warm_looks import HELD_OUT

SIZE: Final = Size(512, 288)
_AWAY: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds from the keyframe to the frames on which the error is measured; none of them is trained on."""
_BESIDE: Final = (0.75, 1.5, 3.0)
"""Seconds from the keyframe to the other three where four are painted."""
_PALETTE: Final = np.array(
    ((20, 14, 60), (114, 20, 86), (230, 66, 60), (252, 166, 52), (255, 232, 160)),
    np.float32,
)
_LEVELS: Final = (70, 122, 169, 205)

Paint = Callable[[Pixels], Pixels]
"""Paints a frame: RGB in, RGB of the same size out."""


class Shot(NamedTuple):
    """A clip, the number of its frame that is painted, and its frames a second."""

    name: str
    clip: Path | Asset
    key: int
    rate: float

    def frames(self) -> Frames:
        """Returns the frames that are needed, at `SIZE`, cropped to its shape. A clip that is missing is fetched;
        raises Unavailable where it can't be."""
        path = fetch_asset(self.clip, lambda doing, part: None) if isinstance(self.clip, Asset) else self.clip
        with av.open(str(path)) as film:
            shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]

        def after(seconds: float) -> Pixels:
            return _cropped(shown[min(len(shown) - 1, self.key + int(seconds * self.rate))])

        return Frames([after(0.0), *map(after, _BESIDE)], [after(seconds) for seconds in _AWAY])


class Frames(NamedTuple):
    """Frames of a shot: the keyframe and three more that may be painted too, and those that are never trained on."""

    keys: list[Pixels]
    tested: list[Pixels]


SHOTS: Final = (
    Shot("bikes", BIKES, 138, 25.0),
    Shot("bunny", CLIP, 20, 25.0),
    Shot("carphone", CARPHONE, 0, 29.97),
)


def ink(frame: Pixels) -> Pixels:
    """Returns ``frame`` in five flat colours by its brightness, its edges darkened by soft lines."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    levels = np.digitize(cv2.cvtColor(cv2.bilateralFilter(frame, 9, 50, 5), cv2.COLOR_RGB2GRAY), _LEVELS)
    flat = cv2.GaussianBlur(_PALETTE[levels], (0, 0), 0.6)
    lines = np.clip(1.5 + 0.25 * (cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 1.6)), 0, 1)
    return np.rint(flat * lines[..., None]).astype(np.uint8)


class Style:
    """Paints with the style of the 26-style network that the warm start has never seen."""

    def __init__(self) -> None:
        """Fetches the network if it is missing; raises Unavailable where it can't be."""
        self._net = multistyle.from_onnx(fetch("multistyle26.onnx", lambda doing, part: None))
        self._weights = torch.zeros(26)
        self._weights[HELD_OUT] = 1.0

    @torch.no_grad()
    def __call__(self, frame: Pixels) -> Pixels:
        image = torch.from_numpy(frame).permute(2, 0, 1)[None].float().div(255)
        painted = self._net(image, self._weights)[0].permute(1, 2, 0).mul(255).round().clamp(0, 255)
        found: Pixels = painted.byte().contiguous().numpy()
        return found


def looks() -> Mapping[str, Paint]:
    """Returns the looks by name. Networks that are missing are fetched."""
    return {"ink": ink, "style4": Style()}


def keyframes(frames: Frames, paint: Paint, count: int) -> list[Keyframe]:
    """Returns the first ``count`` (1..4) frames to be trained on, painted."""
    return [Keyframe(frame, paint(frame)) for frame in frames.keys[:count]]


def _cropped(frame: Pixels) -> Pixels:
    """Returns the middle of ``frame``, as large as the shape of `SIZE` allows, at that size."""
    height, width = frame.shape[:2]
    scale = max(SIZE.width / width, SIZE.height / height)
    wide, high = round(SIZE.width / scale), round(SIZE.height / scale)
    left, top = (width - wide) // 2, (height - high) // 2
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(frame[top : top + high, left : left + wide], SIZE, interpolation=how).astype(np.uint8)
