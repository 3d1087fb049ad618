"""The generator of pix2pixHD at its full resolution: a ResNet on the halved picture, and enhancers around it.

Paper: T. Wang et al., "High-resolution image synthesis and semantic manipulation with conditional GANs", CVPR 2018.
Layout and names: NVIDIA/pix2pixHD, `LocalEnhancer` (BSD).

Shapes for a picture of h x w (multiples of 2^(downs + enhancers)), f filters and one enhancer::

    model       the global generator without its head   inputs -> 2 f    h/2 x w/2, of the picture halved by averaging
    model1_1    7x7 reflected, 3x3 stride 2              inputs -> 2 f    h/2 x w/2
    model1_2    blocks on the sum of the two             2 f              h/2 x w/2
                3x3 transposed stride 2, head            2 f -> outputs   h   x w

A further enhancer goes around these, with half as many filters again; only the outermost has a head.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from vj.model.nets.resnet_generator import ResnetBlock, Style, down, head, stem, trunk, up


class LocalEnhancer(nn.Module):
    """The whole network. Takes image [1, inputs, h, w] in -1..1, sides multiples of 2^(downs + enhancers); gives [1,
    outputs, h, w] in -1..1."""

    def __init__(
        self,
        inputs: int = 3,
        outputs: int = 3,
        filters: int = 32,
        downs: int = 3,
        blocks: int = 9,
        enhancers: int = 1,
        local_blocks: int = 3,
        **style: object,
    ) -> None:
        """``inputs`` and ``outputs`` are channels of the pictures; ``filters`` are those of the outermost enhancer's
        first convolution. ``downs`` and ``blocks`` are the inner generator's numbers of halvings and residual blocks,
        ``local_blocks`` each enhancer's; ``style`` are the fields of `Style`, such as ``kind="batch"``. The weights
        are random."""
        super().__init__()
        common = Style(**style)  # type: ignore[arg-type]
        self.enhancers = enhancers
        self.model = nn.Sequential(*trunk(inputs, filters * 2**enhancers, downs, blocks, common))
        for number in range(1, enhancers + 1):
            wide = filters * 2 ** (enhancers - number)
            after = [*(ResnetBlock(2 * wide, common) for _ in range(local_blocks)), *up(2 * wide, common)]
            if number == enhancers:
                after += head(wide, outputs)
            self.add_module(f"model{number}_1", nn.Sequential(*stem(inputs, wide, common), *down(wide, common)))
            self.add_module(f"model{number}_2", nn.Sequential(*after))

    def forward(self, image: Tensor) -> Tensor:
        pictures = [image]
        for _ in range(self.enhancers):
            pictures.append(F.avg_pool2d(pictures[-1], 3, stride=2, padding=1, count_include_pad=False))
        x: Tensor = self.model(pictures.pop())
        for number in range(1, self.enhancers + 1):
            before, after = self.get_submodule(f"model{number}_1"), self.get_submodule(f"model{number}_2")
            x = after(before(pictures.pop()) + x)
        return x
