"""Plays a bank of four on a graphics card, of whose memory 6 GB are for this process; prints JSON.

Its arguments are width and height of the pictures, and the backend's name or "auto".
"""

import json
import math
import sys
from collections.abc import Mapping

import numpy as np
import torch

from vj.base.frame import Size
from vj.model.engine.bank import PatientBank, PreparedKey
from vj.model.files.library import Entry, catalogue
from vj.params.param import Value

NAMES = ("style26", "painting", "vintage", "dream-mirror")
GIGABYTES = 6
ROUNDS = 2


def main(width: int, height: int, runtime: str) -> Mapping[str, object]:
    """Each model in turn, several times: the least contrast of its pictures, and the most memory that torch held."""
    if torch.cuda.is_available():
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, GIGABYTES * 1e9 / total))
    entries = [catalogue()[name] for name in NAMES]
    for entry in entries:
        entry.fetch(lambda doing, part: None)
    bank = PatientBank([Entry.from_job(entry.to_job()) for entry in entries], runtime)
    contrasts = dict.fromkeys(NAMES, math.inf)
    for _ in range(ROUNDS):
        for name in NAMES:
            contrasts[name] = min(contrasts[name], _contrast(bank, name, Size(width, height)))
    held = torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0
    return {"contrasts": contrasts, "held": held}


def _contrast(bank: PatientBank, name: str, box: Size) -> float:
    """Plays three pictures."""
    model = bank[name].model
    values: dict[str, Value] = {param.name: param.default for param in model.params}
    size = model.size(box, box.width, box.height)
    key = PreparedKey(name, size, model.variant(values), exact=False)
    ready = bank.ready(key) or bank.ask(key, first=True)
    if ready is None:
        raise RuntimeError(f"{name} can't be prepared") from bank.failure(key)
    out = np.zeros((size.height, size.width, 3), np.uint8)
    blocks = np.random.default_rng(1).integers(0, 256, (size.height // 16 + 1, size.width // 16 + 1, 3), np.uint8)
    seen = np.ascontiguousarray(blocks.repeat(16, 0).repeat(16, 1)[: size.height, : size.width])
    for turn in range(3):
        if not math.isfinite(ready.prepared.run(seen, out, values, turn / 25)):
            raise RuntimeError(f"{name} gives numbers that are no picture")
    return float(out.std())


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])))  # noqa: T201
