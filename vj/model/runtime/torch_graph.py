"""Runs a torch module on any of torch's devices, in several ways; on CUDA as a recorded graph."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, Final, Literal, NamedTuple, get_args

import numpy.typing as npt
import torch
from torch import Tensor

from vj.base.frame import Size
from vj.model.network import Network
from vj.model.runtime import compiler
from vj.model.runtime.card_module import card_module
from vj.model.runtime.compiled_network import Floats, Numbers
from vj.model.runtime.cuda_graph import CudaGraph, pool_of
from vj.model.runtime.export import TRACING
from vj.model.runtime.page_locked import PageLocked
from vj.model.runtime.picture_pass import FloatPass, Laid, PicturePass

Way = Literal["first", "last", "fused", "compiled"]
"""How a module is run: as it is, with each channel as a plane (first) or with a pixel's channels together (last); with
what surrounds convolutions fused into a few operations (fused); compiled by torch (compiled). The last two lay channels
together."""
WAYS: Final[tuple[Way, ...]] = get_args(Way)


class TorchGraph:
    """A runner: the network's module on one of torch's devices, for pictures of one size, in memory allocated once.

    On "cuda" the pass of a recordable network is recorded as a CUDA graph when the instance is made; on "xpu", "mps"
    and "cpu" the module is simply run. ``note`` is always empty. ``module`` is a network between floats as this way
    runs it: a function of the picture [1, channels, h, w] in numbers of ``dtype`` and of the controls in 32-bit floats,
    all on ``device``, which gives [1, 3, h, w]; for other networks it is the bare module.
    """

    note = ""

    def __init__(
        self,
        network: Network,
        size: Size,
        *,
        device: str = "cuda",
        dtype: torch.dtype = torch.float16,
        way: Way = "last",
    ) -> None:
        """Loads the module, unless another instance has it on the device already, and on "cuda" runs and records it,
        which takes seconds; "fused" and "compiled" take longer.

        ``size`` is the only size of picture that `run` takes. ``device`` is torch's word for the device, ``dtype`` the
        format of the weights and of all numbers in between. Raises BadInput if the network has no module, and torch's
        or the compiler's own errors if they can't run it so.
        """
        self.device = torch.device(device)
        self.dtype = dtype
        self._cuda = self.device.type == "cuda"
        self._lock = threading.Lock()
        self._locked = PageLocked() if self._cuda else None
        kind = torch.float32 if network.floats else torch.uint8
        shape = (1, size.height, size.width, 3)
        self._picture = self._buffers((*shape[:3], network.channels), kind)
        self._controls = [self._buffers(control.shape, torch.float32) for control in network.controls]
        self._result = self._buffers(shape, kind)
        self._mean = self._buffers((), torch.float32)
        self._done: Any = torch.cuda.Event(blocking=True) if self._cuda else None  # type: ignore[no-untyped-call]
        self._last = way != "first"
        self._sample(network)
        self.module, self._pass = self._made(network, way)
        pool = pool_of(network.key) if self._cuda else None
        exact = dtype == torch.float32  # with TF32, 32-bit floats would be cut to 19 bits
        work = partial(_run_pass, self._pass, self._picture, self._controls, self._result, self._mean)
        with TRACING if way == "compiled" else nullcontext():  # the first of all runs compiles
            self._graph = CudaGraph(work, self.device, pool, tf32=not exact, recorded=network.recordable)

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        """Runs one pass on ``picture`` and writes the result into ``out``, which is complete on return.

        Both are uint8 [h, w, 3] of the instance's size, or float32 [h, w, channels] and [h, w, 3] for a network between
        floats. A card copies by itself from and to shared memory, which stays page-locked until `release`; other arrays
        are copied twice. ``controls`` are float32 arrays in the order of the network's controls. Returns the result's
        mean before clamping and rounding, where white is 1 (between floats: the mean of the numbers). Several threads
        may call it; it runs one pass at a time.
        """
        with self._lock:
            self._give(picture, controls)
            self._graph.run()
            return self._take(out)

    def replay(self) -> None:
        """Has the device run one pass on what `run` was given last, or on a picture in the range of its numbers before
        the first `run`; copies nothing, and doesn't wait."""
        self._graph.run()

    def repeat(self) -> None:
        """Runs one pass as `replay` does and waits for it, to see how long the network alone takes. Several threads may
        call it."""
        with self._lock:
            self._graph.run()
            self._wait()

    def release(self) -> None:
        """Forgets the shared memory that arrays of earlier runs lay in; what is on the device stays."""
        with self._lock:
            if self._locked:
                self._locked.release()

    def _made(self, network: Network, way: Way) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Returns the network and the whole pass around it, as this way runs them."""
        layout = torch.channels_last if self._last else torch.contiguous_format
        net = Laid(card_module(network, self.device, self.dtype, self._last), layout).eval()
        controls = [control.there for control in self._controls]
        if network.floats:
            numbers = self._picture.there.permute(0, 3, 1, 2).to(self.dtype)
            found = self._in(way, net, (numbers, *controls))
            return found, FloatPass(found, self.dtype)
        around = PicturePass(network, net, self.device, self.dtype).eval()
        return net, self._in(way, around, (self._picture.there, *controls))

    def _in(self, way: Way, module: torch.nn.Module, given: tuple[Tensor, ...]) -> Callable[..., Any]:
        """Returns ``module`` as ``way`` runs it on inputs such as ``given``."""
        if way == "compiled":
            return compiler.compiled(module)
        if way == "fused":
            from vj.model.runtime.fused_graph import fused

            compiler.keep_kernels()
            return fused(module, given)
        return module

    def _sample(self, network: Network) -> None:
        """Puts something that the network can work on into the device's buffers, for the recording and for trials."""
        self._picture.there.fill_(0.5 if network.floats else 128)
        for control, buffer in zip(network.controls, self._controls, strict=True):
            buffer.there.fill_(control.sample)

    def _give(self, picture: Numbers, controls: Sequence[Floats]) -> None:
        """Brings picture and controls to the device."""
        for buffer, value in zip(self._controls, controls, strict=True):
            buffer.array[...] = value
            buffer.there.copy_(buffer.here, non_blocking=True)
        there = self._picture.there
        seen = self._locked.tensor(picture) if self._locked else None
        if seen is None:
            self._picture.array[0] = picture
            seen = self._picture.here
        there.copy_(seen.view(there.shape), non_blocking=True)

    def _take(self, out: Numbers) -> float:
        """Brings the result from the device, and waits for it. Returns its mean."""
        there = self._result.there
        shown = self._locked.tensor(out) if self._locked else None
        target = self._result.here if shown is None else shown.view(there.shape)
        target.copy_(there, non_blocking=True)
        self._mean.here.copy_(self._mean.there, non_blocking=True)
        self._wait()
        if shown is None:
            out[...] = self._result.array[0].reshape(out.shape)
        return float(self._mean.array)

    def _wait(self) -> None:
        """Wait until the device has done everything."""
        if self._done is not None:  # an event, because waiting for a stream would keep a core of the processor busy
            self._done.record(torch.cuda.current_stream(self.device))
            self._done.synchronize()
        elif self.device.type == "mps":
            torch.mps.synchronize()
        elif self.device.type == "xpu":
            torch.xpu.synchronize(self.device)

    def _buffers(self, shape: tuple[int, ...], dtype: torch.dtype) -> _Buffers:
        """Returns memory here, page-locked if the device is a card, and memory on the device."""
        here = torch.zeros(shape, dtype=dtype, pin_memory=self._cuda)
        return _Buffers(here.numpy(), here, torch.zeros(shape, dtype=dtype, device=self.device))


class _Buffers(NamedTuple):
    """The same numbers in the processor's memory, as an array and as a tensor that share it, and on the device."""

    array: npt.NDArray[Any]
    here: Tensor
    there: Tensor


def _run_pass(
    whole: Callable[..., Any], picture: _Buffers, controls: Sequence[_Buffers], result: _Buffers, mean: _Buffers
) -> None:
    """Runs a pass on the device, from the picture's buffer to the result's. It holds no runner, which could otherwise
    only be freed when Python looks for cycles."""
    found, its_mean = whole(picture.there, *(control.there for control in controls))
    result.there.copy_(found)
    mean.there.copy_(its_mean)
