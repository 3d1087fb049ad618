"""Writes a model's weights as its authors' own code loads them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vj.base.errors import BadInput
from vj.base.new_file import whole_file
from vj.model.files import library

ENDINGS: Final = (".pth", ".pt")
"""The endings of files that torch writes."""


def export_pth(name_or_file: str, output: Path) -> list[str]:
    """Writes the weights of a model (see `vj.model.files.library.find`) to ``output``, replacing what is there, as the
    dictionary of tensors that ``load_state_dict`` takes in the code of the network's authors, float32. Returns lines on
    what was written. A model of several files gives its first. Raises BadInput for a model without weights, and if it
    can't be written."""
    import torch

    from vj.model.files import tensors

    entry = library.find(name_or_file)
    path = next(iter(entry.files.values()), None)
    if path is None or path.suffix.lower() not in library.SUFFIXES or path.suffix.lower() == ".onnx":
        raise BadInput(f"{name_or_file!r} has no weights of torch that could be exported")
    given = tensors.load(path)
    counters = ("num_batches_tracked",)
    found = {name: tensor.long() if name.endswith(counters) else tensor for name, tensor in given.items()}
    try:
        with whole_file(output) as part:
            torch.save(found, part)
    except OSError as error:
        raise BadInput(f"can't write {str(output)!r}: {error.strerror}") from None
    return [f"{output}: {len(found)} tensors of {entry.title}", "load_state_dict(torch.load(FILE)) takes them"]
