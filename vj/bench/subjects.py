"""The networks that benches time: those of the catalogue, and untrained ones of the other families' shapes."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vj.base.frame import Size
from vj.model.families.arbitrary_style import PREDICT, TRANSFORM
from vj.model.families.arbitrary_style import network as painting
from vj.model.families.network_model import NetworkModel
from vj.model.families.style26_network import prepare_style26, style26
from vj.model.files import weights
from vj.model.files.architectures import NETS
from vj.model.files.library import Entry, find
from vj.model.nets.multistyle_weights import STYLES
from vj.model.network import BYTES, SIGNED, UNIT, Network, NetworkControl, Range
from vj.model.runtime import libraries
from vj.model.runtime.export import onnx_file
from vj.model.runtime.prepare import CompiledNetwork, prepare

if TYPE_CHECKING:
    from torch import nn

Prepare = Callable[[str], CompiledNetwork]
"""Compiles a subject's network for a backend, which it is given by name."""
UNTRAINED = "untrained, as its weights are not in the cache"
"""What is said of a network that stands in for one of the catalogue. Its weights don't change how long it takes."""


@dataclass
class Subject:
    """A network at a size that is timed: its family, a title, and how it is compiled for a backend."""

    family: str
    title: str
    network: Network
    size: Size
    prepare: Prepare
    note: str = ""
    """What has to be known to read its figures; usually empty."""


def operations(network: Network, size: Size) -> float:
    """Returns the multiplications and additions of one picture of ``size`` in the plain network, as torch counts them;
    0 if unknown."""
    if network.module is None or libraries.why_not("torch"):
        return 0.0
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    net = network.module()
    controls = [torch.full(control.shape, control.sample) for control in network.controls]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.rand(1, network.channels, size.height, size.width), *controls)
    return float(counter.get_total_flops())


def built_once(network: Network) -> Network:
    """Returns a copy of ``network`` whose module is built only once, when it is first asked for, and copied from then
    on: building a large network anew for each way would take longer than timing it."""
    built: list[nn.Module] = []

    def module() -> nn.Module:
        assert network.module
        if not built:
            built.append(network.module())
        return copy.deepcopy(built[0])

    return replace(network, module=module) if network.module else network


def _of_network(family: str, title: str, network: Network, size: Size, note: str = "") -> Subject:
    """Returns the subject at the size nearest to ``size`` that the network takes."""
    size = network.nearest(size)
    return Subject(family, title, network, size, lambda backend: prepare(network, size, backend), note)


def _untrained(
    family: str,
    title: str,
    net: str,
    size: Size,
    takes: Range,
    gives: Range,
    controls: tuple[NetworkControl, ...] = (),
    multiple: int = 4,
    outputs: int = 3,
    **arguments: Any,
) -> Subject:
    """Returns a network without a file, with so many ``outputs`` channels."""

    def make() -> nn.Module:
        from vj.model.nets.three_channels import ThreeChannels

        made = NETS[net](**arguments).eval().requires_grad_(False)
        return made if outputs == 3 else ThreeChannels(made, 3, outputs).eval()

    key = f"bench-{net}-{outputs}-{'-'.join(f'{name}{value}' for name, value in arguments.items()) or 'plain'}"
    network = Network(net, key, takes, gives, multiple, multiple, controls=controls, module=_seeded(make))
    return _of_network(family, title, network, size)


def _seeded(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """Returns a function that builds the same random network at every call."""

    def module() -> nn.Module:
        import torch

        torch.manual_seed(0)
        return make().eval().requires_grad_(False)

    return module


def _style26(size: Size) -> Subject:
    """Returns the 26 styles, whose weights are downloaded if they are missing."""
    file = weights.fetch("multistyle26.onnx", _quiet)
    network = style26(file)
    size = network.nearest(size)
    return Subject("style26", "26 styles", network, size, lambda backend: prepare_style26(file, size, backend))


def _painting(size: Size) -> Subject:
    """Returns the painting network, whose weights are downloaded if they are missing."""
    files = {name: weights.fetch(name, _quiet) for name in (PREDICT, TRANSFORM)}
    return _of_network("arbitrary_style", "painting", painting(files), size)


def _vintage() -> Subject:
    entry = find("vintage")
    entry.fetch(_quiet)
    model = Entry.from_job(entry.to_job()).make_model()
    assert isinstance(model, NetworkModel)
    return _of_network("cyclegan", "vintage, ResNet-9", model.named(""), Size(256, 256))


def _onnx() -> Subject:
    """Returns fast_style's network as an ONNX file, as if nothing else was known about it."""
    built = _johnson(Size(640, 360)).network
    network = Network("onnx", f"{built.key}-file", BYTES, BYTES, onnx=onnx_file(built))
    return _of_network("onnx", "Johnson 2016, from its file", network, Size(640, 360))


def _cached_style26(size: Size) -> Subject:
    """Returns the 26 styles, untrained where the cache has no weights; nothing is downloaded."""
    if weights.ASSETS["multistyle26.onnx"].intact and _reads_onnx():
        return _style26(size)
    control = NetworkControl("style_weights", (STYLES,), 1 / STYLES)
    network = Network("style26", "bench-style26", UNIT, UNIT, controls=(control,), module=_seeded(_multistyle))
    return _of_network("style26", "26 styles", network, size, UNTRAINED)


def _cached_painting(size: Size) -> Subject:
    """Returns the painting network, untrained where the cache has no weights; nothing is downloaded."""
    if all(weights.ASSETS[name].intact for name in (PREDICT, TRANSFORM)) and _reads_onnx():
        return _painting(size)
    control = NetworkControl("style", (100,))
    network = Network("arbitrary_style", "bench-painting", UNIT, UNIT, controls=(control,), module=_seeded(_transform))
    return _of_network("arbitrary_style", "painting", network, size, UNTRAINED)


def _multistyle() -> nn.Module:
    from vj.model.nets.multistyle import MultiStyle

    return MultiStyle()


def _transform() -> nn.Module:
    from vj.model.nets.arbitrary_style import ArbitraryTransform

    return ArbitraryTransform()


def _reads_onnx() -> bool:
    """Returns whether the package ``onnx`` is here, by which torch's modules get the weights in the catalogue's ONNX
    files."""
    try:
        return importlib.util.find_spec("onnx") is not None
    except (ImportError, ValueError):  # it is declared absent
        return False


def _quiet(doing: str, part: float | None) -> None:
    """Shows no progress while times are taken."""


def stand_in(name: str, folder: Path) -> tuple[Entry, str]:
    """Returns the catalogue's model ``name``, ready to be played, and an empty text; or, if its weights aren't in the
    cache, an untrained one in its place, and a line that says so. Nothing is downloaded.

    ``name`` is ``style26``, or a dream of the classifier's. The untrained model's file is written into ``folder``: a
    fast style network in the place of the 26 styles, a classifier of the same shape in the place of EfficientNet-Lite0.
    """
    entry = find(name)
    if entry.present and (name != "style26" or _reads_onnx()):
        return entry, ""
    if name == "style26":
        return find(str(_checkpoint(folder, "transformer_net"))), f"{name}: a fast style network, {UNTRAINED}"
    role = entry.family.removeprefix("dream_")
    return find(f"{_checkpoint(folder, 'efficientnet_lite', **_LITE0)}:{role}"), f"{name}: {UNTRAINED}"


def johnson_checkpoint(folder: Path) -> Entry:
    """Returns an untrained fast style network as a model, whose file is written into ``folder``."""
    return find(str(_checkpoint(folder, "transformer_net")))


def _checkpoint(folder: Path, net: str, **arguments: Any) -> Path:
    import torch

    path = folder / f"untrained-{net}.pth"
    if not path.exists():
        torch.manual_seed(0)
        tensors = NETS[net](**arguments).state_dict()
        if net == "transformer_net":  # else its pictures would be black, which an engine takes for a failure
            tensors["deconv3.conv2d.weight"] *= 40.0
            tensors["deconv3.conv2d.bias"] += 128.0
        torch.save(tensors, path)
    return path


_SQUARE = Size(256, 256)
_LITE0: Mapping[str, Any] = {
    "stages": ((1, 16), (2, 24), (2, 40), (3, 80), (3, 112), (4, 192), (1, 320)),
    "stem": 32,
    "head": 1280,
    "classes": 1000,
}
_STYLE = tuple(NetworkControl(name, (1, 512, 1, 1), 1.0) for name in ("style_mean", "style_deviation"))
_signs = partial(_untrained, takes=SIGNED, gives=SIGNED)
_ones = partial(_untrained, takes=UNIT, gives=UNIT)


def _johnson(size: Size) -> Subject:
    return _untrained("fast_style", "Johnson 2016", "transformer_net", size, BYTES, BYTES)


def _adain(size: Size) -> Subject:
    return _ones("adain", "AdaIN, VGG-19", "adain", size, controls=_STYLE, multiple=8)


def _unet(size: Size, filters: int = 64) -> Subject:
    masks = tuple(NetworkControl(f"dropout_{place}", (1, 8 * filters, 1, 1), 1.0) for place in range(3))
    title = "unet_256, 54 M" if filters == 64 else f"unet_256, {filters} filters"
    return _signs("pix2pix", title, "unet", size, controls=masks, multiple=256, filters=filters)


def _cyclegan(size: Size, filters: int) -> Subject:
    return _signs("cyclegan", "CycleGAN ResNet-9", "resnet_generator", size, filters=filters)


def _global(size: Size, filters: int) -> Subject:
    title = f"pix2pixHD global, {filters}"
    return _signs("pix2pixhd", title, "resnet_generator", size, multiple=16, filters=filters, downs=4)


def _animegan(size: Size) -> Subject:
    return _signs("animegan", "AnimeGANv2", "animegan", size, multiple=32)


SUBJECTS: tuple[Callable[[], Subject], ...] = (
    partial(_style26, Size(640, 360)),
    partial(_johnson, Size(640, 360)),
    partial(_painting, Size(640, 360)),
    partial(_adain, _SQUARE),
    partial(_unet, _SQUARE),
    _vintage,
    partial(_global, Size(512, 256), 32),
    partial(_animegan, _SQUARE),
    partial(_ones, "u2net", "U²-Net", "u2net", Size(320, 320), multiple=32, outputs=1),
    _onnx,
)
"""Functions that make the networks, each when its turn comes: together they would fill the memory."""
ON_CARD: Mapping[str, Callable[[Size, bool], Subject]] = {
    "style26": lambda size, thin: _cached_style26(size),
    "painting": lambda size, thin: _cached_painting(size),
    "johnson": lambda size, thin: _johnson(size),
    "adain": lambda size, thin: _adain(size),
    "cyclegan": lambda size, thin: _cyclegan(size, 8 if thin else 64),
    "animegan": lambda size, thin: _animegan(size),
    "pix2pixhd": lambda size, thin: _global(size, 8 if thin else 64),
    "unet_256": lambda size, thin: _unet(size, 8 if thin else 64),
}
"""Functions that make the networks for a graphics card, for pictures of about a given size, by the names that limits
have for them (`vj.bench.promises`). The second argument says whether wide networks are made thin, for a rehearsal.
Nothing is downloaded."""
