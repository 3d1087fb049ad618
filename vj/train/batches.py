"""The order in which a training sees its pictures, and a thread that has the next ones ready."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from vj.base.errors import BadInput
from vj.base.frame import Pixels

_AHEAD: Final = 3
"""How many batches are ready before they are needed."""
_TRIES: Final = 20
"""How many pictures in a row may be broken."""

Batch = tuple[Tensor, Tensor]
"""Pictures of both sides, float32 [n, 3, side, side] in -1..1. A set with one side only has it twice."""


class Pictures(Protocol):
    """What a data set gives to a training; `vj.data.reader.DataSet` does."""

    def __len__(self) -> int:
        """Returns the number of pairs or, without pairs, of pictures in ``a``."""

    def pair(self, index: int, rng: np.random.Generator | None = None) -> tuple[Pixels, Pixels]:
        """Returns a picture of each side, uint8 RGB [side, side, 3]; ``rng`` draws what changes from one time to the
        next. Raises BadInput for a file that can't be read."""

    def picture(self, index: int, rng: np.random.Generator | None = None) -> Pixels:
        """Returns picture number ``index`` of ``a`` alone, as `pair` does."""


class Batches:
    """Batches by the number of their step: which pictures a step sees depends on the seed and on that number alone.

    Each time round, the pictures are in another order. All processes of a group together see what one process with a
    batch as large as theirs together would see, in the same order. ``notice`` names the newest picture that couldn't be
    read; another one takes its place.
    """

    def __init__(
        self, pictures: Pictures, batch: int, seed: int, rank: int = 0, size: int = 1, *, pairs: bool = True
    ) -> None:
        """``batch`` is the number of pictures in one process; ``rank`` is this process's number among ``size``.
        ``pairs`` is False for a set with one side only. Raises BadInput for an empty set."""
        if not len(pictures):
            raise BadInput("this data set holds no pictures to train with")
        self._pictures, self._batch, self._seed, self._pairs = pictures, batch, seed, pairs
        self._rank, self._size = rank, size
        self._orders: dict[tuple[int, int], np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
        self._pool = ThreadPoolExecutor(1, "batches")
        self._coming: dict[tuple[int, int], Future[Batch]] = {}
        self.notice = ""

    def at(self, step: int, attempt: int = 0) -> Batch:
        """Returns the batch of ``step`` (from 0), and has the next ones prepared meanwhile. ``attempt`` counts how
        often the training has gone back: each time the order is another. Raises BadInput where no picture can be
        read."""
        wanted = [(number, attempt) for number in range(step, step + 1 + _AHEAD)]
        self._coming = {key: future for key, future in self._coming.items() if key in wanted}
        for key in wanted:
            if key not in self._coming:
                self._coming[key] = self._pool.submit(self._made, *key)
        return self._coming.pop((step, attempt)).result()

    def read_all(self) -> None:
        """Reads every picture once, as the first time round does; those for which there is memory need no reading
        afterwards. Raises BadInput where no picture can be read."""
        for number in range(len(self._pictures)):
            self._read(number, 0)

    def close(self) -> None:
        """Ends the thread."""
        self._pool.shutdown(cancel_futures=True)

    def _made(self, step: int, attempt: int) -> Batch:
        first = (step * self._size + self._rank) * self._batch
        found = [self._read(number, attempt) for number in range(first, first + self._batch)]
        a, b = (as_floats(side) for side in zip(*found, strict=True))
        return a, b

    def _read(self, number: int, attempt: int) -> tuple[Pixels, Pixels]:
        """Returns the pair that is number ``number`` of the whole training, or the next one that can be read."""
        count = len(self._pictures)
        for tried in range(_TRIES):
            turn, place = divmod(number + tried, count)
            random = np.random.default_rng((self._seed, attempt, number, 2))
            try:
                return self._taken(int(self._order(turn, attempt)[place]), random)
            except BadInput as error:
                self.notice = f"{error}; left out"
        raise BadInput(f"{self.notice}; so were {_TRIES - 1} others")

    def _taken(self, index: int, random: np.random.Generator) -> tuple[Pixels, Pixels]:
        if self._pairs:
            return self._pictures.pair(index, random)
        picture = self._pictures.picture(index, random)
        return picture, picture

    def _order(self, turn: int, attempt: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        if (turn, attempt) not in self._orders:
            self._orders = {key: order for key, order in self._orders.items() if key[0] >= turn - 1}
            shuffled = np.random.default_rng((self._seed, attempt, turn, 3)).permutation(len(self._pictures))
            self._orders[turn, attempt] = shuffled
        return self._orders[turn, attempt]


def as_floats(pictures: tuple[Pixels, ...] | list[Pixels]) -> Tensor:
    """Returns ``pictures``, all uint8 RGB [h, w, 3], as one float32 tensor [n, 3, h, w] in -1..1."""
    # by NumPy: torch would compute it with a second team of threads, which keeps waiting beside the training's own
    floats = np.stack(pictures).transpose(0, 3, 1, 2).astype(np.float32, order="C")
    floats /= 127.5
    floats -= 1.0
    return torch.from_numpy(floats)


def as_pixels(pictures: Tensor) -> list[Pixels]:
    """Returns ``pictures`` [n, 3, h, w] in -1..1, clipped, as uint8 RGB arrays [h, w, 3]."""
    levels = ((pictures.detach().float() + 1.0) * 127.5).round().clamp(0, 255).to("cpu", torch.uint8)
    return list(levels.permute(0, 2, 3, 1).contiguous().numpy())


def shown_pictures(pictures: Pictures, count: int, *, pairs: bool = True) -> Batch:
    """Returns up to ``count`` pictures of the set, evenly spread and unchanged, to be looked at; those that can't be
    read are left out. Raises BadInput if none can."""
    chosen = np.unique(np.linspace(0, len(pictures) - 1, min(count, len(pictures))).round().astype(int))
    found: list[tuple[Pixels, Pixels]] = []
    reason = "this data set holds no pictures"
    for index in map(int, chosen):
        try:
            found.append(pictures.pair(index) if pairs else (pictures.picture(index),) * 2)
        except BadInput as error:
            reason = str(error)
    if not found:
        raise BadInput(reason)
    a, b = (as_floats(side) for side in zip(*found, strict=True))
    return a, b
