"""The arbitrary style network: one network for every painting, each described by 100 numbers.

Paper: G. Ghiasi, H. Lee, M. Kudlur, V. Dumoulin, J. Shlens, "Exploring the structure of a real-time, arbitrary neural
artistic stylization network", BMVC 2017. Weights: Magenta's `arbitrary_image_stylization` as slimmed for phones. Their
file has weights and activations of 8 bits; here the weights become the floats that they stand for, and activations stay
floats.

Shapes for a picture of h x w (multiples of 4)::

    contract.0   9x9            3 ->  8   h   x w     relu; these three have a bias and no norm
    contract.1   3x3 stride 2   8 -> 16   h/2 x w/2   relu
    contract.2   3x3 stride 2  16 -> 32   h/4 x w/4   relu
    res.0 .. 4   two 3x3       32 -> 32   h/4 x w/4   added to their input, relu between the two
    expand.0     x2, 3x3       32 -> 16   h/2 x w/2   relu; x2 is nearest
    expand.1     x2, 3x3       16 ->  8   h   x w     relu
    expand.2     9x9            8 ->  3   h   x w     sigmoid

Every convolution has reflected borders. From the residual blocks on, each has an instance norm after it whose scale
and shift are affine functions of the style, one by channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.base.errors import BadInput

STYLE: Final = 100
"""How many numbers describe a painting."""
RES_BLOCKS: Final = 5
"""The number of residual blocks."""
_EPSILON: Final = 1e-5

Weights = dict[str, npt.NDArray[np.float32]]
"""Arrays by the names in the file."""


class StyleNorm(nn.Module):
    """Instance norm of [1, c, h, w]; its scale and shift [c] are affine functions of the style [100], ``gamma`` and
    ``beta``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Linear(STYLE, channels)
        self.beta = nn.Linear(STYLE, channels)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return F.instance_norm(x, weight=self.gamma(style), bias=self.beta(style), eps=_EPSILON)


class PredictedConv(nn.Module):
    """Nearest upsampling by ``up``, a convolution with reflected borders and a norm, without a relu: [1, inputs, h, w]
    and the style [100] -> [1, outputs, h * up, w * up]."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, up: int = 1) -> None:
        super().__init__()
        self.up = up
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(inputs, outputs, kernel, bias=False)
        self.norm = StyleNorm(outputs)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        if self.up > 1:
            x = F.interpolate(x, scale_factor=float(self.up), mode="nearest")
        return cast(Tensor, self.norm(self.conv(self.pad(x)), style))


class PredictedResidual(nn.Module):
    """Two convolutions with norms, a relu between them, added to their input: [1, 32, h, w] and the style [100] -> [1,
    32, h, w]. There is no relu after the sum."""

    def __init__(self) -> None:
        super().__init__()
        self.first = PredictedConv(32, 32, 3)
        self.second = PredictedConv(32, 32, 3)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return x + cast(Tensor, self.second(torch.relu(self.first(x, style)), style))


def _contract(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    """Returns a convolution with a relu: [1, inputs, h, w] -> [1, outputs, h / stride, w / stride]."""
    return nn.Sequential(nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel, stride), nn.ReLU())


class ArbitraryTransform(nn.Module):
    """The whole network. Takes image [1, 3, h, w], RGB in 0-1, sides multiples of 4, and style [100], about -3..3;
    gives [1, 3, h, w] in 0-1. `transform` fills in the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = nn.Sequential(_contract(3, 8, 9, 1), _contract(8, 16, 3, 2), _contract(16, 32, 3, 2))
        self.res = nn.ModuleList(PredictedResidual() for _ in range(RES_BLOCKS))
        self.expand = nn.ModuleList(
            [PredictedConv(32, 16, 3, up=2), PredictedConv(16, 8, 3, up=2), PredictedConv(8, 3, 9)]
        )

    def forward(self, image: Tensor, style: Tensor) -> Tensor:
        x = self.contract(image)
        for residual in self.res:
            x = residual(x, style)
        for expand in list(self.expand)[:-1]:
            x = torch.relu(expand(x, style))
        return torch.sigmoid(self.expand[-1](x, style))


def transform(path: Path) -> ArbitraryTransform:
    """Returns a new network with the weights of the ONNX file at ``path``, as floats, in eval mode, without gradients.

    Raises BadInput, naming what is missing, if the file holds some other network.
    """
    weights, names = _dequantised(path), dict(_names())
    missing = [name for name in names.values() if name not in weights]
    if missing:
        raise BadInput(f"{path} is not the arbitrary style network: it has no {', '.join(missing[:3])}")
    net = ArbitraryTransform()
    for ours, tensor in net.state_dict().items():
        tensor.copy_(torch.from_numpy(weights[names[ours]]).reshape(tensor.shape))
    return net.eval().requires_grad_(False)


def counted_from(style: npt.NDArray[np.float32], net: ArbitraryTransform) -> ArbitraryTransform:
    """Changes ``net`` in place so that a style of zeros paints as ``style`` [100] did before, and other styles are
    differences from it. Returns the same ``net``."""
    for norm in net.modules():
        if isinstance(norm, StyleNorm):
            for part in (norm.gamma, norm.beta):
                part.bias.data += part.weight @ torch.from_numpy(style)
    return net


def _names() -> Iterator[tuple[str, str]]:
    """Yields our name and the file's name of every tensor."""
    for place in range(3):
        yield f"contract.{place}.1.weight", f"transformer/contract/conv{place + 1}/weights"
        yield f"contract.{place}.1.bias", f"transformer/contract/conv{place + 1}/Conv2D_bias"
        yield from _norm_names(f"expand.{place}", f"transformer/expand/conv{place + 1}/conv")
    for block in range(RES_BLOCKS):
        for place, half in enumerate(("first", "second"), 1):
            yield from _norm_names(f"res.{block}.{half}", f"transformer/residual/residual{block + 1}/conv{place}")


def _norm_names(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    """Yields both names of the tensors of a convolution and its norm. The convolution's own bias is left out, because
    the norm cancels it."""
    yield f"{ours}.conv.weight", f"{theirs}/weights"
    for part, name in (("beta", "Conv"), ("gamma", "Conv_1")):
        yield f"{ours}.norm.{part}.weight", f"style_params/{theirs}/StyleNorm/{name}/weights"
        yield f"{ours}.norm.{part}.bias", f"style_params/{theirs}/StyleNorm/{name}/Conv2D_bias"


def _dequantised(path: Path) -> Weights:
    """Returns the arrays that the file's 8-bit (weights) and 32-bit (biases) integers stand for, by the file's
    names."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    found: Weights = {}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in arrays:
            numbers, scale, zero = (arrays[name] for name in node.input)
            along = (-1, *(1,) * (numbers.ndim - 1))  # a scale for each output channel
            steps = numbers.astype(np.float32) - zero.astype(np.float32).reshape(along)
            found[node.output[0].removesuffix("_dequant")] = steps * scale.reshape(along)
    return found
