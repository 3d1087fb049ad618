"""Every network that a family has, with random weights: slim, or as wide as its authors made it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from tests.model.networks import IMAGENET
from vj.model.classifier import Classifier
from vj.model.files.architectures import NETS
from vj.model.nets.arbitrary_style import ArbitraryTransform
from vj.model.nets.multistyle import ConditionalNorm, MultiStyle
from vj.model.nets.resnet_generator import Grow, Shrink
from vj.model.nets.three_channels import ThreeChannels
from vj.model.network import BYTES, SIGNED, UNIT, Network, NetworkControl, Range, digest

_KEY: Final = f"test-whole-{digest(Path(__file__))}"
"""In the keys of the networks here: what is kept of them is of no use once they change."""
PIECES: Final = {1: (1.0,), 2: (1.0, 1.0), 3: (1.0, 2.0, 1.0), 4: (1.0, 3.0, 3.0, 1.0)}


@dataclass(frozen=True)
class Kind:
    """``make`` builds a network with the arguments ``slim`` or ``wide``. Its last layer is made to give numbers around
    ``level``, most of them not further from it than ``spread``, so that what is shown is neither flat nor clipped."""

    make: Callable[..., nn.Module]
    slim: Mapping[str, Any]
    wide: Mapping[str, Any]
    takes: Range = SIGNED
    gives: Range = SIGNED
    level: float = 0.0
    spread: float = 0.5
    controls: tuple[NetworkControl, ...] = ()


def _of(name: str) -> Callable[..., nn.Module]:
    return lambda **arguments: NETS[name](**arguments)


def _grey(**arguments: Any) -> nn.Module:
    return ThreeChannels(NETS["unet"](inputs=1, outputs=1, **arguments), 1, 1)


_AFTER_VGG = (NetworkControl("mean", (1, 512, 1, 1), 0.3), NetworkControl("deviation", (1, 512, 1, 1), 0.6))
_RESNET = _of("resnet_generator")
KINDS: Final[Mapping[str, Kind]] = {
    "style26": Kind(MultiStyle, {}, {}, UNIT, UNIT, controls=(NetworkControl("style_weights", (26,), 1 / 26),)),
    "painting": Kind(ArbitraryTransform, {}, {}, UNIT, UNIT, controls=(NetworkControl("style", (100,), 0.1),)),
    "transformer_net": Kind(
        _of("transformer_net"), {"filters": 8, "blocks": 2}, {}, BYTES, BYTES, level=128.0, spread=40.0
    ),
    "unet": Kind(_of("unet"), {"filters": 8, "levels": 5}, {"filters": 64, "levels": 8}),
    "unet, instance norm": Kind(
        _of("unet"), {"filters": 8, "levels": 4, "kind": "instance"}, {"levels": 7, "kind": "instance"}
    ),
    "unet, grey": Kind(_grey, {"filters": 8, "levels": 4}, {"levels": 7}),
    "resnet_generator": Kind(_RESNET, {"filters": 8, "blocks": 2}, {}),
    "resnet_generator, batch norm": Kind(
        _RESNET, {"filters": 8, "blocks": 2, "kind": "batch"}, {"blocks": 6, "kind": "batch"}
    ),
    "resnet_generator, filtered": Kind(
        _RESNET, {"filters": 8, "blocks": 2, "shrinking": 3, "growing": 4}, {"shrinking": 3, "growing": 4}
    ),
    "resnet_generator, four halvings": Kind(_RESNET, {"filters": 4, "blocks": 2, "downs": 4}, {"downs": 4}),
    "local_enhancer": Kind(_of("local_enhancer"), {"filters": 4, "blocks": 2}, {}),
    "adain": Kind(_of("adain"), {}, {}, UNIT, UNIT, level=0.5, spread=0.2, controls=_AFTER_VGG),
    "look": Kind(_of("look"), {"channels": (8, 12, 16)}, {}, UNIT, UNIT, level=0.5, spread=0.2),
    "animegan": Kind(_of("animegan"), {}, {}),
    "u2net": Kind(_of("u2net"), {"small": True}, {}, IMAGENET, UNIT),
}
"""Networks from picture to picture: those of `NETS` by their names there, and the two that have no file of their own
layout."""
CLASSIFIERS: Final[Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], Range]]] = {
    "efficientnet_lite": (
        {"stages": [[1, 4], [2, 6], [2, 8], [3, 10], [3, 12], [1, 14], [1, 16]], "stem": 4, "head": 24, "classes": 7},
        {"stages": [[1, 16], [2, 24], [2, 40], [3, 80], [3, 112], [4, 192], [1, 320]], "stem": 32, "head": 1280}
        | {"classes": 1000},
        SIGNED,
    ),
    "resnet": (
        {"blocks": [1, 1, 1, 1], "filters": 8, "width": 8, "groups": 1, "classes": 7},
        {"blocks": [3, 4, 6, 3], "filters": 64, "width": 64, "groups": 1, "classes": 1000},
        IMAGENET,
    ),
    "vgg": (
        {"stages": [[8] * 2, [8] * 2, [8] * 4, [8] * 4, [8] * 4], "norm": False, "hidden": 16, "classes": 7},
        {"stages": [[64] * 2, [128] * 2, [256] * 4, [512] * 4, [512] * 4], "norm": False, "hidden": 4096}
        | {"classes": 1000},
        IMAGENET,
    ),
    "googlenet": ({"classes": 7}, {"classes": 1000}, SIGNED),
}
"""The networks of `NETS` from picture to scores: slim and wide arguments, and the range of what goes in."""


def made(name: str, *, wide: bool = False) -> nn.Module:
    """The network of `KINDS` or `CLASSIFIERS` of that name, the same at every call."""
    if name in CLASSIFIERS:
        slim, broad, _ = CLASSIFIERS[name]
        return _settled(partial(NETS[name], **(broad if wide else slim)))
    kind = KINDS[name]
    net = _settled(partial(kind.make, **(kind.wide if wide else kind.slim)))
    _aim(net, kind, 2 * max(64, _multiple(name, wide)))
    return net


def network(name: str, *, wide: bool = False) -> Network:
    """The network of `KINDS` as data."""
    kind = KINDS[name]
    multiple = _multiple(name, wide)
    module = partial(made, name, wide=wide)
    key, least = f"{_KEY}-{name}-{wide}", 2 * multiple
    return Network(name, key, kind.takes, kind.gives, multiple, least, controls=kind.controls, module=module)


def _multiple(name: str, wide: bool) -> int:
    return 2 ** KINDS[name].wide.get("levels", 5) if wide else 32


def classifier(name: str, *, wide: bool = False) -> Classifier:
    """The network of `CLASSIFIERS` as data."""
    slim, broad, takes = CLASSIFIERS[name]
    count = int((broad if wide else slim)["classes"])
    labels = tuple(map(str, range(count)))
    return Classifier(name, f"{_KEY}-{name}-{wide}", takes, partial(made, name, wide=wide), count, labels)


def _settled(make: Callable[[], nn.Module]) -> nn.Module:
    """The network with random weights that keep the size of what runs through it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        net = make()
        for part in net.modules():
            if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                nn.init.kaiming_normal_(part.weight)
                if part.bias is not None:
                    nn.init.normal_(part.bias, 0.0, 0.1)
            elif isinstance(part, nn.BatchNorm2d):
                nn.init.normal_(part.running_mean, 0.0, 0.1)
                nn.init.uniform_(part.running_var, 0.5, 1.5)
            elif isinstance(part, ConditionalNorm):
                nn.init.uniform_(part.gamma, 0.5, 1.5)
                nn.init.normal_(part.beta, 0.0, 0.3)
            elif isinstance(part, Shrink | Grow):
                _fill(part)
    return net.eval().requires_grad_(False)


def _fill(part: Shrink | Grow) -> None:
    row = torch.tensor(PIECES[part.filt.shape[-1]])
    filt = torch.outer(row, row)
    part.filt.copy_((filt / filt.sum() * (4.0 if isinstance(part, Grow) else 1.0)).expand_as(part.filt))


def _aim(net: nn.Module, kind: Kind, side: int) -> None:
    """Have the last layer give numbers around the level, for a picture of that side."""
    last = [part for part in net.modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)][-1]
    seen: list[Tensor] = []
    hook = last.register_forward_hook(lambda layer, given, result: seen.append(result))
    image = picture(kind.takes, side, side)
    if last.bias is not None:
        last.bias.zero_()
    with torch.no_grad():
        net(image, *(torch.full(control.shape, control.sample) for control in kind.controls))
    last.weight *= kind.spread / seen[0].std()
    if last.bias is not None:
        last.bias += kind.level - seen[0].mean() * (kind.spread / seen[0].std())
    hook.remove()


def picture(takes: Range, height: int, width: int) -> Tensor:
    """A photograph [1, 3, height, width] in the numbers that a network takes."""
    import skimage.data

    photo = torch.from_numpy(skimage.data.astronaut()).permute(2, 0, 1)[None] / 255
    photo = nn.functional.interpolate(photo, (height, width), mode="bilinear", antialias=True)
    return photo * torch.tensor(takes.scale)[:, None, None] + torch.tensor(takes.shift)[:, None, None]
