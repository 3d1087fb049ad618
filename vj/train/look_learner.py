"""Learns a look from painted frames, one step after another: no process, no file and no clock of its own.

Each step takes random patches of the painted frames, as Texler et al. 2020 do; kernels learn by `vj.train.muon`, the
few other weights by Adam. What is played is not the network that learns but the moving average of its weights, which is
calmer and nearer to the painting. Learning starts at a network that was trained beforehand to learn looks quickly
(`vj.train.warm_start`).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.base import clock
from vj.base.errors import VjError
from vj.model.nets.look import LookNet
from vj.train.keyframe import Keyframe
from vj.train.muon import Muon

PATCH: Final = 32
"""The side of a patch (pixels)."""
BATCH: Final = 24
"""How many patches a step usually takes."""
RATE: Final = 0.04
"""Muon's rate, once it is warm."""
_ADAM: Final = 1 / 15
"""Adam's rate as a multiple of Muon's."""
_WARM: Final = 0.05
"""Seconds in which the rate rises from a twentieth to all of it."""
_FADE: Final = 7.0
"""Seconds after which the rate is half of it, a third after twice as long, and so on."""
_BETAS: Final = (0.9, 0.99)
_AVERAGE: Final = 0.95
"""How much of the average stays at each step, at first."""
_WINDOW: Final = 0.2
"""Later the average is over this part of all steps."""
_RECENT: Final = 0.95
"""How much of the error that is shown stays at each step."""
_GRADIENT: Final = 1.0
"""Longer gradients, over all weights, are shortened to this."""
_HURRY: Final = 2.0
"""When a keyframe is new, the rate is again at least what it was after so many seconds."""
_RIDGE: Final = 3e-3
_FEW, _PLACES = 4, 6000
"""From so many keyframes at most, and places in them, the first picture's last convolution is solved."""
_LAST: Final = torch.channels_last

_Patch = tuple[Tensor, Tensor, Tensor]


class Diverged(VjError):
    """Learning came to numbers that are none. The learner has gone back to its last good weights, at half the rate, and
    may go on."""


class LookLearner:
    """Learns from ``keyframes`` (one or more), each of at least one painted pixel.

    ``start`` is the network from which it starts, which stays as it is; None: random weights, drawn from ``seed``.
    ``learned`` are seconds for which ``start`` has learned these keyframes already; above 0 it goes on from there,
    else its map of colours is replaced by the best for these keyframes at once. ``now`` tells seconds, by which the
    rate falls; ``batch`` is how many patches a step takes, and ``rate`` gives Muon's rate by seconds, if not as
    `rate_after` does. With the same arguments, times of ``now`` and machine, the same is learned.
    """

    def __init__(
        self,
        keyframes: Sequence[Keyframe],
        start: LookNet | None = None,
        seed: int = 0,
        now: Callable[[], float] = clock.now,
        learned: float = 0.0,
        batch: int = BATCH,
        rate: Callable[[float], float] | None = None,
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._begun, self._now, self._size = now() - learned, now, batch
        self.net: LookNet = copy.deepcopy(start) if start else _random_net(seed)
        """The network that learns."""
        self.net.to(memory_format=_LAST)  # type: ignore[call-overload]
        self.net.train().requires_grad_()
        self._pictures = [_Painted(keyframe) for keyframe in keyframes]
        if not learned:
            _solve_colours(self.net, self._pictures)
        self.average: LookNet = copy.deepcopy(self.net).eval().requires_grad_(False)
        """What is played."""
        self.steps = 0
        self.error = math.nan
        self._rate, self._part = rate or rate_after, 1.0
        self._waiting: list[_Patch] = []
        self._start_optimisers()

    @property
    def seconds(self) -> float:
        """Returns for how long it has learned, by its clock, with what ``start`` had learned."""
        return self._now() - self._begun

    def add(self, keyframe: Keyframe) -> int:
        """Learn from ``keyframe`` too, from the next step on. Returns its number, counted from 0."""
        self._pictures.append(_Painted(keyframe))
        self._hurry()
        return len(self._pictures) - 1

    def replace(self, number: int, keyframe: Keyframe) -> None:
        """Learn from ``keyframe`` instead of the one of that ``number``, from the next step on."""
        self._pictures[number] = _Painted(keyframe)
        self._hurry()

    def first(self) -> LookNet:
        """Returns a network for the first picture: the average with its last convolution solved in closed form for the
        keyframes, which takes 0.1 s of a core. Learning doesn't go on from it."""
        net: LookNet = copy.deepcopy(self.average)
        _solve_last(net, self._pictures)
        return net

    def step(self) -> None:
        """Learn from one batch of patches. Then ``steps`` is one more, ``error`` is the mean absolute error of 255 over
        the last few steps, on what is painted, and ``average`` is changed in place. Raises Diverged."""
        source, painted, weight = self._batch()
        loss = ((self.net(source) - painted).abs() * weight).sum() / (3.0 * weight.sum())
        self.net.zero_grad()
        loss.backward()
        length = nn.utils.clip_grad_norm_(self.net.parameters(), _GRADIENT)
        if not math.isfinite(length.item() + loss.item()):
            self._go_back()
            raise Diverged(f"learning came to numbers that are none at step {self.steps}: it went back")
        self._change(self._part * self._rate(self.seconds))
        self.steps += 1
        self._average()
        now = loss.item() * 255.0
        self.error = now if self.steps == 1 else self.error + (now - self.error) * max(1 - _RECENT, 1 / self.steps)

    def _batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Returns patches: source and painted [n, 3, p, p] in 0..1, and 1 or 0 [n, 1, p, p]: painted or not. Every
        place of every keyframe comes once before any comes again, in random order."""
        patches: list[_Patch] = []
        while len(patches) < self._size:
            if not self._waiting:
                self._waiting = [patch for picture in self._pictures for patch in picture.patches(self._random)]
                self._random.shuffle(self._waiting)
            patches.append(self._waiting.pop())
        together = (torch.stack(parts).contiguous(memory_format=_LAST) for parts in zip(*patches, strict=True))
        source, painted, weight = together
        return source, painted, weight

    def _change(self, rate: float) -> None:
        """Change the weights by their gradients."""
        for group in self._adam.param_groups:
            group["lr"] = rate * _ADAM
        self._adam.step()
        self._muon.step(rate)

    @torch.no_grad()
    def _average(self) -> None:
        stays = max(_AVERAGE, 1 - 1 / (_WINDOW * self.steps + 1))
        stays = min(stays, 1 - 1 / (self.steps + 1))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - stays)

    @torch.no_grad()
    def _go_back(self) -> None:
        for weight, good in zip(self.net.parameters(), self.average.parameters(), strict=True):
            weight.copy_(good)
        self._part /= 2
        self._start_optimisers()

    def _start_optimisers(self) -> None:
        self._muon = Muon([weight for weight in self.net.parameters() if weight.shape[2:] == (3, 3)])
        others = [weight for weight in self.net.parameters() if weight.shape[2:] != (3, 3)]
        self._adam = torch.optim.Adam(others, RATE * _ADAM, betas=_BETAS, fused=True)

    def _hurry(self) -> None:
        """Let the rate be high again, as there is something new to learn."""
        self._begun = max(self._begun, self._now() - _HURRY)
        self._waiting.clear()


class _Painted:
    """A keyframe as tensors [3, h, w] in 0..1, at least `PATCH` high and wide, with even sides."""

    def __init__(self, keyframe: Keyframe) -> None:
        mask = keyframe.mask
        if mask is None:
            mask = np.ones(keyframe.source.shape[:2], bool)
        self.source = _padded(torch.from_numpy(keyframe.source.copy()).permute(2, 0, 1).float().div(255))
        self.painted = _padded(torch.from_numpy(keyframe.painted.copy()).permute(2, 0, 1).float().div(255))
        self.weight = _padded(torch.from_numpy(mask.copy())[None].float())
        self._whole = bool(mask.all())

    def patches(self, random: np.random.Generator) -> list[_Patch]:
        """Returns patches that cover the picture, once at most everywhere but at its borders, from a random place on:
        source, painted and weight, views. Those without a painted pixel are left out; sides are at even numbers."""
        height, width = self.weight.shape[1:]
        down, right = random.integers(PATCH, size=2)
        found = []
        for top in range(-int(down), height, PATCH):
            for left in range(-int(right), width, PATCH):
                y, x = (min(max(at, 0), side - PATCH) // 2 * 2 for at, side in ((top, height), (left, width)))
                place = (slice(None), slice(y, y + PATCH), slice(x, x + PATCH))
                if self._whole or self.weight[place].any():
                    found.append((self.source[place], self.painted[place], self.weight[place]))
        return found


def _padded(picture: Tensor) -> Tensor:
    """Returns ``picture`` [c, h, w], its borders repeated until no side is smaller than a patch, or odd."""
    more = [max(PATCH - side, side % 2) for side in (picture.shape[2], picture.shape[1])]
    if not any(more):
        return picture.contiguous()
    return F.pad(picture[None], (0, max(0, more[0]), 0, max(0, more[1])), mode="replicate")[0]


def rate_after(seconds: float, full: float = RATE, warm: float = _WARM, fade: float = _FADE) -> float:
    """Returns Muon's rate after so many seconds of learning: it rises to ``full`` within ``warm`` seconds, and has
    fallen to a half after ``fade``."""
    return full * min(1.0, 0.05 + seconds / warm) / (1.0 + seconds / fade)


def _random_net(seed: int) -> LookNet:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LookNet()


@torch.no_grad()
def _solve_colours(net: LookNet, pictures: Sequence[_Painted]) -> None:
    """Give ``net`` the map of colours that is the nearest, by least squares, to what was painted."""
    gram, cross = torch.zeros(4, 4, dtype=torch.float64), torch.zeros(4, 3, dtype=torch.float64)
    for picture in pictures:
        chosen = picture.weight[0] > 0
        source = F.pad(picture.source[:, chosen].double().T, (0, 1), value=1.0)
        gram += source.T @ source
        cross += source.T @ picture.painted[:, chosen].double().T
    solved = torch.linalg.solve(gram + 1e-3 * torch.eye(4, dtype=torch.float64), cross).float()
    net.base.weight.copy_(solved[:3].T[:, :, None, None])
    assert net.base.bias is not None
    net.base.bias.copy_(solved[3])


@torch.no_grad()
def _solve_last(net: LookNet, pictures: Sequence[_Painted]) -> None:
    """Give the last convolution of ``net`` the weights that are the nearest, by ridge regression, to what the map of
    colours leaves, at some places of the first few pictures."""
    channels, random = net.out.in_channels, np.random.default_rng(0)
    gram = torch.zeros(9 * channels + 1, 9 * channels + 1)
    cross = torch.zeros(9 * channels + 1, net.out.out_channels)
    few = pictures[:_FEW]
    for picture in few:
        columns, left = _to_solve(net, picture, random, _PLACES // len(few))
        gram += columns @ columns.T
        cross += columns @ left.T
    gram += _RIDGE * gram.diagonal().mean() * torch.eye(len(gram))
    solved = torch.linalg.solve(gram.double(), cross.double()).float()
    net.out.weight.copy_(solved[:-1].T.reshape(net.out.weight.shape))
    assert net.out.bias is not None
    net.out.bias.copy_(solved[-1])


def _to_solve(net: LookNet, picture: _Painted, random: np.random.Generator, most: int) -> tuple[Tensor, Tensor]:
    """Returns for at most so many painted places what the last convolution takes there, with a one [9 c + 1, n], and
    what it should give [3 f f, n]."""
    height, width = (side // 8 * 8 for side in picture.source.shape[1:])
    image = picture.source[None, :, :height, :width].contiguous(memory_format=_LAST)
    counts = F.max_pool2d(picture.weight[:, :height, :width], net.fold)[0] > 0
    places = counts.nonzero()
    if len(places) > most:
        places = places[torch.from_numpy(random.choice(len(places), most, replace=False))]
    rows, columns = places.unbind(1)
    found = F.pad(net.features(image)[0], (1, 1, 1, 1))
    taken = torch.stack([found[:, rows + y, columns + x] for y in range(3) for x in range(3)], 1).flatten(0, 1)
    left = F.pixel_unshuffle(picture.painted[None, :, :height, :width] - net.base(image), net.fold)[0]
    return F.pad(taken, (0, 0, 0, 1), value=1.0), left[:, rows, columns]
