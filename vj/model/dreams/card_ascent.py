"""Gradient ascent on a canvas that stays on a card, beside `vj.model.dreams.ascent` for the processor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, Protocol, cast
from weakref import WeakValueDictionary

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vj.base.clock import now
from vj.base.frame import Size
from vj.model.dreams.card_buffers import PinnedBuffer
from vj.model.dreams.card_canvas import CardCanvas, at_card_size
from vj.model.dreams.card_step import CardStep
from vj.model.runtime.compiled_network import CompiledNetwork, Floats, Runner
from vj.model.runtime.cuda_graph import CudaGraph, GraphPool, pool_of
from vj.model.runtime.export import TRACING
from vj.model.runtime.memory import give_memory_back
from vj.params.param import Value

_MOST_STEPS: Final = 8
"""The largest value of ``steps``."""


class CardRunner(Protocol):
    """A network on a card as its runner there has it. `vj.model.runtime.torch_graph.TorchGraph` fulfils it."""

    device: torch.device
    dtype: torch.dtype
    module: Callable[..., Tensor]
    """Takes image [1, 3, h, w] in ``dtype`` and the controls in 32-bit floats, and gives [1, 3, h, w]."""


class CardAscent:
    """Makes steps along the gradients of networks, one network for each octave, on a canvas on their device. The
    gradient of each octave is one recorded graph, with the shift and the resizing; what follows is another. They are
    played one after the other, and the processor waits for none. One thread at a time may use it."""

    def __init__(
        self,
        networks: Sequence[tuple[Size, CompiledNetwork]],
        step: CardStep,
        pool: GraphPool | None = None,
        seed: int = 0,
    ) -> None:
        """``networks`` are sizes, at least one, each with the gradient's network compiled for it by a `CardRunner`,
        from coarse to fine; the last size is that of the canvas on which ``step`` makes steps. ``pool`` is the memory
        of the networks' graphs. ``seed`` is that of the random shifts, which are those of `Ascent` with the same
        seed."""
        self.canvas = canvas = step.canvas
        self._step = step
        self._octaves = [_CardOctave(size, compiled, canvas, pool) for size, compiled in networks]
        self._random = np.random.default_rng(seed)
        self._shifts = PinnedBuffer((_MOST_STEPS * len(networks), 2), torch.int64, canvas.device)
        self._controls: list[PinnedBuffer] = []

    @torch.inference_mode()
    def run(self, controls: Sequence[Floats], values: Mapping[str, Value]) -> None:
        """Change the canvas as often as the value ``steps`` says, one step in each octave, clipped to 0..1, where its
        mask lets it. It returns before the card is done.

        ``controls`` and ``values`` are those of `Ascent.run`. The first of the canvas's ``means`` becomes that of the
        last gradient, unsmoothed; if any wasn't finite, NaN, and no step is made from that one on.
        """
        steps = int(values["steps"])
        self._send_controls(controls)
        self._step.begin(values)
        self._shifts.send(self._drawn(steps * len(self._octaves), int(values["jitter"])))
        there = [control.there for control in self._controls]
        for octave in self._octaves:
            octave.heed_runner()
        for turn, octave in enumerate(self._octaves * steps):
            self._step.gradient.copy_(octave.gradient(there, self._shifts.there[turn]))
            self._step.make()

    @torch.inference_mode()
    def warm(self, controls: Sequence[Floats]) -> None:
        """Record every network, and run it once on the canvas, with ``controls`` as its inputs beside the picture. The
        canvas doesn't change."""
        self._send_controls(controls)
        for octave in self._octaves:
            octave.gradient([control.there for control in self._controls], self._shifts.there[0])
        self.canvas.wait()

    def _send_controls(self, controls: Sequence[Floats]) -> None:
        """Bring those of ``controls`` there that have changed."""
        if not self._controls:
            device = self.canvas.device
            self._controls = [PinnedBuffer(control.shape, torch.float32, device) for control in controls]
        for buffer, control in zip(self._controls, controls, strict=True):
            if not np.array_equal(buffer.here, control):
                buffer.send(control)

    def _drawn(self, count: int, most: int) -> npt.NDArray[np.int64]:
        """Returns random shifts for ``count`` turns, rows and columns up to ``most`` pixels, filled up with zeros."""
        shifts = np.zeros(self._shifts.here.shape, np.int64)
        shifts[:count] = self._random.integers(-most, most + 1, (count, 2))
        return shifts


class CardAscents:
    """Makes the ascents of one model on ``device``. Those of one size share a canvas, and all share the memory of what
    is recorded beside the networks, as only one is played at a time."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = GraphPool() if device.type == "cuda" else None
        self._steps: WeakValueDictionary[Size, CardStep] = WeakValueDictionary()

    def of(self, networks: Sequence[tuple[Size, CompiledNetwork]], key: str) -> CardAscent:
        """Returns a new ascent along ``networks``: sizes, at least one, each with the gradient's network compiled for
        it on the device, from coarse to fine; the last size is the canvas's. ``key`` is that of the network: what is
        recorded of it shares memory with its runner's own graph."""
        size = networks[-1][0]
        step = self._steps.get(size)
        if step is None:
            step = self._steps[size] = CardStep(CardCanvas(size, self._device, self._pool))
        return CardAscent(networks, step, pool_of(key) if self._pool else None)


class _CardOctave:
    """One octave: its size, its network, and the network's recording."""

    def __init__(self, size: Size, compiled: CompiledNetwork, canvas: CardCanvas, pool: GraphPool | None) -> None:
        self._size = size
        self._compiled = compiled
        self._canvas = canvas
        self._pool = pool
        self._pass: _GradientPass | None = None
        self._next: _GradientPass | None = None
        """The recording of a faster runner, which is to take over."""
        self._tried: Runner | None = None
        """The newest runner of the network that was recorded, or couldn't be."""

    def heed_runner(self) -> None:
        """Let a faster runner's network take over if its recording is ready, and have it recorded in a thread if there
        is one. The card must have done all that the octave was asked for."""
        self._compiled.used = now()
        if self._next is not None:
            self._pass, self._next = self._next, None
        elif self._pass is not None and self._compiled.runner is not self._tried:
            self._tried = self._compiled.runner
            renew = partial(self._renew, self._tried, self._pass.controls)
            threading.Thread(target=renew, name="recording", daemon=True).start()

    def gradient(self, controls: Sequence[Tensor], shift: Tensor) -> Tensor:
        """Returns the gradient for the canvas, of its size: float32 [1, 3, h, w], valid until the next call. The
        network sees it at this octave's size, shifted round by ``shift`` (rows, columns), int64 [2] on the device.
        ``controls``, on the device too, are the same tensors each time. The first call records the network."""
        if self._pass is None:
            self._tried = self._compiled.runner
            self._pass = self._recorded(self._tried, controls)
        return self._pass.run(shift)

    def _renew(self, runner: Runner, controls: Sequence[Tensor]) -> None:
        """Record ``runner``'s network. If that fails, for want of memory, the present recording goes on."""
        with suppress(Exception), TRACING:  # a compiled network may be compiled anew
            self._next = self._recorded(runner, controls)
        if self._next is None:
            give_memory_back()

    def _recorded(self, runner: Runner, controls: Sequence[Tensor]) -> _GradientPass:
        return _GradientPass(self._size, cast(CardRunner, runner), self._canvas, self._pool, controls)


class _GradientPass:
    """A network's gradient for a canvas, recorded with the shift there and back and the resizing. Its buffers are its
    own, so it may be recorded while another one plays: it only reads the canvas."""

    @torch.inference_mode()
    def __init__(
        self,
        size: Size,
        runner: CardRunner,
        canvas: CardCanvas,
        pool: GraphPool | None,
        controls: Sequence[Tensor],
    ) -> None:
        self.controls = controls
        self._size = size
        self._canvas = canvas
        self._module, self._dtype = runner.module, runner.dtype
        device = canvas.device
        self._shift = torch.zeros(2, dtype=torch.int64, device=device)
        self._rows, self._columns = (torch.arange(side, device=device) for side in (size.height, size.width))
        whole = size == canvas.size
        self._shrinking = [] if whole else [torch.from_numpy(part).to(device) for part in _shrinking(canvas.size, size)]
        self._found = torch.zeros_like(canvas.floats)
        self._graph = CudaGraph(self._work, device, pool, tf32=self._dtype != torch.float32)

    def run(self, shift: Tensor) -> Tensor:
        """See `_CardOctave.gradient`."""
        self._shift.copy_(shift)
        self._graph.run()
        return self._found

    def _work(self) -> None:
        seen = self._canvas.floats
        if self._shrinking:
            down, across = self._shrinking
            seen = down @ seen @ across
        image = self._rolled(seen, self._shift).to(self._dtype, memory_format=torch.channels_last)
        gradient = self._module(image, *self.controls)
        back = self._rolled(gradient, -self._shift)
        self._found.copy_(at_card_size(back.float(), self._canvas.size) if self._shrinking else back)

    def _rolled(self, picture: Tensor, shift: Tensor) -> Tensor:
        """Returns ``picture`` [1, 3, h, w] of the octave's size, moved by ``shift``: rows down, columns to the right.
        What leaves at one side enters at the other."""
        rows, columns = (self._rows - shift[0]) % self._size.height, (self._columns - shift[1]) % self._size.width
        return picture[..., rows[:, None], columns]


def _shrinking(size: Size, to: Size) -> tuple[Floats, Floats]:
    """Returns two matrices [h', h] and [w, w']: multiplied by them from the left and from the right, a picture of
    ``size`` becomes one of ``to`` by the mean of areas, as OpenCV makes it."""
    rows, columns = (
        cv2.resize(np.eye(side, dtype=np.float32), (less, side), interpolation=cv2.INTER_AREA)
        for side, less in ((size.height, to.height), (size.width, to.width))
    )
    return np.ascontiguousarray(rows.T), columns
