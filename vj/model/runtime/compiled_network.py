"""A compiled network, ready to run on pictures of one size, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels

Floats = npt.NDArray[np.float32]
Numbers = Pixels | Floats
"""The bytes of a picture, or floats if the network goes between those (`Network.floats`)."""


class Runner(Protocol):
    """What a runtime makes of a network, for pictures of one size.

    Several models may share a runner, and call it from several threads; it runs one picture at a time.
    """

    note: str
    """A remark about the runner for the performer, in whole words; usually empty."""

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        """Write the result for ``picture`` into ``out``. Both are uint8 H×W×3 of that size, contiguous, and not copied;
        if the network goes between floats, float32 H×W×channels and H×W×3, in its own range.

        ``controls`` are float32 arrays, in the order of the network's controls. Returns the mean of the result before
        it was clamped and rounded, where white is 1. The mean is not finite if any number of the result is not.
        """
        ...

    def release(self) -> None:
        """Let go of every array that was given."""
        ...


Make = Callable[[], Runner]
"""Compiles a network and returns its runner."""


@dataclass(frozen=True)
class CompiledNetwork:
    """A network compiled for pictures of one size. ``runtime`` is the backend's name, ``why`` also gives the reason."""

    runner: Runner
    runtime: str
    why: str

    @property
    def run(self) -> Callable[[Numbers, Sequence[Floats], Numbers], float]:
        """The runner's `Runner.run`."""
        return self.runner.run

    def release(self) -> None:
        """Let go of every array that was given, so that the shared memory below them can be closed."""
        self.runner.release()
