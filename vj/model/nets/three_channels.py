"""Lets grey networks take the place of networks for colour."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from vj.model.nets.luma import LUMA


class ThreeChannels(nn.Module):
    """Wraps a network of 1 or 3 channels so that it takes and gives 3: [1, 3, h, w] -> [1, 3, h, w].

    ``inputs`` and ``outputs`` are the channels of ``net``, 1 or 3. A network that takes grey gets the luma, whose
    weights sum to 1, so that grey lies in the same range as the colours. A grey result is repeated in all channels.
    Controls behind the image are passed on as they are.
    """

    luma: Tensor

    def __init__(self, net: nn.Module, inputs: int, outputs: int) -> None:
        super().__init__()
        self.net = net
        self.grey_in = inputs == 1
        self.grey_out = outputs == 1
        self.register_buffer("luma", torch.tensor(LUMA).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, image: Tensor, *controls: Tensor) -> Tensor:
        if self.grey_in:
            image = (image * self.luma).sum(1, keepdim=True)
        result = cast(Tensor, self.net(image, *controls))
        return torch.cat([result] * 3, 1) if self.grey_out else result
