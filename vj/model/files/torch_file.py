"""Checks what a file of torch declares, without executing any of it, before `torch.load` reads it.

`torch.load` with ``weights_only=True`` runs no code, but it believes the sizes that the file claims: a file of 1.5 kB
can ask for 4 GB. Two formats are checked: today's zip (a pickle in data.pkl, and a record for every storage), and the
format before torch 1.6 (several pickles in a row, and the storages behind them).
"""

from __future__ import annotations

import math
import mmap
import zipfile
from collections.abc import Iterable
from pathlib import Path

from vj.base.errors import BadInput
from vj.model.files.torch_pickle import Declared, Pickled, Storage, read

_MAGIC = 0x1950A86A20F9469CFC6C
"""The content of the first of the old format's five pickles; the fourth holds the tensors."""
_DIRECTORY = 65536
"""The most records of a zip."""
_WAY_OUT = "if you trust it, load it in an isolated process and save its state_dict() as .safetensors"


def check(path: Path, size: int, largest: int) -> None:
    """Checks the file of torch at ``path``, which has ``size`` bytes, and returns nothing. No tensor is loaded.

    Raises BadInput for a file that can't be read, is in neither of torch's two formats, asks for a class or function
    that no state dict needs (as a whole module or TorchScript does), has compressed records, declares a storage beyond
    what it holds or a tensor beyond its storage, or declares tensors of more than ``largest`` bytes in all as float32.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content[:4] == b"PK\x03\x04":
                _check_zip(path, size, largest)
            else:
                _check_row(path, content, largest)
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, LookupError, ArithmeticError, EOFError) as error:
        raise BadInput(f"{path} is damaged or no file of torch: {str(error)[:120]}") from error


def _check_zip(path: Path, size: int, largest: int) -> None:
    """Checks a file in today's format. Raises BadInput."""
    with zipfile.ZipFile(path) as archive:
        records = archive.infolist()
        _check_records(path, records, size)
        folder = records[0].filename.split("/")[0]
        names = {record.filename for record in records}
        if f"{folder}/constants.pkl" in names:
            raise BadInput(
                f"{path} is a TorchScript archive, which holds code; save its state_dict() as .safetensors in an "
                "isolated process, or export it to ONNX"
            )
        if f"{folder}/data.pkl" not in names:
            raise BadInput(f"{path} is a zip, but not one of torch: it holds no {folder}/data.pkl")
        pickled = read(archive.read(f"{folder}/data.pkl"))
    held = {record.filename.removeprefix(f"{folder}/data/"): record.file_size for record in records}
    _check_pickled(path, pickled)
    for storage in pickled.storages:
        if storage.bytes > held.get(storage.key, 0):
            raise BadInput(f"{path}: storage {storage.key} declares {storage.bytes} bytes, but {_held(held, storage)}")
    _check_tensors(path, pickled.tensors, largest)


def _check_records(path: Path, records: list[zipfile.ZipInfo], size: int) -> None:
    """Raises BadInput for records that would unpack to more bytes than the file has; torch never compresses them."""
    if not records or len(records) > _DIRECTORY:
        raise BadInput(f"{path} is a zip of {len(records)} records; expected 1 to {_DIRECTORY}")
    for record in records:
        if record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size:
            raise BadInput(
                f"{path}: {record.filename} is compressed, {record.file_size} bytes in {record.compress_size}; torch "
                "never writes that, and it isn't unpacked"
            )
    if sum(record.file_size for record in records) > size:
        raise BadInput(f"{path} is {size} bytes long, but its records claim to be longer")
    if len({record.filename.casefold() for record in records}) < len(records):
        raise BadInput(f"{path} has two records of one name")


def _check_row(path: Path, content: mmap.mmap, largest: int) -> None:
    """Checks a file in the format before torch 1.6. Raises BadInput."""
    if content[:1] != b"\x80" or read(content).value != _MAGIC:
        raise BadInput(f"{path} is no file of torch: it begins with {bytes(content[:8])!r}")
    pickles = [read(content) for _ in range(4)]
    for pickled in pickles:
        _check_pickled(path, pickled)
    tensors = pickles[2]
    declared, held = sum(storage.bytes for storage in set(tensors.storages)), len(content) - content.tell()
    if declared > held:
        raise BadInput(f"{path}: its storages declare {declared} bytes, but the file holds {held}")
    _check_tensors(path, tensors.tensors, largest)


def _check_pickled(path: Path, pickled: Pickled) -> None:
    """Raises BadInput if the pickle asks for anything that could run code."""
    if any(name.startswith(("torch.nn.modules.", "torch.nn.parallel.")) for name in pickled.strangers):
        raise BadInput(
            f"{path} is a whole pickled module, not the state dict of one: loading it would run code "
            f"({_some(pickled.strangers)}); {_WAY_OUT}"
        )
    if pickled.strangers:
        raise BadInput(f"{path} asks for {_some(pickled.strangers)}, which could run code; {_WAY_OUT}")


def _check_tensors(path: Path, tensors: Iterable[Declared], largest: int) -> None:
    """Raises BadInput for a tensor that reaches beyond its storage, and for tensors that are too large in all."""
    total = 0
    for tensor in tensors:
        elements = math.prod(tensor.shape)
        if not tensor.fits or elements > tensor.storage.elements:
            raise BadInput(
                f"{path}: a tensor declares the shape {list(tensor.shape)}, {elements} elements, but its storage "
                f"{tensor.storage.key} has {tensor.storage.elements}"
            )
        total += elements
    if total * 4 > largest:
        raise BadInput(f"the tensors of {path} are more than {largest} bytes; no more are loaded")


def _held(held: dict[str, int], storage: Storage) -> str:
    """Returns in words how much the zip holds of ``storage``."""
    return f"its record holds {held[storage.key]}" if storage.key in held else "has no record"


def _some(names: Iterable[str]) -> str:
    """Returns the first three of ``names`` and how many more there are."""
    listed = sorted(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
