"""The weights of looks, read from their files as plain numbers: it takes a millisecond, and no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vj.base.errors import BadInput
from vj.model import look_layout
from vj.model.files import architectures, safetensors_header

Weights = npt.NDArray[np.float32]
"""All weights of a look, float32 [count], in the order of `look_layout.shapes`."""
_NUMBERS: Final[Mapping[str, np.dtype[Any]]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
_LARGEST: Final = 64 * 2**20
"""The most bytes of a look's file."""


def read(path: Path, channels: Sequence[int], fold: int) -> Weights:
    """Returns the weights in the file at ``path``, in any of the formats of model files, as a new array.

    Raises BadInput for a file that can't be read, is damaged or holds anything but a look of these ``channels`` and
    this ``fold``, and for numbers that aren't finite.
    """
    wanted = look_layout.shapes(channels, fold)
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise BadInput(f"{path} is no look: it is {size} bytes long")
        found = _plain(path, wanted) if path.suffix.lower() == ".safetensors" else None
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror or error}") from None
    weights = _any(path, wanted) if found is None else found
    if not np.isfinite(weights).all():
        raise BadInput(f"{path} holds numbers that are not finite; the training that made it had failed")
    return weights


def _plain(path: Path, wanted: architectures.Shapes) -> Weights | None:
    """Returns the weights of a file as the training writes it; None if names, shapes or number types are others. Raises
    BadInput for a damaged file, OSError for one that can't be read."""
    content = path.read_bytes()
    start, places = safetensors_header.places(path, content, _LARGEST)
    if _differs({name: tuple(place.shape) for name, place in places.items()}, wanted):
        return None
    if any(place.dtype not in _NUMBERS for place in places.values()):
        return None
    parts = [
        np.frombuffer(content, _NUMBERS[place.dtype], math.prod(place.shape), start + place.data_offsets[0])
        for place in (places[name] for name in wanted)
    ]
    return np.concatenate(parts, dtype=np.float32)


def _any(path: Path, wanted: architectures.Shapes) -> Weights:
    """Returns the weights of a file of any format that torch reads. Raises BadInput."""
    from vj.model.files import tensors

    found = tensors.load(path, lambda shapes: architectures.find(shapes) is not None)
    shapes = {name: tuple(tensor.shape) for name, tensor in found.items()}
    if _differs(shapes, wanted):
        raise BadInput(f"{path} can't be played by this model: {_difference(shapes, wanted)}")
    return np.concatenate([found[name].numpy().ravel() for name in wanted])


def _differs(shapes: architectures.Shapes, wanted: architectures.Shapes) -> bool:
    return dict(shapes) != dict(wanted)


def _difference(shapes: architectures.Shapes, wanted: architectures.Shapes) -> str:
    """Returns in words what the file holds, and what is wanted."""
    needed = architectures.find(wanted)
    found = architectures.find(shapes)
    assert needed is not None
    if found is None:
        return f"it is no look, which {_named(needed.options['arguments'])} are wanted of"
    if found.family != needed.family:
        return f"it is no look, but {found.title}"
    own = _named(found.options["arguments"])
    other = _named(needed.options["arguments"])
    return f"its look has {own}, not {other}" if own != other else "some of its tensors have other names or shapes"


def _named(arguments: Mapping[str, object]) -> str:
    """Returns the arguments of a look's network in words."""
    channels, fold = arguments["channels"], arguments["fold"]
    assert isinstance(channels, Sequence)
    return f"{', '.join(map(str, channels))} channels" + ("" if fold == look_layout.FOLD else f", folded by {fold}")
