"""A network that is ready to run, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels

Floats = npt.NDArray[np.float32]
Numbers = Pixels | Floats
"""The bytes of a picture, or floats where the network goes between those."""


class Runner(Protocol):
    """What one of the runtimes makes of a network, for pictures of one size.

    Several models may share it, one of which is being prepared in another thread: it runs one picture at a time.
    """

    note: str
    """Something to be said about it, in whole words; mostly nothing."""

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        """Writes the result for ``picture`` into ``out``: both uint8 H×W×3 of that size, contiguous, not copied; where
        the network goes between ``floats``, float32 H×W×channels and H×W×3, in its own range.

        ``controls`` are float32, one array for each of the network's, in order. Returns the mean of the result, in
        units where white is 1, before it was clamped and rounded: not finite where any of its numbers is not.
        """
        ...

    def release(self) -> None:
        """Lets go of every array that it was given."""
        ...


Make = Callable[[], Runner]


@dataclass(frozen=True)
class CompiledNetwork:
    """A network, compiled for pictures of one size. ``runtime`` names what runs it, ``why`` gives the reason too."""

    runner: Runner
    runtime: str
    why: str

    @property
    def run(self) -> Callable[[Numbers, Sequence[Floats], Numbers], float]:
        """See `Runner.run`, which this is."""
        return self.runner.run

    def release(self) -> None:
        """Lets go of every array that it was given, so that the shared memory below can be closed."""
        self.runner.release()
