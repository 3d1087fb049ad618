"""A network with everything around it that a card can do: from the bytes of a picture to the bytes of the result."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from vj.model.network import Network


class Laid(nn.Module):
    """A network that first lays its picture out in one format: each channel as a plane, or a pixel's channels together.

    Convolutions take the format of their picture, and are slow if their kernels have the other one. ``net`` is the
    network itself, ``layout`` torch's word for the format.
    """

    def __init__(self, net: nn.Module, layout: torch.memory_format) -> None:
        super().__init__()
        self.net = net
        self._layout = layout

    def forward(self, image: Tensor, *controls: Tensor) -> Tensor:
        result: Tensor = self.net(image.contiguous(memory_format=self._layout), *controls)
        return result


class PicturePass(nn.Module):
    """Takes a picture, uint8 [1, h, w, 3], and the network's controls in float32; gives the result, uint8 [1, h, w, 3],
    and its mean before clamping and rounding, float32 [], where white is 1. ``net`` is the network itself."""

    gain_in: Tensor
    """What bytes are multiplied by for the network, [3, 1, 1], and then ``shift_in`` is added."""
    shift_in: Tensor
    gain_out: Tensor
    """What the network's numbers are multiplied by for bytes, [3, 1, 1], and then ``shift_out`` is added."""
    shift_out: Tensor

    def __init__(self, network: Network, net: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        """``net`` is the module of ``network`` on ``device``, which works on numbers of ``dtype``."""
        super().__init__()
        self.net = net
        self._dtype = dtype
        for name, scale, shift, kind in (
            ("in", [part / 255.0 for part in network.takes.scale], list(network.takes.shift), dtype),
            (
                "out",
                [255.0 / part for part in network.gives.scale],
                [-255.0 * shift / part for part, shift in zip(network.gives.scale, network.gives.shift, strict=True)],
                torch.float32,
            ),
        ):
            self.register_buffer(f"gain_{name}", torch.tensor(scale, device=device)[:, None, None].to(kind))
            self.register_buffer(f"shift_{name}", torch.tensor(shift, device=device)[:, None, None].to(kind))

    def forward(self, picture: Tensor, *controls: Tensor) -> tuple[Tensor, Tensor]:
        image = picture.permute(0, 3, 1, 2).to(self._dtype)
        image = torch.addcmul(self.shift_in, image, self.gain_in)
        result = self.net(image, *(control.to(self._dtype) for control in controls))
        numbers = torch.addcmul(self.shift_out, result, self.gain_out)
        mean = numbers.mean() / 255.0
        shown = numbers.round().clamp(0.0, 255.0).to(torch.uint8)
        return shown.permute(0, 2, 3, 1), mean


class FloatPass(nn.Module):
    """Takes floats, float32 [1, h, w, channels] in the network's own range, and its controls in float32; gives floats,
    [1, h, w, 3], and their mean, float32 []. ``net`` is the network itself, which takes the controls as they are: some
    are larger than half precision can hold."""

    def __init__(self, net: Any, dtype: torch.dtype) -> None:
        """``net`` works on numbers of ``dtype``; it is a module, or any function that takes and gives the same."""
        super().__init__()
        self.net = net
        self._dtype = dtype

    def forward(self, numbers: Tensor, *controls: Tensor) -> tuple[Tensor, Tensor]:
        image = numbers.permute(0, 3, 1, 2).to(self._dtype)
        result = self.net(image, *controls)
        return result.float().permute(0, 2, 3, 1), result.float().mean()
