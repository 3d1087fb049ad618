"""The processing sizes at which models have settled on this machine, where the next show begins.

The cache has one small file for each model. If it can't be read or written, the governor finds the size again.
"""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from vj.base.atomic_file import write_cached
from vj.base.paths import cache
from vj.model.files.library import Entry
from vj.model.runtime import processor

LASTING: Final = 20.0
"""Seconds that a size must have held to count as settled."""


class SettledSizes:
    """The settled sizes of one engine's models, as lengths relative to the full size (0..1]: for each model the newest,
    and the rate that it held."""

    def __init__(self, entries: Mapping[str, Entry], conditions: Mapping[str, str]) -> None:
        """Read what earlier shows kept for ``entries``, by name. ``conditions`` are what the speed depends on besides
        model and processor, as texts by name: canvas, full size, runtime, card; a size counts only under the same
        ones."""
        machine = {**processor.described(), **conditions}
        self._files = {name: _file({**machine, "model": entry.to_job(looked=False)}) for name, entry in entries.items()}
        self._kept = {name: _read(file) for name, file in self._files.items()}
        self._now: dict[str, tuple[float, float]] = {}
        """By model, the size and the rate (pictures/s) that it plays at."""
        self._since: dict[str, float] = {}
        """By model, since when (s) it has played at that size and rate."""

    def part(self, name: str, rate: float) -> float:
        """Returns the size at which the model ``name`` settled before at ``rate`` (pictures/s): a length relative to
        the full size, above 0 and up to 1; 1 if none is known for this very rate. Sizes of this show count once
        `follow` has kept them. Raises KeyError for a model that isn't among ``entries``."""
        part, at = self._kept[name]
        return part if at == rate else 1.0

    def follow(self, name: str, part: float, rate: float, now: float) -> None:
        """Note that the model ``name`` plays at ``part`` of its full size, to hold ``rate`` (pictures/s), at the
        monotonic time ``now`` (s). It must be called again and again: once a call finds that both have stayed the same
        for 20 s, they are kept for `part` and written to the cache; if writing fails, nothing is raised."""
        if self._now.get(name) != (part, rate):
            self._now[name], self._since[name] = (part, rate), now
        elif now - self._since[name] >= LASTING and self._kept[name] != (part, rate):
            self._kept[name] = (part, rate)
            with contextlib.suppress(OSError):
                write_cached(self._files[name], json.dumps({"part": part, "rate": rate}).encode())


def _file(key: Mapping[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache("sizes") / f"{digest[:32]}.json"


def _read(file: Path) -> tuple[float, float]:
    """Returns the kept size and rate; the full size and a rate of 0 if nothing was kept."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        part, rate = float(kept["part"]), float(kept["rate"])
    except (OSError, ValueError, TypeError, KeyError):
        return 1.0, 0.0
    return (part, rate) if 0.0 < part <= 1.0 else (1.0, 0.0)
