"""A film that benches make themselves, so that no bench depends on a file of the machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vj.base.convert import resize
from vj.base.frame import Size
from vj.source.sample import pictures

_STEP = 8
"""How many pixels the picture moves from frame to frame; every frame differs, and the decoder has to work."""


def write_film(path: Path, size: Size, rate: int, seconds: float) -> None:
    """Writes a film without sound to ``path``: h264 at ``rate`` pictures a second, a picture of the bundled film that
    moves to the side. ``size`` has even sides. Raises the library's own error where it can't encode h264."""
    import av

    (picture,) = pictures(size)
    picture = resize(picture, size)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "g": str(rate)})
        stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
        for place in range(max(1, round(rate * seconds))):
            shown = np.ascontiguousarray(np.roll(picture, place * _STEP, axis=1))
            film.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        film.mux(stream.encode())
