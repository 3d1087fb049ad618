"""``vj bench stage``: its looks, its measures and its verdicts."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.textures import film
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.bench import stage_show
from vj.bench.stage import Course, Watch, _Row, error, learned, linear, measure
from vj.bench.stage_clips import Hand, ink
from vj.model.nets.look import LookNet
from vj.train.keyframe import Keyframe

FRAME = film(Size(96, 64), (3, 1), 2)[0]


def test_a_watch_stands_still_in_a_pause() -> None:
    times = iter((5.0, 6.0, 9.0, 10.0))
    watch = Watch(lambda: next(times))
    assert watch.now() == 5.0
    with watch.pause():
        pass
    assert watch.now() == 7.0


def test_the_error_of_the_same_picture_is_none() -> None:
    assert error(FRAME, FRAME) == 0.0


def test_a_map_of_colours_is_found() -> None:
    other = (255 - FRAME[..., ::-1] // 2).astype(np.uint8)
    assert error(linear([Keyframe(FRAME, other)], FRAME), other) < 1.0


def test_ink_has_few_colours_and_dark_lines() -> None:
    inked = ink(FRAME)
    assert inked.shape == FRAME.shape
    assert inked.mean() < FRAME.max()
    step = np.zeros((40, 60, 3), np.uint8) + 150
    step[:, 30:] = 200
    drawn = ink(step)
    assert drawn[20, 29].sum() < drawn[20, 10].sum(), "an edge has a line on its dark side"


def test_a_hand_paints_beside_the_edges_and_not_everywhere() -> None:
    hand = Hand(FRAME)
    keyframe, truth = hand.paint(FRAME), hand.truth(FRAME)
    assert keyframe.mask is not None
    assert keyframe.mask.mean() == pytest.approx(0.9, abs=0.02)
    assert (keyframe.source == FRAME).all()
    assert 5.0 < error(keyframe.painted, truth) < 80.0


def test_a_course_is_measured_at_each_stop() -> None:
    torch.manual_seed(0)
    ticks = iter(range(10**6))
    wanted = np.where(FRAME > 100, 255 - FRAME, FRAME // 2).astype(np.uint8)
    course = learned(
        [Keyframe(FRAME, wanted)], [FRAME], [wanted], (0.5, 1.0), lambda: next(ticks) / 20, LookNet((8, 12))
    )
    assert list(course.errors) == [0.0, 0.5, 1.0]
    assert all(0 < number < 255 for number in course.errors.values())
    assert len(course.shown) == 3


def course(*errors: float, first: float = 0.2) -> Course:
    return Course(first, dict(zip((0.0, 2.0, 10.0), errors, strict=True)), {}, 40.0, 1.0, [])


@pytest.mark.parametrize(
    ("measured", "broken"),
    [
        (course(20.0, 11.0, 8.3), []),
        (course(20.0, 11.1, 8.3), ["11.1 after 2 s"]),
        (course(20.0, 10.0, 8.4), ["8.4 after 10 s"]),
        (course(20.0, 10.0, 8.0, first=0.6), ["first picture after 0.60 s"]),
    ],
)
def test_each_promise_has_its_verdict(measured: Course, broken: list[str]) -> None:
    lines = _Row("bikes", "ink", [Keyframe(FRAME, FRAME)], [FRAME], [FRAME]).verdicts(measured)
    assert len(lines) == 3
    assert [line.split(": ")[1].split(" (")[0] for line in lines if "NOT held" in line] == broken


def test_another_clock_is_refused() -> None:
    with pytest.raises(BadInput, match=r"unknown clock 'sun'.*thread, wall"):
        next(measure(1.0, "sun"))


@pytest.mark.show
def test_a_show_says_what_it_plays_while_it_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    (line,) = stage_show.measure(2.0)
    said = re.match(
        r"meanwhile, in a show at 30 pictures/s: ([\d.]+) pictures/s at (\S+) .* (\d+) refreshes missed", line
    )
    assert said, line
    assert float(said[1]) > 1.0
    assert said[2] == "512x288"
    assert int(said[3]) >= 30
    assert not any(tmp_path.iterdir()), "it has a library of its own"
