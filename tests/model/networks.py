"""Small networks with random weights, one of each kind that the families have."""

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vj.base.frame import Size
from vj.model.network import BYTES, SIGNED, UNIT, Network, NetworkControl, Range

SIZE = Size(64, 48)


class Residual(nn.Module):
    def __init__(self, channels: int, affine: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *bordered(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=affine),
            nn.ReLU(),
            *bordered(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=affine),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Skip(nn.Module):
    """Half the size, ``inside``, back; beside what came in."""

    def __init__(self, outer: int, inner: int, inside: nn.Module | None = None) -> None:
        super().__init__()
        middle = [nn.BatchNorm2d(inner), inside] if inside else []
        wide = inner * 2 if inside else inner
        self.body = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.Conv2d(outer, inner, 4, 2, 1, bias=False),
            *middle,
            nn.ReLU(),
            nn.ConvTranspose2d(wide, outer, 4, 2, 1, bias=False),
            nn.BatchNorm2d(outer),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.body(x)], 1)


class Tinted(nn.Module):
    """A 1x1 control that scales, and one of three numbers that shifts."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, image: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
        return torch.sigmoid(self.conv(image) * gain + shift[None, :, None, None])


def bordered(inputs: int, outputs: int, kernel: int, stride: int = 1) -> Iterator[nn.Module]:
    yield nn.ReflectionPad2d(kernel // 2)
    yield nn.Conv2d(inputs, outputs, kernel, stride)


def normed(channels: int, affine: bool = True) -> Iterator[nn.Module]:
    yield nn.InstanceNorm2d(channels, affine=affine)
    yield nn.ReLU()


def johnson() -> nn.Module:
    """Fast style: affine instance norms, nearest upsampling, 9x9 ends."""
    return nn.Sequential(
        *bordered(3, 8, 9),
        *normed(8),
        *bordered(8, 16, 3, 2),
        *normed(16),
        Residual(16, affine=True),
        nn.Upsample(scale_factor=2, mode="nearest"),
        *bordered(16, 8, 3),
        *normed(8),
        *bordered(8, 3, 9),
    )


def resnet() -> nn.Module:
    """CycleGAN: plain instance norms, transposed convolutions, 7x7 ends."""
    return nn.Sequential(
        *bordered(3, 8, 7),
        *normed(8, affine=False),
        nn.Conv2d(8, 16, 3, 2, 1),
        *normed(16, affine=False),
        Residual(16, affine=False),
        nn.ConvTranspose2d(16, 8, 3, 2, 1, 1),
        *normed(8, affine=False),
        *bordered(8, 3, 7),
        nn.Tanh(),
    )


def unet() -> nn.Module:
    """Pix2pix: batch norms, skips, zeros at the borders."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 2, 1),
        Skip(8, 16, Skip(16, 16)),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 3, 4, 2, 1),
        nn.Tanh(),
    )


def group_normed() -> nn.Module:
    """AnimeGANv2: norms over the whole picture, all channels at once."""
    return nn.Sequential(
        *bordered(3, 8, 7),
        nn.GroupNorm(1, 8),
        nn.LeakyReLU(0.2),
        *bordered(8, 8, 3),
        nn.GroupNorm(1, 8),
        nn.LeakyReLU(0.2),
        nn.Conv2d(8, 3, 1),
        nn.Tanh(),
    )


def zero_bordered() -> nn.Module:
    """Upsampling without a border of its own, and a 5x5 end likewise."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1),
        nn.ReLU(),
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 3, 5, padding=2),
        nn.Tanh(),
    )


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    """With the same random weights at every call; batch norms as if they had seen something."""
    torch.manual_seed(3)
    net = make()
    for part in net.modules():
        if isinstance(part, nn.GroupNorm):
            part.weight.data, part.bias.data = torch.rand(part.num_channels) + 0.5, torch.randn(part.num_channels) * 0.1
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean = torch.randn(part.num_features) * 0.1
            part.running_var = torch.rand(part.num_features) + 0.5
    return net.eval().requires_grad_(False)


IMAGENET = Range((1 / 0.229, 1 / 0.224, 1 / 0.225), (-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225))
KINDS = {
    "johnson": Network("johnson", "test-johnson", BYTES, SIGNED, module=partial(seeded, johnson)),
    "resnet": Network("resnet", "test-resnet", SIGNED, SIGNED, module=partial(seeded, resnet)),
    "unet": Network("unet", "test-unet", SIGNED, SIGNED, multiple=8, module=partial(seeded, unet)),
    "group_normed": Network("group_normed", "test-group", SIGNED, SIGNED, module=partial(seeded, group_normed)),
    "zero_bordered": Network("zero_bordered", "test-zeros", IMAGENET, SIGNED, module=partial(seeded, zero_bordered)),
    "tinted": Network(
        "tinted",
        "test-tinted",
        UNIT,
        UNIT,
        controls=(NetworkControl("gain", (1, 1), 1.0), NetworkControl("shift", (3,))),
        module=partial(seeded, Tinted),
    ),
}


@cache
def picture(size: Size = SIZE) -> npt.NDArray[np.uint8]:
    """A part of a photograph."""
    import skimage.data

    return np.ascontiguousarray(skimage.data.astronaut()[: size.height * 4 : 4, 100 : 100 + size.width * 4 : 4])


def samples(network: Network) -> list[npt.NDArray[np.float32]]:
    return [np.full(control.shape, control.sample, np.float32) for control in network.controls]
