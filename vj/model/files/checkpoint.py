"""Recognises model files of any format, and builds their networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vj.base.errors import BadInput, unknown
from vj.base.file_stamp import stamp
from vj.model import DREAMS, FAMILIES, labels, look_layout
from vj.model.classifier import Classifier
from vj.model.common_params import ENGINE, STAGE, merged
from vj.model.files import architectures, manifest
from vj.model.files.architectures import FINDERS, NETS, PACKAGED, Shapes, find, is_encoder, is_for_training, renamed
from vj.model.files.recognised import RANGES_BY_NAME, RecognisedNetwork
from vj.model.network import Network, NetworkControl, digest
from vj.params.param import Value

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["FileChanged", "RecognisedNetwork", "classifier", "network", "recognise", "still_network"]

VERSION: Final = 1
"""To be raised when the same file would compute something else; it is part of every network's key in caches."""
_ENCODERS: Final = ("vgg_normalised.pth", "vgg_normalized.pth", "vgg_normalised.safetensors", "vgg.pth")
"""The names that the encoder beside an AdaIN decoder may have."""
_SMALL: Final = 0.01
"""What stands for each weight of a look when its network is exported or timed."""
_NOT_CHOSEN: Final = ("adain", "look")
"""Families that play just their own networks, which take more than a picture; no manifest may choose them."""
_SHOWN: Final = 6
"""The most tensors that an error message lists."""


class FileChanged(BadInput):
    """A file that was replaced after its network's key was made, and before its weights were loaded."""


def recognise(path: Path) -> RecognisedNetwork:
    """Returns what the file is, from its content and from the manifest beside it (see `vj.model.files.manifest`); no
    code in the file is run.

    A file whose name ends in .onnx is read as ONNX, and its network is run on small pictures. Every other file is read
    as weights of torch or safetensors. Raises BadInput for a file that can't be read, isn't safe, is none of the
    networks we know, or can't take a camera's picture, and Unavailable if a library that it takes is missing.
    """
    said = manifest.beside(path)
    if path.suffix.lower() == ".onnx":
        from vj.model.files import onnx_file

        return _with_manifest(path, onnx_file.recognise(path, said), said)
    return _with_manifest(path, _recognised(path, said), said)


def network(path: Path, recognised: RecognisedNetwork, **live: object) -> Network:
    """Returns the network of the file at ``path``, which `recognise` recognised. Its weights are loaded each time its
    ``module`` is called; an ONNX file's network has none and runs from a copy in the cache, made now if it is missing.
    Its controls are, for a U-Net, ``dropout_0``, ``dropout_1``, ... [1, 8·filters, 1, 1] from inside outwards; for
    AdaIN, ``style_mean`` and ``style_deviation`` [1, 512, 1, 1]; for a look, ``weights`` [count], all of them, so that
    looks of the same channels have the same ``key`` and nothing is loaded; none for all others.

    ``live`` replaces recognised arguments of the constructor (``statistics="batch"``); others, and for an ONNX file
    all, are ignored. The whole file is read (else OSError). Raises BadInput for a classifier or an unsafe ONNX file.
    ``module`` raises `FileChanged` if the file isn't the one any more for which the key was made.
    """
    if recognised.is_classifier:
        raise BadInput(f"{path} is a classifier ({recognised.title}): it gives scores, no picture")
    takes, gives = RANGES_BY_NAME[recognised.takes], RANGES_BY_NAME[recognised.gives]
    if path.suffix.lower() == ".onnx":
        from vj.model.files import onnx_file

        return onnx_file.network(path, recognised, takes, gives)
    arguments = recognised.options["arguments"]
    arguments = {**arguments, **{name: value for name, value in live.items() if name in arguments}}
    options = {**recognised.options, "arguments": arguments}
    found = stamp(path)

    def module() -> nn.Module:
        if options["net"] != "look" and stamp(path) != found:
            raise FileChanged(f"{path} was replaced while it was being opened")
        return _live_look(options) if _is_live(options) else _module(path, options, recognised.channels)

    return Network(
        name=path.stem,
        key=digest(
            *_behind_key(path, options),
            options=options,
            takes=recognised.takes,
            gives=recognised.gives,
            version=VERSION,
        ),
        takes=takes,
        gives=gives,
        multiple=recognised.multiple,
        smallest=recognised.smallest,
        controls=_controls(options),
        module=module,
        fixed=recognised.size,
        trained_at=recognised.trained_at,
        steady=options["net"] != "adain" and not _is_live(options),  # these controls scale everything behind them
    )


def still_network(path: Path, recognised: RecognisedNetwork) -> Network:
    """Returns the network of the file at ``path``, as `network` does, but a look with the weights that are in the file
    now, and without a control. Raises as `network` does."""
    fixed = {**recognised.options, "live": False} if recognised.options["net"] == "look" else recognised.options
    return network(path, replace(recognised, options=fixed))


def classifier(
    path: Path, recognised: RecognisedNetwork, *, synsets: Path | None = None, lemmas: Path | None = None
) -> Classifier:
    """Returns the classifier of the file at ``path``, which `recognise` recognised. The whole file is read now, for its
    key; its weights are loaded each time its ``module`` is called, which gives a network from image [1, 3, h, w] in the
    range ``takes`` to scores [1, classes], or to features if ``classes`` is 0.

    Its classes have the names in the list that its manifest names. Without one, 1000 classes have ImageNet's names if
    both ``synsets`` and ``lemmas``, files that list them, are given; all others are numbered from ``0``. Raises
    BadInput for a file that is no classifier, and for lists that can't be read, OSError if the file itself can't be.
    """
    if not recognised.is_classifier:
        raise BadInput(f"{path} is no classifier: it is {recognised.title}")
    options = {name: recognised.options[name] for name in ("net", "arguments")}
    return Classifier(
        name=recognised.title.partition(":")[0],
        key=digest(path, options=options, takes=recognised.takes, version=VERSION),
        takes=RANGES_BY_NAME[recognised.takes],
        module=lambda: _module(path, options, (3, 3)),
        classes=recognised.classes,
        labels=_labels(path, recognised, synsets, lemmas),
    )


def _labels(path: Path, recognised: RecognisedNetwork, synsets: Path | None, lemmas: Path | None) -> tuple[str, ...]:
    if "labels" in recognised.options:
        return labels.from_file(path.with_name(recognised.options["labels"]), recognised.classes)
    if recognised.classes == labels.IMAGENET and synsets and lemmas:
        return labels.imagenet(synsets, lemmas)
    return tuple(map(str, range(recognised.classes)))


def _recognised(path: Path, said: manifest.Manifest) -> RecognisedNetwork:
    """Returns what a file of torch or safetensors is. Raises BadInput."""
    from vj.model.files import tensors

    is_known = None if said.network else _is_known
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.load(path, is_known).items()}
    if said.network:
        return _packaged(path, shapes, said.network)
    if is_encoder(shapes):
        raise BadInput(f"{path} is AdaIN's encoder: name the decoder instead, and let this lie beside it")
    found = find(shapes)
    if found is None:
        raise BadInput(f"{path} is no network we know: it holds {_shown(shapes)}; tried: {', '.join(FINDERS)}")
    if not found.is_classifier and any(count not in (1, 3) for count in found.channels):
        raise BadInput(
            f"{path} ({found.title}) takes {found.channels[0]} channels and gives {found.channels[1]}: a camera can't "
            "feed it; 3 or 1 are wanted (label maps have one channel a label)"
        )
    if found.options["net"] == "adain":
        found = replace(found, options={**found.options, "encoder": _encoder_beside(path)})
    else:
        _fitting(path, shapes, found.options)
    return found if found.is_classifier else replace(found, notes=(*found.notes, *_grey(found.channels)))


def _is_known(shapes: Shapes) -> bool:
    return is_encoder(shapes) or find(shapes) is not None


def _packaged(path: Path, shapes: Shapes, network: str) -> RecognisedNetwork:
    """Returns the file as the network of a package that its manifest names. The number of classes is read off the layer
    that has 1000 outputs in the usual network.

    Raises BadInput if the file is not of that network, Unavailable if the package can't be imported.
    """
    package, _, name = network.partition(":")
    usual = _shapes(NETS[package](name=name, classes=labels.IMAGENET))
    last = [part for part, shape in usual.items() if shape[:1] == (labels.IMAGENET,) and shapes.get(part)]
    counts = {shapes[part][0] for part in last if shapes[part] != usual[part]}
    classes = counts.pop() if len(counts) == 1 else labels.IMAGENET
    found = architectures.classifier(package, network, {"name": name, "classes": classes})
    _fitting(path, shapes, found.options)
    return found


def _grey(channels: tuple[int, int]) -> list[str]:
    """Returns notes on a network that takes or gives one channel only."""
    notes = {0: "takes grey: it is fed the luma", 1: "gives grey: shown as three equal channels"}
    return [note for place, note in notes.items() if channels[place] == 1]


def _encoder_beside(path: Path) -> str:
    """Returns the name of the encoder's file beside AdaIN's decoder. Raises BadInput if there is none."""
    found = next((name for name in _ENCODERS if path.with_name(name).is_file()), None)
    if found is None:
        raise BadInput(f"{path} is AdaIN's decoder; its encoder must lie beside it as {_ENCODERS[0]}")
    return found


def _encoder(path: Path, options: Mapping[str, Any]) -> list[Path]:
    """Returns the path of the encoder, for a network that has one beside it."""
    return [path.with_name(options["encoder"])] if "encoder" in options else []


def _with_manifest(path: Path, found: RecognisedNetwork, said: manifest.Manifest) -> RecognisedNetwork:
    """Returns ``found`` with the manifest's values in place of what was recognised. Raises BadInput for values that
    don't suit the file, naming key and choices."""
    family = _family(path, found.family, said.family)
    if said.classes:
        found = _with_labels(path, found, said.classes)
    arguments = found.options.get("arguments", {})
    if said.statistics and "statistics" in arguments:
        found = replace(found, options={**found.options, "arguments": {**arguments, "statistics": said.statistics}})
    return replace(
        found,
        family=family,
        title=said.title or found.title,
        takes=said.takes or said.range or found.takes,
        gives=said.gives or said.range or found.gives,
        multiple=said.multiple or found.multiple,
        fixed=said.fixed or found.fixed,
        layout=said.layout or found.layout,
        trained_at=said.trained_at or found.trained_at,
        set={**found.set, **_settings(path, family, said)},
        black=said.black,
        licence=said.licence or found.licence,
        credit=said.credit or found.credit,
    )


def _with_labels(path: Path, found: RecognisedNetwork, name: str) -> RecognisedNetwork:
    place = path.with_suffix(".toml")
    if not found.is_classifier:
        raise BadInput(f"{place}: classes: {path.name} ({found.title}) is no classifier and has none")
    try:
        labels.from_file(path.with_name(name), found.classes)
    except (BadInput, ValueError) as error:  # a name that can't be a file's
        raise BadInput(f"{place}: classes: {error}") from None
    return replace(found, options={**found.options, "labels": name})


def _family(path: Path, found: str, said: str | None) -> str:
    """Returns the family that plays the file: the manifest's, else the one it was found to be of.

    The manifest may choose among the families that play single files, or for a classifier among `DREAMS`. Raises
    BadInput for any other.
    """
    if said in (None, found):
        return found
    pictures = (name for name in FAMILIES if name not in DREAMS)
    single = [name for name in pictures if FAMILIES[name].looked_at and name not in _NOT_CHOSEN]
    fitting = DREAMS if found in DREAMS else single
    if said not in fitting or found not in fitting:
        choices = ", ".join(fitting if found in fitting else [found])
        raise BadInput(f"{path.with_suffix('.toml')}: family: {said!r} can't play {path.name}; choices: {choices}")
    return str(said)


def _settings(path: Path, family: str, said: manifest.Manifest) -> dict[str, Value]:
    """Returns the manifest's values for parameters, checked as strictly as a preset's. Raises BadInput."""
    if not said.values:
        return {}
    known = {param.name: param for param in merged((STAGE, ENGINE, FAMILIES[family].params))}
    values: dict[str, Value] = {}
    for name, value in said.values.items():
        try:
            if name not in known:
                raise unknown("parameter", name, known)
            values[name] = known[name].check(value, strict=True)
        except BadInput as error:
            raise BadInput(f"{path.with_suffix('.toml')}: set.{name}: {error}") from None
    return values


def _controls(options: Mapping[str, Any]) -> tuple[NetworkControl, ...]:
    """Returns the inputs beside the picture: for a U-Net, a mask for each dropout by channel, from the innermost
    outwards; for AdaIN, the mean and the deviation of the style; for a look, its weights."""
    if options["net"] == "unet":
        filters, levels = options["arguments"]["filters"], options["arguments"]["levels"]
        return tuple(
            NetworkControl(f"dropout_{place}", (1, 8 * filters, 1, 1), 1.0) for place in range(max(0, levels - 5))
        )
    if options["net"] == "adain":
        return NetworkControl("style_mean", (1, 512, 1, 1), 0.5), NetworkControl("style_deviation", (1, 512, 1, 1), 1.0)
    if _is_live(options):
        return (NetworkControl("weights", (look_layout.count(**options["arguments"]),), _SMALL),)
    return ()


def _is_live(options: Mapping[str, Any]) -> bool:
    """Returns whether the network's weights are an input of it, as a look's are unless it is to be as it is now."""
    return options["net"] == "look" and bool(options.get("live", True))


def _behind_key(path: Path, options: Mapping[str, Any]) -> list[Path]:
    """Returns the files on which the network's numbers depend, beside its controls."""
    return [] if _is_live(options) else [path, *_encoder(path, options)]


def _live_look(options: Mapping[str, Any]) -> nn.Module:
    """Returns the network of all looks of the same channels, whose weights are an input."""
    from vj.model.nets.look import LookGraph

    return LookGraph(**options["arguments"]).eval()


def _module(path: Path, options: Mapping[str, Any], channels: tuple[int, int]) -> nn.Module:
    """Returns the network with the file's weights, in eval mode, without gradients. Raises BadInput like
    `recognise`."""
    from vj.model.files import tensors
    from vj.model.nets.three_channels import ThreeChannels

    given = tensors.load(path, None if options["net"] in PACKAGED else _is_known)
    if "encoder" in options:
        given = {f"decoder.{name}": tensor for name, tensor in given.items()}
        given |= _first_layers(tensors.load(_encoder(path, options)[0], is_encoder))
    net, names = _fitting(path, {name: tuple(tensor.shape) for name, tensor in given.items()}, options)
    own = {names[name]: tensor for name, tensor in given.items() if name in names}
    net.load_state_dict(own, assign=options["net"] not in PACKAGED)
    net.eval().requires_grad_(False)
    return net if channels == (3, 3) else ThreeChannels(net, *channels).eval()


def _first_layers(encoder: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the encoder's tensors up to relu4_1, which AdaIN uses; the file goes on to relu5_4."""
    return {
        f"encoder.{name}": tensor
        for name, tensor in encoder.items()
        if name.split(".")[0].isdecimal() and int(name.split(".")[0]) < 31
    }


def _fitting(path: Path, shapes: Shapes, options: Mapping[str, Any]) -> tuple[nn.Module, dict[str, str]]:
    """Returns the network, still without weights, and the network's name for each tensor of the file that it takes.

    Running statistics that the network doesn't keep are left out: old versions of torch wrote them for instance norms,
    which don't use them, and batch norms by the picture's own statistics don't use them either. Raises BadInput if
    anything else is missing or left over.
    """
    kind, arguments = options["net"], options["arguments"]
    net = _built(path, kind, arguments)
    wanted = _shapes(net)
    names = {name: renamed(kind, name, arguments) for name in shapes if not is_for_training(kind, name)}
    spare = ("running_mean", "running_var", "num_batches_tracked")
    names = {name: own for name, own in names.items() if own in wanted or not own.endswith(spare)}
    given = {own: shapes[name] for name, own in names.items()}
    if given != wanted:
        wrong = f"is no {arguments['name']} of {kind}:" if kind in PACKAGED else f"looks like a {kind}, but"
        raise BadInput(f"{path} {wrong} {_difference(given, wanted)}")
    return net, names


def _built(path: Path, kind: str, arguments: Mapping[str, Any]) -> nn.Module:
    """Returns the network without weights, except for what packages compute beside their weights. Raises BadInput for
    arguments that no such network can have."""
    import torch

    try:
        with torch.device("cpu" if kind in PACKAGED else "meta"):
            return NETS[kind](**arguments)
    except (ValueError, RuntimeError) as error:  # arguments that no network can have
        raise BadInput(f"{path} looks like a {kind}, but can't be one: {error}") from error


def _shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of all tensors that the network loads, except its counters of training steps."""
    shapes = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    return {name: shape for name, shape in shapes.items() if not name.endswith("num_batches_tracked")}


def _difference(given: Shapes, wanted: Shapes) -> str:
    """Returns in words how the tensors ``given`` differ from those ``wanted``."""
    missing, extra = sorted(wanted.keys() - given.keys()), sorted(given.keys() - wanted.keys())
    odd = [name for name in wanted if name in given and given[name] != wanted[name]]
    said = [f"{odd[0]} is {list(given[odd[0]])} for {list(wanted[odd[0]])}"] if odd else []
    said += [f"it has no {', '.join(missing[:3])}"] if missing else []
    said += [f"it also has {', '.join(extra[:3])}"] if extra else []
    return "; ".join(said)


def _shown(shapes: Shapes) -> str:
    """Returns the names and shapes of the first few tensors, in words."""
    shown = ", ".join(f"{name} {list(shape)}" for name, shape in list(shapes.items())[:_SHOWN])
    return f"{shown} and {len(shapes) - _SHOWN} more" if len(shapes) > _SHOWN else shown
