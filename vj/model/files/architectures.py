"""Which network a checkpoint is of, told from the names and shapes of its tensors.

The layouts are those of the networks' own authors; see each file of `vj.model.nets`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from vj.model.files.recognised import Recognised
from vj.registry import Registry

if TYPE_CHECKING:
    from torch import nn

Shapes = Mapping[str, tuple[int, ...]]

NETS: Final[Registry[nn.Module]] = Registry(
    "network",
    (
        ("transformer_net", "vj.model.nets.transformer_net:TransformerNet"),
        ("unet", "vj.model.nets.unet:UNet"),
        ("resnet_generator", "vj.model.nets.resnet_generator:ResNetGenerator"),
        ("local_enhancer", "vj.model.nets.local_enhancer:LocalEnhancer"),
        ("adain", "vj.model.nets.adain:AdaIN"),
        ("animegan", "vj.model.nets.animegan:AnimeGAN"),
        ("u2net", "vj.model.nets.u2net:U2Net"),
    ),
)
"""By what `Recognised.options` calls ``net``; its ``arguments`` are the constructor's."""

_NORMS: Final = {"batch": "batch norm", "instance": "instance norm", "affine": "affine instance norm"}
_DEEPEST: Final = 12
"""The most halvings that are believed: 4096 pixels become one."""
_LAYER: Final = re.compile(r"(\d{1,4})\.(weight|filt)")
_BLOCK: Final = re.compile(r"(\d{1,4})\.(?:conv_block|block)\.(\d{1,2})\.weight")


def find(shapes: Shapes) -> Recognised | None:
    """What has tensors of such names and shapes, if we know it. Whether all of them fit, the network itself tells."""
    shapes = {name: shape for name, shape in shapes.items() if shape}  # a single number is a counter
    return next((found for look in FINDERS.values() if (found := look(shapes))), None)


def renamed(net: str, name: str, arguments: Mapping[str, Any]) -> str:
    """What our network calls the tensor that the authors' files call ``name``."""
    if net == "unet":
        return _unet_name(name, arguments["levels"])
    return name.replace(".block.", ".conv_block.")


def is_encoder(shapes: Shapes) -> bool:
    """Whether this is the VGG that AdaIN's decoder needs beside it."""
    return shapes.get("0.weight") == (3, 3, 1, 1) and shapes.get("29.weight") == (512, 256, 3, 3)


def _fast_style(shapes: Shapes) -> Recognised | None:
    first, last = shapes.get("conv1.conv2d.weight"), shapes.get("deconv3.conv2d.weight")
    if not first or not last or first[1:] != (3, 9, 9):
        return None
    blocks = sum(bool(re.fullmatch(r"res\d+\.conv1\.conv2d\.weight", name)) for name in shapes)
    arguments = {"filters": first[0], "blocks": blocks}
    title = f"fast style transfer: {blocks} blocks, {first[0]} filters"
    return Recognised("fast_style", title, _options("transformer_net", arguments), takes="0..255", gives="0..255")


def _unet(shapes: Shapes) -> Recognised | None:
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
    return Recognised(
        "pix2pix", title, _options("unet", arguments), (first[1], last[1]), 2**levels, smallest=max(16, 2**levels)
    )


def _resnet(shapes: Shapes) -> Recognised | None:
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


def _local_enhancer(shapes: Shapes) -> Recognised | None:
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


def _adain(shapes: Shapes) -> Recognised | None:
    if shapes.get("1.weight") != (256, 512, 3, 3) or shapes.get("28.weight") != (3, 64, 3, 3):
        return None
    return Recognised("adain", "AdaIN: any picture as a style", _options("adain"), (3, 3), 8, (), 16, "0..1", "0..1")


def _animegan(shapes: Shapes) -> Recognised | None:
    if "block_a.0.1.weight" not in shapes or "out_layer.0.weight" not in shapes:
        return None
    return Recognised("animegan", "AnimeGANv2", _options("animegan", {"aligned": True}), (3, 3), 32, smallest=32)


def _u2net(shapes: Shapes) -> Recognised | None:
    if not {"stage1.rebnconvin.conv_s1.weight", "side1.weight", "outconv.weight"} <= shapes.keys():
        return None
    small = shapes.get("stage2.rebnconvin.conv_s1.weight", (0,))[0] == 64
    note = 'a map of what stands out; for a model of pencil portraits, its manifest says gives = "1..0"'
    title = f"U²-Net{' (small)' if small else ''}"
    options = _options("u2net", {"small": small})
    return Recognised("u2net", title, options, (3, 1), 32, (note,), 32, "imagenet", "0..1")


FINDERS: Final[Mapping[str, Callable[[Shapes], Recognised | None]]] = {
    "fast style": _fast_style,
    "pix2pix U-Net": _unet,
    "pix2pixHD local enhancer": _local_enhancer,
    "CycleGAN, CUT, pix2pix and pix2pixHD ResNet": _resnet,
    "AdaIN": _adain,
    "AnimeGANv2": _animegan,
    "U²-Net": _u2net,
}
"""In the order in which they are tried."""


def _options(net: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"net": net, "arguments": dict(arguments or {})}


def _resnet_found(
    family: str, title: str, options: dict[str, Any], channels: tuple[int, int], halvings: int
) -> Recognised:
    """Reflected borders and norms want at least two pixels a side at the smallest resolution."""
    return Recognised(family, title, options, channels, 2**halvings, smallest=max(16, 2 * 2**halvings))


def _trunk(shapes: Shapes, prefix: str) -> dict[str, Any] | None:
    """The arguments that a ResNet's stem, downs and blocks tell of, if ``prefix`` has one."""
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
    """The places of the residual blocks, and those of the convolutions in each: the second is 6 behind a dropout."""
    blocks: dict[int, set[int]] = {}
    for name, shape in shapes.items():
        found = _BLOCK.fullmatch(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if found and len(shape) == 4:
            blocks.setdefault(int(found[1]), set()).add(int(found[2]))
    return blocks


def _norm(shapes: Shapes) -> str:
    """Batch norm exactly where a scale and running statistics stand side by side; plain instance norms leave nothing,
    or running statistics without a scale."""
    scaled = [
        name.removesuffix("weight") for name, shape in shapes.items() if name.endswith(".weight") and len(shape) == 1
    ]
    if not scaled:
        return "instance"
    return "batch" if f"{scaled[0]}running_mean" in shapes else "affine"


def _described(trunk: Mapping[str, Any]) -> str:
    halved = "" if trunk["downs"] == 2 else f"{trunk['downs']} halvings, "
    dropout = ", dropout" if trunk["dropout"] else ""
    return f"{halved}{trunk['blocks']} blocks, {trunk['filters']} filters, {_NORMS[trunk['kind']]}{dropout}"


def _unet_name(name: str, levels: int) -> str:
    """``model.model.1.model.3. ... model.<place>.weight``: every ``model`` after the second is a level further in."""
    level = name.split(".").count("model") - 2
    before, _, tail = name.rpartition("model.")
    place, _, rest = tail.partition(".")
    places = {"1": "downs.{}.conv", "2": "downs.{}.norm", "5": "ups.{}.conv", "6": "ups.{}.norm"}
    if level == 0:
        places = {"0": "downs.{}.conv", "3": "ups.{}.conv"}
    elif level == levels - 1:
        places = {"1": "downs.{}.conv", "3": "ups.{}.conv", "4": "ups.{}.norm"}
    return f"{places[place].format(level)}.{rest}" if before and place in places else name
