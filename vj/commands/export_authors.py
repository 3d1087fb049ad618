"""Writes generators in the layout of junyanz/pytorch-CycleGAN-and-pix2pix, as torch or safetensors do, and checks that
they play."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from vj.base.errors import BadInput, VjError
from vj.base.frame import Size
from vj.base.new_file import check_free, save_text, whole_file
from vj.model.files import authors_file, checkpoint, library, weights
from vj.model.files.library import BACK
from vj.model.files.recognised import RecognisedNetwork
from vj.model.runtime.prepare import raw

SAFETENSORS: Final = ".safetensors"
ENDINGS: Final = (".pth", ".pt", SAFETENSORS)
"""The endings of the files that are written."""
MOST_OFF, MOST_OFF_IN_HALF = 1e-4, 0.02
"""The largest difference between the pictures of the new file and the old one that is accepted, as a part of the
largest number; in half precision it is larger."""


def export_authors(
    name_or_file: str, output: Path, progress: weights.Progress, overwrite: bool = False, *, half: bool = False
) -> list[str]:
    """Writes the generator of the model ``name_or_file`` (as in `vj.model.files.library.find`) into ``output``, as a
    state dict that its authors' code loads, and returns lines on what was written. With ``half`` its numbers are
    float16, and the file half as large.

    A CycleGAN's second direction is written beside it, under a name that ends in ``_B`` instead of ``_A``, or has
    ``_B`` added; as safetensors, under the name that the library gives it. A safetensors file gets the model's manifest
    as well, if it has one. Each file is loaded again before it gets its name, and must give the same picture.
    ``progress`` is called while files are fetched. Raises BadInput for a model that is no generator of this layout, for
    a file that can't be written and, unless ``overwrite`` is true, for one that exists; VjError for one that gives
    another picture.
    """
    entry = library.find(name_or_file)
    entry.fetch(progress)
    found = {part: RecognisedNetwork.from_json(about) for part, about in entry.to_job()["about"].items()}
    if not found:
        raise BadInput(f"{entry.name} is no generator of pix2pix or CycleGAN, and no fast style")
    targets = dict(zip(found, (output, _back(output)), strict=False))
    manifests = {part: path.with_suffix(".toml") for part, path in targets.items() if _is_safetensors(path)}
    check_free([*targets.values(), *manifests.values()], overwrite)  # one that is there would describe the new file
    lines = []
    for part, known in found.items():
        source, target = entry.files[part], targets[part]
        content = authors_file.in_authors_layout(source, known, safetensors=_is_safetensors(target), half=half)
        lines.append(_written(source, known, content, target, MOST_OFF_IN_HALF if half else MOST_OFF))
        if part in manifests and (said := _manifest(source)):
            save_text(manifests[part], said, overwrite)
    return lines


def _is_safetensors(path: Path) -> bool:
    return path.suffix.lower() == SAFETENSORS


def _back(output: Path) -> Path:
    """Returns the path for the way back, beside that for the way there."""
    end = BACK if _is_safetensors(output) else "_B"
    return output.with_stem(f"{output.stem.removesuffix('_A')}{end}")


def _manifest(path: Path) -> str:
    """Returns the text of the manifest beside the model file at ``path``; empty if there is none."""
    beside = path.with_suffix(".toml")
    return beside.read_text(encoding="utf-8") if beside.is_file() else ""


def _written(path: Path, recognised: RecognisedNetwork, content: bytes, target: Path, most_off: float) -> str:
    try:
        with whole_file(target) as part:
            part.write_bytes(content)
            off = _off(path, recognised, part)
            if not off <= most_off:  # it may be no number
                raise VjError(f"{target} isn't written: its picture would be {off:.1e} off")
    except OSError as error:
        raise BadInput(f"can't write {target}: {error.strerror or error}") from None
    return f"{target}: {recognised.title}; loaded again, its picture is at most {off:.1e} off"


def _off(path: Path, recognised: RecognisedNetwork, new: Path) -> float:
    """Returns how far the numbers of the network in the file ``new`` are off those of the one at ``path``, for one
    picture. What a manifest beside ``path`` says of its range and norms counts for both."""
    again = checkpoint.recognise(new)
    arguments = recognised.options["arguments"]
    said = {name: arguments[name] for name in ("statistics",) if name in arguments}
    again = replace(again, options={**again.options, "arguments": {**again.options["arguments"], **said}})
    old = checkpoint.network(path, recognised)
    other = replace(checkpoint.network(new, again), takes=old.takes, gives=old.gives)
    picture = np.asarray(old.sample(old.nearest(Size(96, 64))), np.uint8)
    wanted, given = raw(old, picture), raw(other, picture)
    return float(np.abs(given - wanted).max()) / max(1e-9, float(np.abs(wanted).max()))
