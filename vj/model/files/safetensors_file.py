"""Reads and writes .safetensors files, which are a length, a JSON header of that length, and the numbers.

Format: https://github.com/huggingface/safetensors, section "Format".
"""

from __future__ import annotations

import json
import math
import mmap
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError
from torch import Tensor

from vj.base.errors import BadInput, unknown

_TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
_LENGTH = 8
"""The bytes at the start of a file that hold the header's length; the header itself is padded to a multiple of it."""
_METADATA = "__metadata__"
_LONGEST_HEADER = 1 << 20
"""The most bytes of a header that `metadata` reads."""


class _Entry(BaseModel):
    """A tensor in the header; its offsets are bytes after the header's end."""

    model_config = ConfigDict(extra="forbid", strict=True)
    dtype: str
    shape: list[NonNegativeInt]
    data_offsets: tuple[NonNegativeInt, NonNegativeInt]


def load(path: Path, largest: int) -> dict[str, Tensor]:
    """Returns the file's tensors by the names in its header, in their own number types, each a copy on the CPU; its
    metadata is left out.

    Raises BadInput for a header that is damaged or declares what the file doesn't hold, for a number type that isn't
    known, and for tensors of more than ``largest`` bytes in all as float32. Raises OSError for a file that can't be
    opened, ValueError for an empty one.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = _LENGTH + int.from_bytes(content[:_LENGTH], "little")
        if start > len(content):
            raise BadInput(f"{path} is damaged: its header ends at byte {start} of {len(content)}")
        entries = _entries(path, content[_LENGTH:start])
        _check(path, entries, len(content) - start, largest)
        return {name: _tensor(content, start, entry) for name, entry in entries.items()}


def metadata(path: Path) -> dict[str, str]:
    """Returns the texts that stand in the file's header beside its tensors, by name: an empty dictionary if there are
    none, or the header is none of safetensors. The tensors aren't read. Raises OSError for a file that can't be opened.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        header = file.read(min(length, _LONGEST_HEADER))
    try:
        found = json.loads(header).get(_METADATA, {})
        return {str(name): str(text) for name, text in found.items()}
    except (ValueError, AttributeError, RecursionError):
        return {}


def encoded(tensors: Mapping[str, Tensor], about: Mapping[str, str] | None = None) -> bytes:
    """Returns the content of a file that holds ``tensors``, in their own number types, and the texts ``about`` them,
    which `metadata` reads. Raises KeyError for a number type that such a file has no name for."""
    names = {kind: name for name, kind in _TYPES.items()}
    header: dict[str, object] = {_METADATA: dict(about)} if about else {}
    parts, end = [], 0
    for name, tensor in tensors.items():
        part = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        begin, end = end, end + len(part)
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        parts.append(part)
    written = json.dumps(header).encode()
    written += b" " * (-len(written) % _LENGTH)
    return b"".join((len(written).to_bytes(_LENGTH, "little"), written, *parts))


def _entries(path: Path, header: bytes) -> dict[str, _Entry]:
    """Returns the tensors that the header declares, by name. Raises BadInput."""
    try:
        found = json.loads(header)
        # JSON knows lists only, and the strict model takes nothing but a tuple
        return {
            name: _Entry(**{**said, "data_offsets": tuple(said["data_offsets"])})
            for name, said in found.items()
            if name != _METADATA
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError) as error:
        raise BadInput(f"{path} is damaged: its header is not one of safetensors") from error


def _check(path: Path, entries: dict[str, _Entry], held: int, largest: int) -> None:
    """Raises BadInput unless the ``held`` bytes behind the header can be these tensors."""
    for name, entry in entries.items():
        if entry.dtype not in _TYPES:
            raise unknown(f"number type in {path}:", entry.dtype, _TYPES)
        begin, end = entry.data_offsets
        if end - begin != math.prod(entry.shape) * _TYPES[entry.dtype].itemsize or end > held:
            raise BadInput(f"{path}: {name} declares the shape {entry.shape} of what are bytes {begin}-{end} of {held}")
    places = sorted(entry.data_offsets for entry in entries.values())
    if any(end > begin for (_, end), (begin, _) in pairwise(places)):
        raise BadInput(f"{path} is damaged: its tensors overlap")
    if sum(math.prod(entry.shape) for entry in entries.values()) * 4 > largest:
        raise BadInput(f"the tensors of {path} are more than {largest} bytes; no more are loaded")


def _tensor(content: mmap.mmap, start: int, entry: _Entry) -> Tensor:
    begin, end = entry.data_offsets
    if begin == end:
        return torch.zeros(entry.shape, dtype=_TYPES[entry.dtype])
    numbers = bytearray(content[start + begin : start + end])
    return torch.frombuffer(numbers, dtype=_TYPES[entry.dtype]).reshape(entry.shape)
