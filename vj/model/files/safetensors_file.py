"""Reads and writes .safetensors files, which are a length, a JSON header of that length, and the numbers.

Format: https://github.com/huggingface/safetensors, section "Format".
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from vj.model.files.safetensors_header import LENGTH, METADATA, TensorPlace, places

_TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
_LONGEST_HEADER = 1 << 20
"""The most bytes of a header that `metadata` reads."""


def load(path: Path, largest: int) -> dict[str, Tensor]:
    """Returns the file's tensors by the names in its header, in their own number types, each a copy on the CPU; its
    metadata is left out.

    Raises BadInput for a header that is damaged or declares what the file doesn't hold, for a number type that isn't
    known, and for tensors of more than ``largest`` bytes in all as float32. Raises OSError for a file that can't be
    opened, ValueError for an empty one.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start, found = places(path, content, largest)
        return {name: _tensor(content, start, place) for name, place in found.items()}


def metadata(path: Path) -> dict[str, str]:
    """Returns the texts that stand in the file's header beside its tensors, by name: an empty dictionary if there are
    none, or the header is none of safetensors. The tensors aren't read. Raises OSError for a file that can't be opened.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH), "little")
        header = file.read(min(length, _LONGEST_HEADER))
    try:
        found = json.loads(header).get(METADATA, {})
        return {str(name): str(text) for name, text in found.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}


def encoded(tensors: Mapping[str, Tensor], about: Mapping[str, str] | None = None) -> bytes:
    """Returns the content of a file that holds ``tensors``, in their own number types, and the texts ``about`` them,
    which `metadata` reads. Raises KeyError for a number type that such a file has no name for."""
    names = {kind: name for name, kind in _TYPES.items()}
    header: dict[str, object] = {METADATA: dict(about)} if about else {}
    parts, end = [], 0
    for name, tensor in tensors.items():
        part = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        begin, end = end, end + len(part)
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        parts.append(part)
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % LENGTH)  # so that the numbers begin at a multiple of their size
    return b"".join((len(written).to_bytes(LENGTH, "little"), written, *parts))


def _tensor(content: mmap.mmap, start: int, place: TensorPlace) -> Tensor:
    begin, end = place.data_offsets
    if begin == end:
        return torch.zeros(place.shape, dtype=_TYPES[place.dtype])
    numbers = bytearray(content[start + begin : start + end])
    return torch.frombuffer(numbers, dtype=_TYPES[place.dtype]).reshape(place.shape)
