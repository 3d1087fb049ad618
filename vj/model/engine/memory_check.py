"""Checks whether there is memory for another model, before any of it is loaded."""

from collections.abc import Iterable
from pathlib import Path

from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.model.files.library import Entry
from vj.model.runtime.cards import computes

_COPIES = 4
"""How many copies of the weights are in memory at the worst moment: file, network, graph, compiled graph."""
_PER_PIXEL = 2400
"""Bytes that the widest networks need for each pixel."""
_RUNTIME = 400e6
"""Bytes that a process with a runtime needs by itself."""


def check_room(entries: Iterable[Entry], box: Size, runtime: str = "auto") -> None:
    """Raises Unavailable, with both figures, if less memory is free (`available`) than the neediest single one of
    ``entries`` takes: 0.4 GB, four times its files and 2400 bytes for each pixel of ``box``. Several are not added up.
    Pixels don't count where models are run on a graphics card by this ``runtime``, as they take the card's memory.
    Does nothing if the system doesn't say how much is free. ``entries`` must not be empty."""
    free = available()
    pixels = 0 if computes(runtime) else box.width * box.height
    needed = _RUNTIME + max(_COPIES * entry.size + _PER_PIXEL * pixels for entry in entries)
    if free is not None and needed > free:
        raise Unavailable(f"no room for it: it takes about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")


def available() -> float | None:
    """Returns the bytes of memory that a new process may take, as Linux estimates them; None on a system without
    /proc/meminfo."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), None)
