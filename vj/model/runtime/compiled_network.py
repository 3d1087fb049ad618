"""A compiled network, ready to run on pictures of one size, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from vj.base.clock import now
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


@runtime_checkable
class Repeating(Protocol):
    """A runner that can run one pass on what it was given last, without copying anything from or to the device."""

    def repeat(self) -> None:
        """Runs one pass and waits for it; before the first picture, on one that stands for any."""
        ...


Make = Callable[[], Runner]
"""Compiles a network, anew at each call, and returns its runner."""


class CompiledNetwork:
    """A network compiled for pictures of one size, and why this backend runs it.

    On a graphics card, a faster backend may take over between two pictures: `take_over`. ``runner``, ``runtime`` (the
    backend's name, such as ``openvino-f32``) and ``why`` then change. ``why`` is one line for the performer: the
    backend's name, the reason for it, and the runner's note if it has one.
    """

    def __init__(self, runner: Runner, runtime: str, why: str) -> None:
        self.runner = runner
        self.runtime = runtime
        self.why = why
        self.used = 0.0
        """When `run` was asked for last (monotonic, s); 0 before."""

    @property
    def run(self) -> Callable[[Numbers, Sequence[Floats], Numbers], float]:
        """The runner's function ``run(picture, controls, out)``, which writes the result for ``picture`` into ``out``.
        It is to be asked for anew for every picture, as another runner may have taken over.

        Both are C-contiguous, uint8 [h, w, 3] of this size, or float32 between floats; ``controls`` are the network's
        float32 arrays in order. It returns the result's mean before clamping, where white is 1; see `Runner.run`.
        """
        self.used = now()
        return self.runner.run

    def take_over(self, runner: Runner, runtime: str, why: str) -> None:
        """Have ``runner`` run the network from the next picture on. Another thread may be running the one before, which
        ends its picture. ``runtime`` and ``why`` are as the attributes."""
        self.runner, self.runtime, self.why = runner, runtime, why

    def release(self) -> None:
        """Forgets every array of earlier runs, so that the shared memory below them can be closed.

        The network stays compiled and can be run again. No other thread may run it meanwhile.
        """
        self.runner.release()
