"""Runs a torch module on any of torch's devices; on CUDA as a recorded graph, channels-last."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model.network import Network, Range
from vj.model.runtime.compiled_network import Floats, Numbers


class TorchGraph:
    """A runner: the network's module on one of torch's devices, for pictures of one size, in memory allocated once.

    On "cuda" the pass of a recordable network is recorded as a CUDA graph when the instance is made; on "xpu", "mps"
    and "cpu" the module is simply run. ``note`` is always empty.
    """

    note = ""

    def __init__(
        self, network: Network, size: Size, *, device: str = "cuda", dtype: torch.dtype = torch.float16
    ) -> None:
        """Loads the module and, on "cuda", runs and records it, which takes seconds.

        ``size`` is the only size of picture that `run` takes. ``device`` is torch's word for the device, ``dtype`` the
        format of the weights and of all numbers in between. Raises BadInput if the network has no module.
        """
        if network.module is None:
            raise BadInput(f"{network.name} is an ONNX file only; torch can't run it")
        self._device = torch.device(device)
        self._dtype = dtype
        self._cuda = self._device.type == "cuda"
        self._lock = threading.Lock()
        net = network.module().to(self._device, dtype).eval()
        self._net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._takes = self._range(network.takes, dtype)
        self._gives = self._range(network.gives, torch.float32)
        self._floats = network.floats
        kind = torch.float32 if network.floats else torch.uint8
        shape = (1, size.height, size.width, 3)
        self._picture, self._picture_there = self._buffers((*shape[:3], network.channels), kind)
        self._controls = [self._buffers(control.shape, torch.float32) for control in network.controls]
        self._result, self._result_there = self._buffers(shape, kind)
        self._mean, self._mean_there = self._buffers((), torch.float32)
        self._recorded = self._record() if self._cuda and network.recordable else None

    def run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        """Runs one pass on ``picture`` and writes the result into ``out``, which is complete on return.

        Both are uint8 [h, w, 3] of the instance's size, or float32 [h, w, channels] and [h, w, 3] for a network between
        floats; they are copied. ``controls`` are float32 arrays in the order of the network's controls. Returns the
        result's mean before clamping and rounding, where white is 1 (between floats: the mean of the numbers). Several
        threads may call it; it runs one pass at a time.
        """
        with self._lock:
            return self._run(picture, controls, out)

    def _run(self, picture: Numbers, controls: Sequence[Floats], out: Numbers) -> float:
        self._picture.numpy()[0] = picture
        for (here, there), value in zip(self._controls, controls, strict=True):
            here.numpy()[...] = value
            there.copy_(here, non_blocking=True)
        self._picture_there.copy_(self._picture, non_blocking=True)
        if self._recorded is None:
            self._pass()
        else:
            self._recorded.replay()
        self._result.copy_(self._result_there, non_blocking=True)
        self._mean.copy_(self._mean_there, non_blocking=True)
        self._wait()
        out[...] = self._result.numpy()[0].reshape(out.shape)
        return float(self._mean)

    def release(self) -> None:
        """Does nothing: no array that was given is kept, and the memory on the device stays."""

    def _wait(self) -> None:
        """Wait until the device has done everything."""
        if self._cuda:
            torch.cuda.current_stream(self._device).synchronize()
        elif self._device.type == "mps":
            torch.mps.synchronize()
        elif self._device.type == "xpu":
            torch.xpu.synchronize(self._device)

    def _range(self, of: Range, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Returns scale and shift on the device, each [3, 1, 1]."""
        scale, shift = (
            torch.tensor(term, device=self._device)[:, None, None].to(dtype) for term in (of.scale, of.shift)
        )
        return scale, shift

    def _buffers(self, shape: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Returns a buffer here, pinned so that copies to the device need no staging, and one on the device."""
        here = torch.zeros(shape, dtype=dtype, pin_memory=self._cuda)
        return here, torch.zeros(shape, dtype=dtype, device=self._device)

    @torch.inference_mode()
    def _pass(self) -> None:
        """Run the network on the device, from the picture's buffer to the result's. A picture that is permuted from [1,
        h, w, 3] is channels-last already."""
        image = self._picture_there.permute(0, 3, 1, 2).to(self._dtype)
        if not self._floats:
            scale, shift = self._takes
            image = image / 255 * scale + shift
        result = self._net(image, *(there.to(self._dtype) for _, there in self._controls))
        if self._floats:
            self._mean_there.copy_(result.float().mean())
            self._result_there.copy_(result.permute(0, 2, 3, 1))
            return
        scale, shift = self._gives
        unit = (result.float() - shift) / scale
        self._mean_there.copy_(unit.mean())
        self._result_there.copy_((unit * 255).round().clamp(0, 255).permute(0, 2, 3, 1))

    def _record(self) -> Any:
        """Returns the pass as a CUDA graph, recorded with kernels that cuDNN has timed."""
        tf32 = self._dtype != torch.float32  # with TF32, 32-bit floats would be cut to 19 bits
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=tf32):
            return self._recording()

    def _recording(self) -> Any:
        """Returns the pass as a CUDA graph. It is run on a side stream first, for cuDNN to pick its kernels."""
        side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(side):
            for _ in range(3):
                self._pass()
        torch.cuda.current_stream(self._device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # another graph may be playing meanwhile
            self._pass()
        return graph
