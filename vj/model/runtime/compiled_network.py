"""A compiled network, ready to run on pictures of one size, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels

Floats = npt.NDArray[np.float32]
"""An array of float32 of any shape."""
Numbers = Pixels | Floats
"""The bytes of a picture, or floats if the network goes between those (`Network.floats`)."""


class Runner(Protocol):
    """What a runtime makes of a network, for pictures of one size. Classes that have these members fulfil it:
    `OpenVinoRunner`, `OrtRunner` and `TorchGraph`.

    Several models may share a runner, and call it from several threads; it runs one picture at a time.
    """

    note: str
    """A remark about the runner for the performer, in whole words; usually empty."""

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        """Runs one pass on ``picture`` and writes the result into ``out``, which is complete on return.

        Both are uint8 H×W×3 (RGB) of the runner's size; if the network goes between floats, float32 H×W×channels and
        H×W×3, in its own range. They are C-contiguous, because most runners read and write them in place, and remember
        them until `release`. ``controls`` are float32 arrays, in the order and of the shapes of the network's controls.

        Returns the mean of the result before it was clamped and rounded, where white is 1; between floats, the mean of
        the numbers as they are. It is not finite if any number of the result is not.
        """
        ...

    def release(self) -> None:
        """Forgets every array of earlier runs, so that the shared memory below them can be closed.

        The network stays compiled and can be run again. No other thread may run it meanwhile.
        """
        ...


Make = Callable[[], Runner]
"""Compiles a network, anew at each call, and returns its runner."""


@dataclass(frozen=True)
class CompiledNetwork:
    """A network compiled for pictures of one size, and why this backend runs it."""

    runner: Runner
    runtime: str
    """The backend's name, such as ``openvino-f32``."""
    why: str
    """One line for the performer: the backend's name, the reason for it, and the runner's note if it has one."""

    @property
    def run(self) -> Callable[[Numbers, Sequence[Floats], Numbers], float]:
        """The runner's function ``run(picture, controls, out)``, which writes the result for ``picture`` into ``out``.

        Both are C-contiguous, uint8 [h, w, 3] of this size, or float32 between floats; ``controls`` are the network's
        float32 arrays in order. It returns the result's mean before clamping, where white is 1; see `Runner.run`.
        """
        return self.runner.run

    def release(self) -> None:
        """Forgets every array of earlier runs, so that the shared memory below them can be closed.

        The network stays compiled and can be run again. No other thread may run it meanwhile.
        """
        self.runner.release()
