import io
from collections.abc import Callable

import numpy as np
import pytest

from tests.source.conftest import Viewer
from vj.base.frame import Size
from vj.source.pattern import Pattern, read_counter


def test_counts_its_frames_at_its_rate(start: Callable[..., Viewer]) -> None:
    viewer = start(Pattern, "", fps=50.0)
    assert viewer.counts(20) == list(range(20))
    assert viewer.times[-1] - viewer.times[0] == pytest.approx(19 / 50)


@pytest.mark.parametrize("size", [Size(96, 54), Size(320, 180), Size(600, 400), Size(1920, 1080)])
def test_the_counter_survives_scaling(start: Callable[..., Viewer], size: Size) -> None:
    import cv2

    viewer = start(Pattern, "", Size(640, 360))
    viewer.counts(20)
    viewer.source._count = 0b101100111000101001110101  # type: ignore[attr-defined]
    scaled = cv2.resize(viewer.take(), size, interpolation=cv2.INTER_AREA)
    assert read_counter(scaled) == 0b101100111000101001110101


def test_the_counter_survives_video_coding(start: Callable[..., Viewer]) -> None:
    import av

    viewer, coded = start(Pattern, "", Size(640, 360)), io.BytesIO()
    with av.open(coded, "w", format="matroska") as recording:
        stream = recording.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height = 640, 360
        for _ in range(10):
            recording.mux(stream.encode(av.VideoFrame.from_ndarray(viewer.take(), "rgb24")))
        recording.mux(stream.encode())
    coded.seek(0)
    with av.open(coded, "r") as film:
        pictures = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in film.decode(video=0)]
    assert [read_counter(picture) for picture in pictures] == list(range(10))
