"""The 26-style fast style transfer network: one network, whose styles differ only in the scale and shift of its norms.

Paper: V. Dumoulin, J. Shlens, M. Kudlur, "A learned representation for artistic style", ICLR 2017. Weights: Magenta's
`image_stylization`, slimmed to 32 channels. A style is a row of gamma and beta in every norm; a blend of styles is a
weighted sum of rows.

Shapes for a picture of h x w (multiples of 4)::

    contract.0   9x9            3 -> 32   h   x w
    contract.1   3x3 stride 2  32 -> 32   h/2 x w/2
    contract.2   3x3 stride 2  32 -> 32   h/4 x w/4
    res.0 .. 5   two 3x3       32 -> 32   h/4 x w/4   added to their input, relu between the two
    expand.0     x2, 3x3       32 ->  8   h/2 x w/2   x2 is nearest
    expand.1     x2, 3x3        8 ->  4   h   x w
    expand.2     9x9            4 ->  3   h   x w     sigmoid

Every convolution has reflected borders, no bias, and a conditional instance norm after it.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vj.model.nets.multistyle_weights import EPSILON, LAYERS, RES_BLOCKS, STYLES, Weights, weights_from_onnx


class ConditionalNorm(nn.Module):
    """Instance norm of [n, c, h, w]; scale and shift are rows of [26, c] tables, blended by ``style_weights`` [26].

    All n pictures get the same blend: the sum of the rows, each times its weight.
    """

    gamma: Tensor
    """The scales [26, channels], at first ones."""
    beta: Tensor
    """The shifts [26, channels], at first zeros."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("gamma", torch.ones(STYLES, channels))
        self.register_buffer("beta", torch.zeros(STYLES, channels))

    def forward(self, x: Tensor, style_weights: Tensor) -> Tensor:
        return F.instance_norm(x, weight=style_weights @ self.gamma, bias=style_weights @ self.beta, eps=EPSILON)


class StyledConv(nn.Module):
    """Nearest upsampling by ``up``, a convolution with reflected borders and a norm, without a relu: [n, inputs, h, w]
    and ``style_weights`` [26] -> [n, outputs, h * up / stride, w * up / stride]."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, up: int = 1) -> None:
        super().__init__()
        self.up = up
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride=stride, bias=False)
        self.norm = ConditionalNorm(outputs)

    def forward(self, x: Tensor, style_weights: Tensor) -> Tensor:
        if self.up > 1:
            x = F.interpolate(x, scale_factor=float(self.up), mode="nearest")
        return cast(Tensor, self.norm(self.conv(self.pad(x)), style_weights))


class StyledResidual(nn.Module):
    """Two convolutions with norms, a relu between them, added to their input: [n, 32, h, w] and ``style_weights`` [26]
    -> [n, 32, h, w]. There is no relu after the sum."""

    def __init__(self) -> None:
        super().__init__()
        self.first = StyledConv(32, 32, 3)
        self.second = StyledConv(32, 32, 3)

    def forward(self, x: Tensor, style_weights: Tensor) -> Tensor:
        return x + cast(Tensor, self.second(torch.relu(self.first(x, style_weights)), style_weights))


class MultiStyle(nn.Module):
    """The whole network. Takes image [n, 3, h, w], RGB in 0-1, sides multiples of 4, and style_weights [26], one for
    each style, mostly of sum 1; gives [n, 3, h, w] in 0-1. `from_weights` fills in the weights."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = nn.ModuleList([StyledConv(3, 32, 9), *(StyledConv(32, 32, 3, stride=2) for _ in range(2))])
        self.res = nn.ModuleList(StyledResidual() for _ in range(RES_BLOCKS))
        self.expand = nn.ModuleList([StyledConv(32, 8, 3, up=2), StyledConv(8, 4, 3, up=2), StyledConv(4, 3, 9)])

    def forward(self, image: Tensor, style_weights: Tensor) -> Tensor:
        x = image
        for contract in self.contract:
            x = torch.relu(contract(x, style_weights))
        for residual in self.res:
            x = residual(x, style_weights)
        for expand in list(self.expand)[:-1]:
            x = torch.relu(expand(x, style_weights))
        return torch.sigmoid(self.expand[-1](x, style_weights))

    def layer(self, name: str) -> StyledConv:
        """Returns this network's own convolution with its norm, not a copy, that is called ``name``, one of `LAYERS`:
        ``contract.0``, ``res.3.1``, ``expand.2``."""
        part, *index = name.split(".")
        stage = cast(nn.ModuleList, getattr(self, part))[int(index[0])]
        if isinstance(stage, StyledResidual):
            return stage.second if index[1] == "1" else stage.first
        return cast(StyledConv, stage)


def from_weights(weights: Weights) -> MultiStyle:
    """Returns a new network with copies of ``weights``, in eval mode, without gradients.

    ``weights`` has the arrays that `weights_from_onnx` returns, by the same names; KeyError if one is missing.
    """
    net = MultiStyle()
    for name in LAYERS:
        layer = net.layer(name)
        layer.conv.weight.data = torch.from_numpy(weights[f"{name}.w"].copy())
        layer.norm.gamma = torch.from_numpy(weights[f"{name}.norm.gamma"].copy())
        layer.norm.beta = torch.from_numpy(weights[f"{name}.norm.beta"].copy())
    return net.eval().requires_grad_(False)


def from_onnx(path: str | Path) -> MultiStyle:
    """Returns a new network with the weights of the ONNX file at ``path``, in eval mode, without gradients. Raises
    BadInput if the file holds some other network."""
    return from_weights(weights_from_onnx(path))
