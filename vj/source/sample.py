"""Pictures to try models on: single frames of a film, by default of the bundled one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vj.base.clock import FakeClock
from vj.base.frame import Alpha, Pixels, Size
from vj.base.paths import CLIP
from vj.source import SOURCES

_FPS = 25.0


def pictures(box: Size, places: Sequence[float] = (0.0,), film: Path = CLIP) -> list[Pixels]:
    """Returns the pictures at ``places`` (0 the beginning, 1 the end) of ``film``, one for each place in that order:
    uint8 RGB [h, w, 3], each an array of its own. They keep their shape, scaled down to fit into ``box``, with sides
    cut to multiples of 4. Raises BadInput for a film that can't be played."""
    source = SOURCES["movie"](str(film), box, _FPS, FakeClock())  # so that no time passes
    values = {param.name: param.default for param in source.params}
    taken: list[Pixels] = []

    def begin(height: int, width: int, alpha: Alpha | None = None) -> Pixels:
        taken.append(np.empty((height, width, 3), np.uint8))
        return taken[-1]

    source.open()
    try:
        for place in places:
            source.handle_trigger("seek", place)
            source.read(begin, values)
    finally:
        source.close()
    return taken
