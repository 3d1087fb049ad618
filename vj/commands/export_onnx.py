"""Writes a model's network as an ONNX file, and checks that it gives the same numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from vj.base.atomic_file import write_whole
from vj.base.errors import BadInput, VjError
from vj.base.frame import Size
from vj.model import FAMILIES
from vj.model.files import checkpoint, library, weights
from vj.model.files.library import Entry
from vj.model.files.recognised import RANGES_BY_NAME, RecognisedNetwork
from vj.model.network import Network
from vj.model.runtime.export import onnx_file
from vj.model.runtime.prepare import raw

MOST_OFF = 1e-3
"""The largest difference between the file's numbers and torch's that is accepted, as a part of the largest number."""


def export_onnx(name_or_file: str, output: Path, progress: weights.Progress) -> list[str]:
    """Writes the network of the model ``name_or_file`` (as in `vj.model.files.library.find`) into ``output``, and
    returns lines on what the file takes and gives. A look has the weights that it has now, as constants.

    The file is run before it is written. ``progress`` is called while files are fetched. Raises BadInput for a model
    that is no single network from picture to picture, and for a file that can't be written, VjError for a file that
    gives other numbers than torch, Unavailable if nothing here can run it.
    """
    entry = library.find(name_or_file)
    entry.fetch(progress)
    network = _network(entry)
    file = onnx_file(network)
    off = max(_off(network, file, size) for size in (Size(network.least, network.least), network.nearest(Size(96, 64))))
    if off > MOST_OFF:
        raise VjError(f"{output} isn't written: its numbers would be {off:.1%} off")
    try:
        write_whole(output, file.read_bytes())
    except OSError as error:
        raise BadInput(f"can't write {output}: {error.strerror or error}") from None
    return [f"{output}: {entry.title or entry.name}", *_described(network), f"  its numbers are at most {off:.1e} off"]


def _network(entry: Entry) -> Network:
    """Returns the network of ``entry``, with all its weights. Raises BadInput if it isn't a single one."""
    about = entry.to_job()["about"]
    part = next(iter(about), "")
    found = RecognisedNetwork.from_json(about[part]) if part else None
    if found is None or found.is_classifier or not FAMILIES[entry.family].looked_at:
        names = [name for name, known in library.catalogue().items() if FAMILIES[known.family].looked_at]
        raise BadInput(f"{entry.name} is no single network; choices: {', '.join(names)}, or your own models' names")
    return checkpoint.still_network(entry.files[part], found)


def _off(network: Network, file: Path, size: Size) -> float:
    """Returns how far the file's numbers are off torch's for one picture, as a part of torch's largest number; 0 for a
    network that is an ONNX file itself."""
    if network.module is None:
        return 0.0
    picture = np.asarray(network.sample(size), np.uint8)
    wanted, given = raw(network, picture), raw(replace(network, module=None, onnx=file), picture)
    return float(np.abs(given - wanted).max()) / max(1e-9, float(np.abs(wanted).max()))


def _described(network: Network) -> list[str]:
    """Returns lines on what the file takes and gives."""
    ranges = {value: name for name, value in RANGES_BY_NAME.items()}
    inputs = [f"image [1, 3, h, w], RGB in {ranges.get(network.takes, 'a range of its own')}"]
    inputs += [f"{control.name} {list(control.shape)}" for control in network.controls]
    sides = f"of {network.fixed}" if network.fixed else f"sides multiples of {network.multiple}"
    return [
        f"  takes {', '.join(inputs)}, {sides}",
        f"  gives result [1, 3, h, w], in {ranges.get(network.gives, 'a range of its own')}",
    ]
