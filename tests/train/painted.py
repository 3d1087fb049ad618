"""Frames, painted files, and what learns from them as the test says."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from vj.base.frame import Pixels
from vj.model.nets.look import LookNet
from vj.train.keyframe import Keyframe

HEIGHT, WIDTH = 72, 128


def frame(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> Pixels:
    """A picture with shapes in it, the same for each seed: bright rectangles on a slope."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(20, 120, width, dtype=np.uint8)
    for _ in range(8):
        top, left = random.integers(height - height // 4), random.integers(width - width // 4)
        picture[top : top + height // 5, left : left + width // 6] = random.integers(60, 256, 3)
    return picture


def painted(picture: Pixels) -> Pixels:
    """How it is to look: its negative, the colours turned."""
    return np.ascontiguousarray(255 - picture[..., [1, 2, 0]])


def save(path: Path, picture: Pixels) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def cut_short(path: Path, picture: Pixels) -> Path:
    """A file that is half saved."""
    content = save(path, picture).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def net(value: float = 0.0) -> LookNet:
    """A small network, whose weights all have one value."""
    found = LookNet((4, 4), 2)
    with torch.no_grad():
        for weight in found.parameters():
            weight.fill_(value)
    return found


def value_of(found: LookNet) -> float:
    return float(next(found.parameters()).detach().flatten()[0])


class FakeLearner:
    """Adds one to every weight in each step; fails as the test says, by what it raises in the next steps."""

    def __init__(self, keyframes: Sequence[Keyframe], start: LookNet | None, learned: float) -> None:
        self.keyframes, self.start, self.learned = list(keyframes), start, learned
        self.average = net(value_of(start) if start else 0.0)
        self.error = 12.0
        self.steps = 0
        self.raises: list[Exception] = []

    def step(self) -> None:
        if self.raises:
            raise self.raises.pop(0)
        self.steps += 1
        with torch.no_grad():
            for weight in self.average.parameters():
                weight.add_(1.0)

    def add(self, keyframe: Keyframe) -> int:
        self.keyframes.append(keyframe)
        return len(self.keyframes) - 1

    def replace(self, number: int, keyframe: Keyframe) -> None:
        self.keyframes[number] = keyframe

    def first(self) -> LookNet:
        return net(-1.0)


class Learners:
    """Makes what learns, and keeps it for the test."""

    def __init__(self) -> None:
        self.made: list[FakeLearner] = []
        self.raises: list[Exception] = []

    def __call__(self, keyframes: Sequence[Keyframe], start: LookNet | None, learned: float) -> FakeLearner:
        if self.raises:
            raise self.raises.pop(0)
        self.made.append(FakeLearner(keyframes, start, learned))
        return self.made[-1]

    @property
    def last(self) -> FakeLearner:
        return self.made[-1]
