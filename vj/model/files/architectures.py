"""Recognises which network a checkpoint belongs to, from the names and shapes of its tensors.

The layouts are those of the networks' own authors; each file of `vj.model.nets` names its origin.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any, Final

from vj.base.registry import Registry
from vj.model import DREAMS, look_layout
from vj.model.files.recognised import RangeName, RecognisedNetwork

if TYPE_CHECKING:
    from torch import nn

Shapes = Mapping[str, tuple[int, ...]]
"""The shape of every tensor in a file, by the tensor's name."""

NETS: Final[Registry[nn.Module]] = Registry(
    "network",
    (
        ("transformer_net", "vj.model.nets.transformer_net:TransformerNet"),
        ("unet", "vj.model.nets.unet:UNet"),
        ("resnet_generator", "vj.model.nets.resnet_generator:ResNetGenerator"),
        ("local_enhancer", "vj.model.nets.local_enhancer:LocalEnhancer"),
        ("adain", "vj.model.nets.adain:AdaIN"),
        ("look", "vj.model.nets.look:LookNet"),
        ("animegan", "vj.model.nets.animegan:AnimeGAN"),
        ("u2net", "vj.model.nets.u2net:U2NetModule"),
        ("efficientnet_lite", "vj.model.nets.efficientnet_lite:EfficientNetLite"),
        ("resnet", "vj.model.nets.resnet:ResNet"),
        ("vgg", "vj.model.nets.vgg:Vgg"),
        ("googlenet", "vj.model.nets.googlenet:GoogLeNet"),
        ("timm", "vj.model.nets.packaged:timm"),
        ("torchvision", "vj.model.nets.packaged:torchvision"),
    ),
)
"""Network classes by the name that `RecognisedNetwork.options` holds as ``net``; its ``arguments`` are the
constructor's."""
PACKAGED: Final = ("timm", "torchvision")
"""The networks of `NETS` whose code is in a third-party package; only a manifest can name them."""

_NORMS: Final = {"batch": "batch norm", "instance": "instance norm", "affine": "affine instance norm"}
"""The words for each kind of norm in titles."""
_DEEPEST: Final = 12
"""The most halvings of the picture that are accepted: 12 of them turn 4096 pixels into one."""
_LAYER: Final = re.compile(r"(\d{1,4})\.(weight|filt)")
_BLOCK: Final = re.compile(r"(\d{1,4})\.(?:conv_block|block)\.(\d{1,2})\.weight")
_PROJECTION: Final = re.compile(r"_blocks\.(\d{1,3})\._project_conv\.weight")
_FEATURE: Final = re.compile(r"features\.(\d{1,3})\.(?:weight|bias|running_mean|running_var)")
_LITES: Final = {(16, 320): "0", (21, 320): "1", (21, 352): "2", (24, 384): "3", (30, 448): "4"}
"""The number of an EfficientNet-Lite, by its count of blocks and the channels of its last block."""
_TRAINING_ONLY: Final[Mapping[str, tuple[str, ...]]] = {"googlenet": ("aux1.", "aux2.")}
"""For a network, the name prefixes of tensors that its files may hold and that only training uses."""


def find(shapes: Shapes) -> RecognisedNetwork | None:
    """Returns the finding on the first kind of network in `FINDERS` that has tensors of these names and shapes, or None
    if no kind has. Its channels may be ones that no camera can feed.

    ``shapes`` are by the names in the authors' files, without wrappers around them; tensors of shape () are ignored.
    Only a few telling tensors are compared here; whether all of them fit shows when the network is built. The networks
    in `PACKAGED` are never found.
    """
    shapes = {name: shape for name, shape in shapes.items() if shape}  # a single number is a counter
    return next((found for look in FINDERS.values() if (found := look(shapes))), None)


def renamed(net: str, name: str, arguments: Mapping[str, Any]) -> str:
    """Returns our network's name for the tensor that the authors' files call ``name``, in a U-Net such as
    ``downs.0.conv.weight``; in all others only ``.block.`` becomes ``.conv_block.``. Whether there is such a tensor
    isn't checked. ``net`` is a name in `NETS`, and ``arguments`` are its constructor's, of which a U-Net's ``levels``
    is read."""
    if net == "unet":
        return _unet_name(name, arguments["levels"])
    return name.replace(".block.", ".conv_block.")


def authors_name(net: str, own: str, arguments: Mapping[str, Any]) -> str:
    """Returns the name that the authors' files have for the tensor that our network calls ``own``: `renamed` gives
    ``own`` for it. ``net`` and ``arguments`` are as there."""
    return _authors_unet_name(own, arguments["levels"]) if net == "unet" else own


def is_for_training(net: str, name: str) -> bool:
    """Returns whether only training uses the tensor ``name`` of the network ``net`` (a name in `NETS`), so that loading
    leaves it out. That is so for GoogLeNet's two auxiliary classifiers, and for no other network's tensors."""
    return name.startswith(_TRAINING_ONLY.get(net, ()))


def is_encoder(shapes: Shapes) -> bool:
    """Returns whether these are the tensors of the VGG that AdaIN's decoder needs beside it. The shapes of two of them
    decide."""
    return shapes.get("0.weight") == (3, 3, 1, 1) and shapes.get("29.weight") == (512, 256, 3, 3)


def _fast_style(shapes: Shapes) -> RecognisedNetwork | None:
    first, last = shapes.get("conv1.conv2d.weight"), shapes.get("deconv3.conv2d.weight")
    if not first or not last or first[1:] != (3, 9, 9):
        return None
    blocks = sum(bool(re.fullmatch(r"res\d+\.conv1\.conv2d\.weight", name)) for name in shapes)
    arguments = {"filters": first[0], "blocks": blocks}
    title = f"fast style transfer: {blocks} blocks, {first[0]} filters"
    return RecognisedNetwork(
        "fast_style", title, _options("transformer_net", arguments), takes="0..255", gives="0..255"
    )


def _unet(shapes: Shapes) -> RecognisedNetwork | None:
    first, last = shapes.get("model.model.0.weight", ()), shapes.get("model.model.3.weight", ())
    if first[2:] != (4, 4) or last[2:] != (4, 4):
        return None
    levels = max(name.split(".").count("model") for name in shapes) - 1
    if not 2 <= levels <= _DEEPEST:
        return None
    kind = _norm(shapes)
    arguments = {
        "inputs": first[1],
        "outputs": last[1],
        "filters": first[0],
        "levels": levels,
        "kind": kind,
        "bias": "model.model.0.bias" in shapes,
        "statistics": "eval",
    }
    title = f"pix2pix U-Net: {levels} levels, {first[0]} filters, {_NORMS[kind]}"
    return RecognisedNetwork(
        "pix2pix", title, _options("unet", arguments), (first[1], last[1]), 2**levels, smallest=max(16, 2**levels)
    )


def _resnet(shapes: Shapes) -> RecognisedNetwork | None:
    trunk = _trunk(shapes, "model.")
    last = max(
        (int(found[1]) for name in shapes if (found := _LAYER.fullmatch(name.removeprefix("model.")))), default=0
    )
    head = shapes.get(f"model.{last}.weight", ())
    if not trunk or head[2:] != (7, 7):
        return None
    arguments = {**trunk, "outputs": head[0]}
    downs, soft = trunk["downs"], trunk["shrinking"] or trunk["growing"]
    maker = "CUT" if soft else "CycleGAN" if downs == 2 else "pix2pixHD global"
    family = "cyclegan" if downs == 2 or soft else "pix2pixhd"
    title = f"{maker} ResNet generator: {_described(trunk)}"
    options = _options("resnet_generator", arguments)
    return _resnet_found(family, title, options, (trunk["inputs"], head[0]), downs)


def _local_enhancer(shapes: Shapes) -> RecognisedNetwork | None:
    trunk = _trunk(shapes, "model.")
    enhancers = sum(bool(re.fullmatch(r"model\d+_1\.1\.weight", name)) for name in shapes)
    first = shapes.get(f"model{enhancers}_1.1.weight")
    if not trunk or not first:
        return None
    after = f"model{enhancers}_2."
    tails = {int(found[1]): name for name in shapes if (found := _LAYER.fullmatch(name.removeprefix(after)))}
    if not tails:
        return None
    outputs = shapes[tails[max(tails)]][0]
    arguments = {
        **trunk,
        "filters": first[0],
        "outputs": outputs,
        "enhancers": enhancers,
        "local_blocks": len(_blocks(shapes, after)),
    }
    title = f"pix2pixHD local enhancer: {enhancers} around a generator of {_described(trunk)}"
    options = _options("local_enhancer", arguments)
    return _resnet_found("pix2pixhd", title, options, (trunk["inputs"], outputs), trunk["downs"] + enhancers)


def _adain(shapes: Shapes) -> RecognisedNetwork | None:
    if shapes.get("1.weight") != (256, 512, 3, 3) or shapes.get("28.weight") != (3, 64, 3, 3):
        return None
    return RecognisedNetwork(
        "adain", "AdaIN: any picture as a style", _options("adain"), (3, 3), 8, (), 16, "0..1", "0..1"
    )


def _look(shapes: Shapes) -> RecognisedNetwork | None:
    """Returns the finding on a network that was trained on stage, of any channels."""
    base, first, last = (shapes.get(f"{name}.weight", ()) for name in ("base", "inp", "out"))
    if base != (3, 3, 1, 1) or len(first) != 4 or last != (first[1], first[0], 3, 3):
        return None
    fold = math.isqrt(first[1] // 3)
    inner = [shapes.get(f"down.{place}.weight", (0,))[0] for place in range(_DEEPEST)]
    channels = [first[0], *takewhile(bool, inner)]
    if first[1] != 3 * fold * fold or len(channels) < 2:
        return None
    title = f"a look, trained from painted frames: {', '.join(map(str, channels))} channels"
    options = _options("look", {"channels": channels, "fold": fold})
    multiple = look_layout.multiple(channels, fold)
    return RecognisedNetwork(
        "look", title, options, (3, 3), multiple, smallest=max(16, multiple), takes="0..1", gives="0..1"
    )


def _animegan(shapes: Shapes) -> RecognisedNetwork | None:
    if "block_a.0.1.weight" not in shapes or "out_layer.0.weight" not in shapes:
        return None
    return RecognisedNetwork("animegan", "AnimeGANv2", _options("animegan", {"aligned": True}), (3, 3), 32, smallest=32)


def _u2net(shapes: Shapes) -> RecognisedNetwork | None:
    if not {"stage1.rebnconvin.conv_s1.weight", "side1.weight", "outconv.weight"} <= shapes.keys():
        return None
    small = shapes.get("stage2.rebnconvin.conv_s1.weight", (0,))[0] == 64
    note = 'a map of what stands out; for a model of pencil portraits, its manifest says gives = "1..0"'
    title = f"U²-Net{' (small)' if small else ''}"
    options = _options("u2net", {"small": small})
    return RecognisedNetwork("u2net", title, options, (3, 1), 32, (note,), 32, "imagenet", "0..1")


def _efficientnet_lite(shapes: Shapes) -> RecognisedNetwork | None:
    stem, head, last = (shapes.get(f"{name}.weight") for name in ("_conv_stem", "_conv_head", "_fc"))
    places = {int(found[1]): shapes[name][0] for name in shapes if (found := _PROJECTION.fullmatch(name))}
    stages = [[len(list(blocks)), width] for width, blocks in groupby(places[place] for place in sorted(places))]
    if not stem or not head or not last or len(stages) != 7 or "_blocks.0._se_reduce.weight" in shapes:
        return None
    arguments = {"stages": stages, "stem": stem[0], "head": head[0], "classes": last[0]}
    title = f"EfficientNet-Lite{_LITES.get((len(places), stages[-1][1]), '')}"
    return classifier("efficientnet_lite", title, arguments, "127/128")


def _image_resnet(shapes: Shapes) -> RecognisedNetwork | None:
    first, last = shapes.get("conv1.weight", ()), shapes.get("fc.weight")
    block, inner = shapes.get("layer1.0.conv1.weight"), shapes.get("layer1.0.conv2.weight")
    if first[1:] != (3, 7, 7) or not last or not block or not inner:
        return None
    blocks = [sum(bool(re.fullmatch(rf"layer{n}\.\d+\.conv1\.weight", name)) for name in shapes) for n in range(1, 5)]
    deep = "layer1.0.conv3.weight" in shapes
    width, groups = (block[0], block[0] // max(1, inner[1])) if deep else (0, 1)
    arguments = {"blocks": blocks, "filters": first[0], "width": width, "groups": groups, "classes": last[0]}
    kind = "ResNeXt" if groups > 1 else "wide ResNet" if width > first[0] else "ResNet"
    return classifier("resnet", f"{kind}-{sum(blocks) * (3 if deep else 2) + 2}", arguments)


def _vgg(shapes: Shapes) -> RecognisedNetwork | None:
    features = [name for name in shapes if name.startswith("features.")]
    places = [_FEATURE.fullmatch(name) for name in features]
    if shapes.get("features.0.weight", ())[1:] != (3, 3, 3) or not all(places):
        return None
    widths = {int(found[1]): shapes[found[0]][0] for found in places if found and len(shapes[found[0]]) == 4}
    norm, classes = "features.1.running_mean" in shapes, shapes.get("classifier.6.weight", (0,))[0]
    arguments = {
        "stages": _vgg_stages(widths, 3 if norm else 2),
        "norm": norm,
        "hidden": shapes.get("classifier.0.weight", (0,))[0],
        "classes": classes,
    }
    title = f"VGG-{len(widths) + 3}{' with batch norm' if norm else ''}{'' if classes else ', features only'}"
    return classifier("vgg", title, arguments)


def _googlenet(shapes: Shapes) -> RecognisedNetwork | None:
    last = shapes.get("fc.weight")
    if not last or not {"conv1.conv.weight", "inception3a.branch1.conv.weight"} <= shapes.keys():
        return None
    found = classifier("googlenet", "GoogLeNet", {"classes": last[0]}, "-1..1")
    note = 'takes -1..1, as torchvision\'s weights; for one trained otherwise, its manifest says takes = "imagenet"'
    return replace(found, notes=(note,))


FINDERS: Final[Mapping[str, Callable[[Shapes], RecognisedNetwork | None]]] = {
    "fast style": _fast_style,
    "pix2pix U-Net": _unet,
    "pix2pixHD local enhancer": _local_enhancer,
    "CycleGAN, CUT, pix2pix and pix2pixHD ResNet": _resnet,
    "AdaIN": _adain,
    "look": _look,
    "AnimeGANv2": _animegan,
    "U²-Net": _u2net,
    "EfficientNet-Lite": _efficientnet_lite,
    "ResNet": _image_resnet,
    "VGG": _vgg,
    "GoogLeNet": _googlenet,
}
"""A function for each kind of network, by the kind's title, in the order in which they are tried. Each takes the shapes
by name, and returns its finding or None."""


def _options(net: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"net": net, "arguments": dict(arguments or {})}


def _resnet_found(
    family: str, title: str, options: dict[str, Any], channels: tuple[int, int], halvings: int
) -> RecognisedNetwork:
    """Returns the findings; reflected borders and norms need at least two pixels a side at the smallest resolution."""
    return RecognisedNetwork(family, title, options, channels, 2**halvings, smallest=max(16, 2 * 2**halvings))


def classifier(net: str, title: str, arguments: Mapping[str, Any], takes: RangeName = "imagenet") -> RecognisedNetwork:
    """Returns the finding on a network from a picture to scores: the first family of `DREAMS`, options ``net`` and
    ``arguments``, 3 channels in and the number of scores out, sides that are multiples of 32 and at least 64 pixels.

    ``net`` is a name in `NETS`. ``arguments`` are its constructor's, with the number of scores as ``classes``; 0 stands
    for a network that ends with features. Unless it is 0, ``: N classes`` is added to ``title``. ``takes`` names the
    range of the pixels that go in.
    """
    classes = arguments["classes"]
    title = f"{title}: {classes} classes" if classes else title
    options = _options(net, arguments)
    return RecognisedNetwork(DREAMS[0], title, options, (3, classes), 32, smallest=64, takes=takes, classes=classes)


def _vgg_stages(widths: Mapping[int, int], step: int) -> list[list[int]]:
    """Returns the channels of the convolutions, stage by stage. ``widths`` are the channels by the convolution's place
    in the file; within a stage, two places are ``step`` apart, and a longer distance means that a pool lies in
    between."""
    stages: list[list[int]] = []
    for place in sorted(widths):
        if place - step not in widths:
            stages.append([])
        stages[-1].append(widths[place])
    return stages


def _trunk(shapes: Shapes, prefix: str) -> dict[str, Any] | None:
    """Returns the constructor's arguments that a ResNet's stem, downs and blocks reveal, or None if no tensors with
    ``prefix`` form such a ResNet."""
    first, blocks = shapes.get(f"{prefix}1.weight", ()), _blocks(shapes, prefix)
    if first[2:] != (7, 7) or not blocks:
        return None
    layers = {name: _LAYER.fullmatch(name.removeprefix(prefix)) for name in shapes if name.startswith(prefix)}
    places = {name: int(found[1]) for name, found in layers.items() if found}
    downs = sum(
        len(shapes[name]) == 4 and name.endswith("weight") for name, at in places.items() if 1 < at < min(blocks)
    )
    if downs > _DEEPEST:
        return None
    filters = {at: shapes[name][-1] for name, at in places.items() if name.endswith("filt")}
    return {
        "inputs": first[1],
        "filters": first[0],
        "downs": downs,
        "blocks": len(blocks),
        "kind": _norm(shapes),
        "bias": f"{prefix}1.bias" in shapes,
        "dropout": 6 in blocks[min(blocks)],
        "shrinking": next((side for at, side in filters.items() if at < min(blocks)), 0),
        "growing": next((side for at, side in filters.items() if at > max(blocks)), 0),
        "statistics": "eval",
    }


def _blocks(shapes: Shapes, prefix: str) -> dict[int, set[int]]:
    """Returns the places of the residual blocks and, for each, the places of its convolutions. The second convolution
    is at place 6 if there is a dropout before it."""
    blocks: dict[int, set[int]] = {}
    for name, shape in shapes.items():
        found = _BLOCK.fullmatch(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if found and len(shape) == 4:
            blocks.setdefault(int(found[1]), set()).add(int(found[2]))
    return blocks


def _norm(shapes: Shapes) -> str:
    """Returns the kind of norm. Only batch norm keeps both a scale and running statistics; a plain instance norm keeps
    nothing, or running statistics without a scale."""
    scaled = [
        name.removesuffix("weight") for name, shape in shapes.items() if name.endswith(".weight") and len(shape) == 1
    ]
    if not scaled:
        return "instance"
    return "batch" if f"{scaled[0]}running_mean" in shapes else "affine"


def _described(trunk: Mapping[str, Any]) -> str:
    """Returns a ResNet's layout in words, for a title."""
    halved = "" if trunk["downs"] == 2 else f"{trunk['downs']} halvings, "
    dropout = ", dropout" if trunk["dropout"] else ""
    return f"{halved}{trunk['blocks']} blocks, {trunk['filters']} filters, {_NORMS[trunk['kind']]}{dropout}"


def _unet_name(name: str, levels: int) -> str:
    """Returns our name for a U-Net's tensor. In the authors' names,
    ``model.model.1.model.3. ... model.<place>.weight``, every ``model`` after the second is one level further in."""
    level = name.split(".").count("model") - 2
    before, _, tail = name.rpartition("model.")
    place, _, rest = tail.partition(".")
    places = {"1": "downs.{}.conv", "2": "downs.{}.norm", "5": "ups.{}.conv", "6": "ups.{}.norm"}
    if level == 0:
        places = {"0": "downs.{}.conv", "3": "ups.{}.conv"}
    elif level == levels - 1:
        places = {"1": "downs.{}.conv", "3": "ups.{}.conv", "4": "ups.{}.norm"}
    return f"{places[place].format(level)}.{rest}" if before and place in places else name


def _authors_unet_name(own: str, levels: int) -> str:
    """Returns the authors' name for a U-Net's tensor, such as ``downs.0.conv.weight``."""
    side, number, part, rest = own.split(".", 3)
    level = int(number)
    places = {"downs.conv": 1, "downs.norm": 2, "ups.conv": 5, "ups.norm": 6}
    if level == 0:
        places = {"downs.conv": 0, "ups.conv": 3}
    elif level == levels - 1:
        places = {"downs.conv": 1, "ups.conv": 3, "ups.norm": 4}
    inwards = "1.model." + "3.model." * (level - 1) if level else ""
    return f"model.model.{inwards}{places[f'{side}.{part}']}.{rest}"
