"""The clips and the looks of ``vj bench stage``: frames that were painted by a program, so that the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import av
import cv2
import numpy as np
import numpy.typing as npt
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
_PAINTS: Final = np.array(
    ((32, 28, 48), (38, 70, 83), (42, 130, 120), (214, 90, 60), (238, 170, 96), (246, 226, 188)),
    np.float32,
)
_WOBBLE: Final = 2.5
"""Pixels by which a hand paints beside an edge, as a standard deviation."""
_STROKE: Final = 21
"""Pixels that a stroke is long."""


class StageLook(NamedTuple):
    """A look: ``truth`` is what a frame becomes, RGB of the same size, and ``paint`` makes a keyframe of a frame."""

    truth: Callable[[Pixels], Pixels]
    paint: Callable[[Pixels], Keyframe]


class StageFrames(NamedTuple):
    """Frames of a shot: the keyframe and three more that may be painted too, and those that are never trained on."""

    keys: list[Pixels]
    tested: list[Pixels]


class StageShot(NamedTuple):
    """A clip, the number of its frame that is painted, and its frames a second."""

    name: str
    clip: Path | Asset
    key: int
    rate: float

    def frames(self) -> StageFrames:
        """Returns the frames that are needed, at `SIZE`, cropped to its shape. A clip that is missing is fetched;
        raises Unavailable where it can't be."""
        path = fetch_asset(self.clip, lambda doing, part: None) if isinstance(self.clip, Asset) else self.clip
        with av.open(str(path)) as film:
            shown = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in film.decode(video=0)]

        def after(seconds: float) -> Pixels:
            return _cropped(shown[min(len(shown) - 1, self.key + int(seconds * self.rate))])

        return StageFrames([after(0.0), *map(after, _BESIDE)], [after(seconds) for seconds in _AWAY])


SHOTS: Final = (
    StageShot("bikes", BIKES, 138, 25.0),
    StageShot("bunny", CLIP, 20, 25.0),
    StageShot("carphone", CARPHONE, 0, 29.97),
)


def ink(frame: Pixels) -> Pixels:
    """Returns ``frame`` in five flat colours by its brightness, its edges darkened by soft lines."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    levels = np.digitize(cv2.cvtColor(cv2.bilateralFilter(frame, 9, 50, 5), cv2.COLOR_RGB2GRAY), _LEVELS)
    flat = cv2.GaussianBlur(_PALETTE[levels], (0, 0), 0.6)
    lines = np.clip(1.5 + 0.25 * (cv2.GaussianBlur(grey, (0, 0), 1.0) - cv2.GaussianBlur(grey, (0, 0), 1.6)), 0, 1)
    return np.asarray(np.rint(flat * lines[..., None]), np.uint8)


class HeldOutStyle:
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


class Hand:
    """Paints as a hand does, in six paints: each thing is one flat colour, beside its edges by some pixels, in strokes
    that show, and a part of the frame is left out. What is meant, without any of that, is the truth."""

    def __init__(self, frame: Pixels) -> None:
        """The things are the colours of ``frame``, in six groups."""
        colours = _lab(frame).reshape(-1, 3)[::7]
        stop = (cv2.TERM_CRITERIA_MAX_ITER, 20, 0.0)
        cv2.setRNGSeed(1)
        _, _, centres = cv2.kmeans(colours, len(_PAINTS), np.empty(0, np.int32), stop, 2, cv2.KMEANS_PP_CENTERS)
        self._centres = centres[np.argsort(centres[:, 0])]

    def truth(self, frame: Pixels) -> Pixels:
        """Returns ``frame`` in flat paints."""
        return np.asarray(np.rint(cv2.GaussianBlur(_PAINTS[self._things(frame)], (0, 0), 0.7)), np.uint8)

    def paint(self, frame: Pixels) -> Keyframe:
        """Returns ``frame`` painted by hand; the left tenth of it isn't painted."""
        random = np.random.default_rng(7)
        height, width = frame.shape[:2]
        beside = [_smooth(random, (height, width), 14.0) * _WOBBLE for _ in range(2)]
        rows, columns = np.mgrid[:height, :width].astype(np.float32)
        places = (columns + beside[0], rows + beside[1])
        things = cv2.remap(self._things(frame), *places, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        bristles = random.normal(0.0, 1.0, (height, width)).astype(np.float32)
        ways = [cv2.filter2D(bristles, -1, _bristle(angle)) for angle in np.linspace(0.0, 150.0, len(_PAINTS))]
        grain = np.choose(things, ways) * 40.0
        painted = np.clip(cv2.GaussianBlur(_PAINTS[things], (0, 0), 0.7) + grain[..., None], 0, 255)
        mask = np.ones((height, width), bool)
        mask[:, : width // 10] = False
        return Keyframe(frame, np.rint(painted).astype(np.uint8), mask)

    def _things(self, frame: Pixels) -> npt.NDArray[np.uint8]:
        """Returns for each pixel the number of the nearest group."""
        colours = _lab(cv2.bilateralFilter(frame, 9, 40, 6).astype(np.uint8))
        far = ((colours[:, :, None] - self._centres) ** 2).sum(-1)
        return np.asarray(far.argmin(-1), np.uint8)


def looks(key: Pixels) -> dict[str, StageLook]:
    """Returns the looks by name, for a shot whose keyframe is ``key``. Networks that are missing are fetched."""
    style, hand = HeldOutStyle(), Hand(key)
    return {
        "ink": StageLook(ink, lambda frame: Keyframe(frame, ink(frame))),
        "style4": StageLook(style, lambda frame: Keyframe(frame, style(frame))),
        "hand": StageLook(hand.truth, hand.paint),
    }


def _lab(frame: Pixels) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2LAB), np.float32)


def _smooth(random: np.random.Generator, shape: tuple[int, int], reach: float) -> npt.NDArray[np.float32]:
    """Returns smooth noise of standard deviation 1."""
    noise = cv2.GaussianBlur(random.normal(0.0, 1.0, shape).astype(np.float32), (0, 0), reach)
    return np.asarray(noise / noise.std(), np.float32)


def _bristle(angle: float) -> npt.NDArray[np.float32]:
    """Returns the kernel of a stroke at that angle (degrees)."""
    kernel = np.zeros((_STROKE, _STROKE), np.float32)
    middle, reach = (_STROKE - 1) / 2, np.array((np.cos(np.radians(angle)), np.sin(np.radians(angle)))) * _STROKE / 2
    ends = [tuple(np.rint(middle + sign * reach).astype(int).tolist()) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    kernel /= kernel.sum()
    return kernel


def _cropped(frame: Pixels) -> Pixels:
    """Returns the middle of ``frame``, as large as the shape of `SIZE` allows, at that size."""
    height, width = frame.shape[:2]
    scale = max(SIZE.width / width, SIZE.height / height)
    wide, high = round(SIZE.width / scale), round(SIZE.height / scale)
    left, top = (width - wide) // 2, (height - high) // 2
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(frame[top : top + high, left : left + wide], SIZE, interpolation=how), np.uint8)
