"""Running a torch module (image, control) -> image on a CUDA device, in half precision and channels-last."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Pixels = npt.NDArray[np.uint8]


class TorchGraph:
    """`net` for pictures of `height` x `width`, its memory laid out once.

    `net` takes an image [1, 3, h, w] in 0-1 and a control tensor [control], and returns an image like the first. On
    "cuda" the passes are recorded as one CUDA graph; on "cpu" (for tests, in float32) they are simply run.
    """

    def __init__(
        self,
        net: nn.Module,
        height: int,
        width: int,
        control: int,
        *,
        device: str = "cuda",
        dtype: torch.dtype = torch.float16,
    ) -> None:
        self._device = torch.device(device)
        self._cuda = self._device.type == "cuda"
        self._net = net.to(self._device, dtype).eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._dtype = dtype
        shape = (1, height, width, 3)
        self._picture, self._picture_there = self._buffers(shape, torch.uint8)
        self._control, self._control_there = self._buffers((control,), torch.float32)
        self._result, self._result_there = self._buffers(shape, torch.uint8)
        self._recorded = self._record() if self._cuda else None

    def run(self, image: Pixels, control: npt.NDArray[np.float32], out: Pixels) -> None:
        """One pass from `image` into `out`, both uint8 [h, w, 3]; `control` float32. Returns when `out` is complete."""
        self._picture.numpy()[0] = image
        self._control.numpy()[:] = control
        self._picture_there.copy_(self._picture, non_blocking=True)
        self._control_there.copy_(self._control, non_blocking=True)
        if self._recorded is None:
            self._pass()
        else:
            self._recorded.replay()
        self._result.copy_(self._result_there, non_blocking=True)
        if self._cuda:
            torch.cuda.current_stream(self._device).synchronize()
        out[...] = self._result.numpy()[0].reshape(out.shape)

    def _buffers(self, shape: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """One here, pinned so that copies to the device need no staging, and one on the device."""
        here = torch.zeros(shape, dtype=dtype, pin_memory=self._cuda)
        return here, torch.zeros(shape, dtype=dtype, device=self._device)

    @torch.inference_mode()
    def _pass(self) -> None:
        """Bytes to bytes on the device. A picture that is permuted from [1, h, w, 3] is channels-last already."""
        image = self._picture_there.permute(0, 3, 1, 2).to(self._dtype) / 255
        result = self._net(image, self._control_there.to(self._dtype))
        self._result_there.copy_((result.float() * 255).round().clamp(0, 255).permute(0, 2, 3, 1))

    def _record(self) -> Any:
        """The pass as a CUDA graph. It must have run before, on a side stream, for cuDNN to pick its kernels."""
        side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(side):
            for _ in range(3):
                self._pass()
        torch.cuda.current_stream(self._device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._pass()
        return graph
