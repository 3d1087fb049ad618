"""The film that the bench makes."""

from pathlib import Path

import av
import numpy as np

from vj.base.frame import Size
from vj.bench.films import write_film


def test_a_film_of_the_size_rate_and_length_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write_film(path, Size(128, 72), 60, 0.5)
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 128, 72)
        assert stream.average_rate == 60
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(stream)]
    assert len(frames) == 30
    assert np.abs(frames[1] - frames[0]).mean() > 2, "every frame differs from the last"
