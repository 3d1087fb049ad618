"""``vj train start``: makes the file of the network from which every look starts."""

from __future__ import annotations

from pathlib import Path

from vj.base.atomic_file import write_whole
from vj.base.errors import BadInput
from vj.base.new_file import check_writable
from vj.model.files import safetensors_file
from vj.model.files.weights import Progress

_ENDING = ".safetensors"


def train(output: Path, seed: int, rounds: int, progress: Progress, overwrite: bool = False) -> None:
    """Train the network and write its weights, halved to 16 bits, with the command in the file's header. Raises
    BadInput for a file that can't be written, Unavailable for data that can't be had."""
    from vj.train.warm_start import warm_start

    if output.suffix != _ENDING:
        raise BadInput(f"{output} must end in {_ENDING}")
    check_writable(output, overwrite)
    weights = {name: tensor.half() for name, tensor in warm_start(seed, rounds, progress).state_dict().items()}
    about = {"made_by": f"vj train start --seed {seed} --rounds {rounds}"}
    write_whole(output, safetensors_file.encoded(weights, about))
