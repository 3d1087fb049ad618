"""Where the tensors of a .safetensors file lie: its header, checked against what the file holds. It takes no torch."""

from __future__ import annotations

import json
import math
import mmap
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from vj.base.errors import BadInput, unknown

SIZES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("F64", "I64"), 8),
    **dict.fromkeys(("F32", "I32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL"), 1),
}
"""The bytes of a number of each type, by the format's name for the type."""
LENGTH: Final = 8
"""The bytes at the start of a file that hold the header's length."""
METADATA: Final = "__metadata__"
"""The name under which the header holds texts about the tensors."""


class TensorPlace(BaseModel):
    """A tensor in the header: its number type by the format's name, its shape, and where it begins and ends, in bytes
    after the header's end."""

    model_config = ConfigDict(extra="forbid", strict=True)
    dtype: str
    shape: list[NonNegativeInt]
    data_offsets: tuple[NonNegativeInt, NonNegativeInt]


def places(path: Path, content: bytes | mmap.mmap, largest: int) -> tuple[int, dict[str, TensorPlace]]:
    """Returns the byte at which the header ends, and the tensors that it declares, by name.

    ``content`` is the whole file; ``path`` is for messages. Raises BadInput for a header that is damaged or declares
    what the file doesn't hold, for a number type that isn't known, and for tensors of more than ``largest`` bytes in
    all as float32.
    """
    start = LENGTH + int.from_bytes(content[:LENGTH], "little")
    if start > len(content):
        raise BadInput(f"{path} is damaged: its header ends at byte {start} of {len(content)}")
    found = _declared(path, content[LENGTH:start])
    _check(path, found, len(content) - start, largest)
    return start, found


def _declared(path: Path, header: bytes) -> dict[str, TensorPlace]:
    """Returns the tensors that the header declares, by name. Raises BadInput."""
    try:
        found = json.loads(header)
        # JSON knows lists only, and the strict model takes nothing but a tuple
        return {
            name: TensorPlace(**{**said, "data_offsets": tuple(said["data_offsets"])})
            for name, said in found.items()
            if name != METADATA
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError) as error:
        raise BadInput(f"{path} is damaged: its header is not one of safetensors") from error


def _check(path: Path, entries: dict[str, TensorPlace], held: int, largest: int) -> None:
    """Raises BadInput unless the ``held`` bytes behind the header can be these tensors."""
    for name, entry in entries.items():
        if entry.dtype not in SIZES:
            raise unknown(f"number type in {path}:", entry.dtype, SIZES)
        begin, end = entry.data_offsets
        if end - begin != math.prod(entry.shape) * SIZES[entry.dtype] or end > held:
            raise BadInput(f"{path}: {name} declares the shape {entry.shape} of what are bytes {begin}-{end} of {held}")
    ends = sorted(entry.data_offsets for entry in entries.values())
    if any(end > begin for (_, end), (begin, _) in pairwise(ends)):
        raise BadInput(f"{path} is damaged: its tensors overlap")
    if sum(math.prod(entry.shape) for entry in entries.values()) * 4 > largest:
        raise BadInput(f"the tensors of {path} are more than {largest} bytes; no more are loaded")
