"""Small networks put together the way their authors do, with the names that their checkpoints have.

Written apart from `vj.model.nets`: nested blocks and plain sequences, in training's own terms. Every tensor is random,
so that none can be left out unseen.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Norm = Callable[[int], nn.Module]


class OldInstanceNorm(nn.InstanceNorm2d):
    """As torch wrote them before 0.4: with statistics, which CycleGAN's code drops when it loads them."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, track_running_stats=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.instance_norm(x)


NORMS: dict[str, Norm] = {
    "batch": nn.BatchNorm2d,
    "instance": nn.InstanceNorm2d,
    "affine": lambda channels: nn.InstanceNorm2d(channels, affine=True),
    "old instance": OldInstanceNorm,
}


def seeded(net: nn.Module, seed: int = 0) -> nn.Module:
    """The network in eval mode with random weights, norms and statistics."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in net.state_dict().items():
        if name.endswith("filt") or not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=random)
        if name.endswith("running_var"):
            tensor.copy_(noise.abs() + 0.5)
        elif tensor.dim() > 1:
            tensor.copy_(noise * (1.5 / tensor[0].numel() ** 0.5))
        else:
            tensor.copy_(0.2 * noise + (1.0 if name.endswith("weight") else 0.0))
    return net.eval().requires_grad_(False)


def export(
    net: nn.Module,
    inputs: tuple[Tensor, ...],
    path: Path,
    names: tuple[str, str] = ("image", "result"),
    *,
    open_size: bool,
) -> None:
    """The network as an ONNX file, traced with ``inputs``; ``names`` are those of the first input and the result."""
    axes = {name: {2: "h", 3: "w"} for name in names} if open_size else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an exporter that torch would rather see go, and of traced sizes
        torch.onnx.export(
            net.eval(),
            inputs,
            str(path),
            input_names=[names[0], *(f"control_{number}" for number in range(1, len(inputs)))],
            output_names=[names[1]],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


class UnetBlock(nn.Module):
    """A level of the U-Net around the next one."""

    def __init__(
        self, outer: int, inner: int, inside: nn.Module | None, norm: Norm, bias: bool, pictures: tuple[int, int] | None
    ) -> None:
        super().__init__()
        self.outermost = pictures is not None
        inputs, outputs = pictures or (outer, outer)
        conv = nn.Conv2d(inputs, inner, 4, 2, 1, bias=bias)
        deep = inner if inside is None else 2 * inner
        convt = nn.ConvTranspose2d(deep, outputs, 4, 2, 1, bias=bias or self.outermost)
        middle = [] if inside is None else [inside]
        if pictures:
            layers = [conv, *middle, nn.ReLU(), convt, nn.Tanh()]
        elif inside is None:
            layers = [nn.LeakyReLU(0.2), conv, nn.ReLU(), convt, norm(outer)]
        else:
            layers = [nn.LeakyReLU(0.2), conv, norm(inner), *middle, nn.ReLU(), convt, norm(outer), nn.Dropout(0.5)]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class Unet(nn.Module):
    def __init__(self, levels: int, filters: int, norm: str, inputs: int = 3, outputs: int = 3) -> None:
        super().__init__()
        bias = "instance" in norm
        wide = [filters * min(2**level, 8) for level in range(levels)]
        block: nn.Module | None = None
        for level in reversed(range(1, levels)):
            block = UnetBlock(wide[level - 1], wide[level], block, NORMS[norm], bias, None)
        self.model = UnetBlock(filters, filters, block, NORMS[norm], bias, (inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class ResBlock(nn.Module):
    def __init__(self, channels: int, norm: Norm, bias: bool, dropout: bool, name: str) -> None:
        super().__init__()
        half = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias), norm(channels)]
        again = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias), norm(channels)]
        self.name = name
        self.add_module(name, nn.Sequential(*half, nn.ReLU(), *([nn.Dropout(0.5)] if dropout else []), *again))

    def forward(self, x: Tensor) -> Tensor:
        return x + getattr(self, self.name)(x)


def binomial(channels: int, taps: tuple[float, ...]) -> Tensor:
    line = torch.tensor(taps)
    return (line[:, None] * line / line.sum() ** 2).repeat(channels, 1, 1, 1)


class Blurred(nn.Module):
    """Zhang's anti-aliased halving or doubling, for filters of 3 and 4 taps."""

    def __init__(self, channels: int, taps: tuple[float, ...], up: bool) -> None:
        super().__init__()
        self.up = up
        self.register_buffer("filt", binomial(channels, taps) * (4 if up else 1))

    def forward(self, x: Tensor) -> Tensor:
        size, channels = self.filt.shape[-1], x.shape[1]
        if not self.up:
            low = (size - 1) // 2
            x = F.pad(x, (low, size - 1 - low, low, size - 1 - low), mode="reflect")
            return F.conv2d(x, self.filt, stride=2, groups=channels)
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        x = F.conv_transpose2d(x, self.filt, stride=2, padding=1 + (size - 1) // 2, groups=channels)[:, :, 1:, 1:]
        return x if size % 2 else x[:, :, :-1, :-1]


def resnet_layers(
    filters: int = 4,
    downs: int = 2,
    blocks: int = 2,
    norm: str = "instance",
    bias: bool = True,
    dropout: bool = False,
    block: str = "conv_block",
    taps: tuple[tuple[float, ...], ...] = (),
    pictures: tuple[int, int] = (3, 3),
) -> list[nn.Module]:
    """CycleGAN's generator as a list; with ``taps``, CUT's. ``taps`` are the filters for halving and for doubling."""
    make = NORMS[norm]
    layers: list[nn.Module] = [
        *(nn.ReflectionPad2d(3), nn.Conv2d(pictures[0], filters, 7, bias=bias), make(filters), nn.ReLU())
    ]
    channels = filters
    for _ in range(downs):
        layers += [
            *(nn.Conv2d(channels, channels * 2, 3, 1 if taps else 2, 1, bias=bias), make(channels * 2), nn.ReLU())
        ]
        channels *= 2
        if taps:
            layers.append(Blurred(channels, taps[0], up=False))
    layers += [ResBlock(channels, make, bias, dropout, block) for _ in range(blocks)]
    for _ in range(downs):
        if len(taps) > 1:
            layers += [Blurred(channels, taps[1], up=True), nn.Conv2d(channels, channels // 2, 3, 1, 1, bias=bias)]
        else:
            layers.append(nn.ConvTranspose2d(channels, channels // 2, 3, 2, 1, output_padding=1, bias=bias))
        channels //= 2
        layers += [make(channels), nn.ReLU()]
    return [*layers, nn.ReflectionPad2d(3), nn.Conv2d(channels, pictures[1], 7), nn.Tanh()]


class Resnet(nn.Module):
    def __init__(self, **options: object) -> None:
        super().__init__()
        self.model = nn.Sequential(*resnet_layers(**options))  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Enhancer(nn.Module):
    """pix2pixHD's local enhancer, once around a global generator of 4 filters, 1 halving and 1 block."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Sequential(*resnet_layers(filters=4, downs=1, blocks=1)[:-3])
        self.model1_1 = nn.Sequential(
            *(nn.ReflectionPad2d(3), nn.Conv2d(3, 2, 7), nn.InstanceNorm2d(2), nn.ReLU()),
            *(nn.Conv2d(2, 4, 3, 2, 1), nn.InstanceNorm2d(4), nn.ReLU()),
        )
        self.model1_2 = nn.Sequential(
            *(ResBlock(4, nn.InstanceNorm2d, True, False, "conv_block") for _ in range(2)),
            *(nn.ConvTranspose2d(4, 2, 3, 2, 1, output_padding=1), nn.InstanceNorm2d(2), nn.ReLU()),
            *(nn.ReflectionPad2d(3), nn.Conv2d(2, 3, 7), nn.Tanh()),
        )
        self.downsample = nn.AvgPool2d(3, stride=2, padding=[1, 1], count_include_pad=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.model1_2(self.model1_1(x) + self.model(self.downsample(x)))


class Padded(nn.Module):
    def __init__(self, inputs: int, outputs: int, size: int, stride: int = 1, up: int = 0) -> None:
        super().__init__()
        self.reflection_pad = nn.ReflectionPad2d(size // 2)
        self.conv2d = nn.Conv2d(inputs, outputs, size, stride)
        self.before: nn.Module = nn.UpsamplingNearest2d(scale_factor=up) if up else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2d(self.reflection_pad(self.before(x)))


class StyleBlock(nn.Module):
    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.conv1, self.in1 = Padded(channels, channels, 3), norm(channels)
        self.conv2, self.in2 = Padded(channels, channels, 3), norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.in2(self.conv2(torch.relu(self.in1(self.conv1(x)))))


class FastStyle(nn.Module):
    """Five blocks, four filters; ``old`` keeps running statistics, as torch 0.3 did."""

    def __init__(self, old: bool) -> None:
        super().__init__()

        def norm(channels: int) -> nn.Module:
            return nn.InstanceNorm2d(channels, affine=True)

        self.old = old
        self.conv1, self.in1 = Padded(3, 4, 9), norm(4)
        self.conv2, self.in2 = Padded(4, 8, 3, 2), norm(8)
        self.conv3, self.in3 = Padded(8, 16, 3, 2), norm(16)
        self.res1, self.res2, self.res3, self.res4, self.res5 = (StyleBlock(16, norm) for _ in range(5))
        self.deconv1, self.in4 = Padded(16, 8, 3, up=2), norm(8)
        self.deconv2, self.in5 = Padded(8, 4, 3, up=2), norm(4)
        self.deconv3 = Padded(4, 3, 9)

    def forward(self, x: Tensor) -> Tensor:
        for conv, norm in ((self.conv1, self.in1), (self.conv2, self.in2), (self.conv3, self.in3)):
            x = torch.relu(norm(conv(x)))
        x = self.res5(self.res4(self.res3(self.res2(self.res1(x)))))
        for conv, norm in ((self.deconv1, self.in4), (self.deconv2, self.in5)):
            x = torch.relu(norm(conv(x)))
        return self.deconv3(x)


def _vgg(inputs: int, *plan: int) -> list[nn.Module]:
    """Reflected 3x3s with relu; 0 halves."""
    layers: list[nn.Module] = []
    for outputs in plan:
        if outputs == 0:
            layers.append(nn.MaxPool2d(2, 2, 0, ceil_mode=True))
        else:
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(inputs, outputs, 3), nn.ReLU()]
            inputs = outputs
    return layers


def adain_encoder() -> nn.Sequential:
    """The normalised VGG-19 up to relu4_2: one convolution more than is wanted."""
    return nn.Sequential(nn.Conv2d(3, 3, 1), *_vgg(3, 64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512))


def adain_decoder() -> nn.Sequential:
    def conv(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.ReflectionPad2d(1), nn.Conv2d(inputs, outputs, 3), nn.ReLU()]

    def double() -> nn.Module:
        return nn.UpsamplingNearest2d(scale_factor=2)

    layers = [*conv(512, 256), double(), *conv(256, 256), *conv(256, 256), *conv(256, 256), *conv(256, 128), double()]
    layers += [*conv(128, 128), *conv(128, 64), double(), *conv(64, 64), *conv(64, 3)]
    return nn.Sequential(*layers[:-1])


class Anime(nn.Module):
    """AnimeGANv2's generator."""

    def __init__(self) -> None:
        super().__init__()
        conv = self._conv
        self.block_a = nn.Sequential(conv(3, 32, 7), conv(32, 64, 3, 2), conv(64, 64))
        self.block_b = nn.Sequential(conv(64, 128, 3, 2), conv(128, 128))
        inner = [Inverted(128), Inverted(256), Inverted(256), Inverted(256)]
        self.block_c = nn.Sequential(conv(128, 128), *inner, conv(256, 128))
        self.block_d = nn.Sequential(conv(128, 128), conv(128, 128))
        self.block_e = nn.Sequential(conv(128, 64), conv(64, 64), conv(64, 32, 7))
        self.out_layer = nn.Sequential(nn.Conv2d(32, 3, 1, bias=False), nn.Tanh())

    @staticmethod
    def _conv(inputs: int, outputs: int, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
        pad = nn.ReflectionPad2d((0, 1, 0, 1) if stride == 2 else size // 2)
        conv = nn.Conv2d(inputs, outputs, size, stride, groups=groups, bias=groups > 1)
        return nn.Sequential(pad, conv, nn.GroupNorm(1, outputs), nn.LeakyReLU(0.2))

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        x = self.block_a(x)
        half = x.shape[-2:]
        x = self.block_c(self.block_b(x))
        x = self.block_d(F.interpolate(x, half, mode="bilinear", align_corners=True))
        return self.out_layer(self.block_e(F.interpolate(x, size, mode="bilinear", align_corners=True)))


class Inverted(nn.Module):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        conv, wide = Anime._conv, 2 * inputs
        last = nn.Conv2d(wide, 256, 1, bias=False)
        self.layers = nn.Sequential(conv(inputs, wide, 1), conv(wide, wide, 3, 1, wide), last, nn.GroupNorm(1, 256))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if x.shape[1] == 256 else self.layers(x)


class Rebn(nn.Module):
    def __init__(self, inputs: int, outputs: int, dirate: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(inputs, outputs, 3, padding=dirate, dilation=dirate)
        self.bn_s1 = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn_s1(self.conv_s1(x)))


class Rsu(nn.Module):
    """U²-Net's nested U, by recursion from its outermost level inwards."""

    def __init__(self, depth: int, inputs: int, middle: int, outputs: int, flat: bool = False) -> None:
        super().__init__()
        self.depth, self.flat = depth, flat
        self.rebnconvin = Rebn(inputs, outputs)
        self.rebnconv1 = Rebn(outputs, middle)
        for level in range(2, depth):
            setattr(self, f"rebnconv{level}", Rebn(middle, middle, 2 ** (level - 1) if flat else 1))
        setattr(self, f"rebnconv{depth}", Rebn(middle, middle, 8 if flat else 2))
        for level in range(depth - 1, 0, -1):
            last = outputs if level == 1 else middle
            setattr(self, f"rebnconv{level}d", Rebn(2 * middle, last, 2 ** (level - 1) if flat else 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.rebnconvin(x)
        return x + self.inside(1, x)

    def inside(self, level: int, x: Tensor) -> Tensor:
        x = getattr(self, f"rebnconv{level}")(x)
        if level == self.depth:
            return x
        halved = not self.flat and level < self.depth - 1
        below = self.inside(level + 1, F.max_pool2d(x, 2, ceil_mode=True) if halved else x)
        if halved:
            below = F.interpolate(below, scale_factor=2, mode="bilinear")
        return getattr(self, f"rebnconv{level}d")(torch.cat((below, x), 1))


class U2netp(nn.Module):
    """The small U²-Net; what it gives is the first of its maps."""

    def __init__(self) -> None:
        super().__init__()
        for number, depth in enumerate((7, 6, 5, 4), start=1):
            setattr(self, f"stage{number}", Rsu(depth, 3 if number == 1 else 64, 16, 64))
            setattr(self, f"stage{number}d", Rsu(depth, 128, 16, 64))
        self.stage5, self.stage6, self.stage5d = (Rsu(4, inputs, 16, 64, flat=True) for inputs in (64, 64, 128))
        for number in range(1, 7):
            setattr(self, f"side{number}", nn.Conv2d(64, 1, 3, padding=1))
        self.outconv = nn.Conv2d(6, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        down = [self.stage1(x)]
        for number in range(2, 7):
            down.append(getattr(self, f"stage{number}")(F.max_pool2d(down[-1], 2)))
        x = down.pop()
        maps = [F.interpolate(self.side6(x), scale_factor=32, mode="bilinear")]
        for number in range(5, 0, -1):
            x = F.interpolate(x, scale_factor=2, mode="bilinear")
            x = getattr(self, f"stage{number}d")(torch.cat((x, down.pop()), 1))
            side = getattr(self, f"side{number}")(x)
            maps.insert(0, F.interpolate(side, scale_factor=2 ** (number - 1), mode="bilinear") if number > 1 else side)
        return torch.sigmoid(self.outconv(torch.cat(maps, 1)))
