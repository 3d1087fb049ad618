"""``vj bench train``: its steps, its course and its verdicts."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.train.sets import drawn_pairs, on_disk
from vj.base.errors import BadInput
from vj.base.paths import library
from vj.bench import train, train_clip, train_step
from vj.bench.train_clip import ClipCourse, ClipStop
from vj.bench.turns import Turns
from vj.train.settings import usual
from vj.train.start import TrainingWish, prepared
from vj.train.training import TrainingLimits


@pytest.fixture
def data(tmp_path: Path, own_library: Path) -> Path:
    return on_disk(tmp_path / "data", drawn_pairs(5), held=2)


def test_the_bare_step_is_that_of_the_training(data: Path) -> None:
    wish = TrainingWish("pix2pix", data, "mine", TrainingLimits(), size="tiny", side=32, batch=1)
    training = prepared(wish)
    try:
        losses = train_step.bare_step(training)()
        training.take_step()
        assert training.step == 1
        assert isinstance(losses, list)
        assert len(losses) == 3
    finally:
        training.close()


@pytest.mark.parametrize(("slower", "held"), [(1.04, True), (1.2, False)])
def test_each_method_has_its_verdict(data: Path, monkeypatch: pytest.MonkeyPatch, slower: float, held: bool) -> None:
    def turns(runs: dict[str, Any], seconds: float, clock: object) -> Turns:
        runs["training"]()
        return Turns({"bare": [1.0], "training": [slower]})

    monkeypatch.setattr(train_step, "METHODS", ("unet",))
    monkeypatch.setattr(train_step, "take_turns", turns)
    monkeypatch.setattr(train_step, "_TURN", 0.0)
    small = lambda *given, **other: usual(*given, **{**other, "side": 32, "batch": 1})  # noqa: E731
    monkeypatch.setattr("vj.train.start.usual", small)
    _, row = train_step.measure(data, 1.0, "processor")
    assert row.startswith("unet")
    assert ("NOT held" not in row) == held


class Even(nn.Module):
    """Gives pictures of one brightness."""

    def __init__(self, level: float) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(level))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x) + self.level


def test_a_course_measures_what_is_held_out_while_time_stands_still() -> None:
    time = iter(range(100))
    course = ClipCourse(lambda: float(next(time)))
    course.begin((torch.full((3, 3, 8, 8), -1.0), torch.ones(3, 3, 8, 8)))
    for level in (-0.9, 0.0, 1.0):
        course.note(7, {"G": Even(level)})
    assert course.edges == pytest.approx(1.0)
    assert [stop.error for stop in course.stops] == pytest.approx([0.95, 0.5, 0.0])
    assert [stop.seconds for stop in course.stops] == [1.0, 3.0, 5.0]
    assert "0.85 of the edges': after 13 s in all (at most 600 s: held)" in list(course.lines(10.0, "wall"))[-1]


def test_what_comes_too_late_or_never_is_not_held() -> None:
    course = ClipCourse(lambda: 0.0)
    course.edges = 0.4
    course.stops = [ClipStop(2.0, 10, 0.39), ClipStop(20.0, 80, 0.35)]
    assert list(course.lines(1.0, "wall"))[-1].endswith("never (at most 600 s: NOT held)")
    course.stops.append(ClipStop(595.0, 900, 0.2))
    *_, first, last = course.lines(10.0, "wall")
    assert first == "first file to play after 12 s in all"
    assert last.endswith("after 605 s in all (at most 600 s: NOT held)")


def test_a_clip_becomes_a_model_that_plays(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = lambda *given, **other: usual(*given, **{**other, "side": 32, "batch": 1})  # noqa: E731
    monkeypatch.setattr("vj.train.start.usual", small)
    lines = list(train_clip.measure(data, (3.0, 2.0), 0.001, "processor"))
    assert lines[0] == "the data set: 3.0 s, 2.0 s of the processor"
    assert lines[-1].startswith("bench-first plays: ")
    assert library("models", "bench-first.safetensors").is_file()


def test_another_clock_is_refused() -> None:
    with pytest.raises(BadInput, match="processor, wall"):
        list(train.measure(1.0, 1.0, "sun"))


@pytest.mark.parametrize("clock", ["processor", "wall"])
def test_the_library_is_elsewhere_only_meanwhile(monkeypatch: pytest.MonkeyPatch, clock: str) -> None:
    threads = torch.get_num_threads()
    seen: list[Path] = []

    def step(data: Path, seconds: float, clock: str) -> list[str]:
        assert clock == "wall" or torch.get_num_threads() == 1
        seen.append(library())
        return []

    monkeypatch.setattr(train_clip, "write_clip", lambda path: None)
    monkeypatch.setattr(train_clip, "make_data", lambda clip, data: (1.0, 1.0))
    monkeypatch.setattr(train_step, "measure", step)
    before = os.environ.get("VJ_LIBRARY")
    assert len(list(train.measure(1.0, 0.0, clock))) == 1
    assert seen[0].name == "library"
    assert not seen[0].parent.exists()
    assert os.environ.get("VJ_LIBRARY") == before
    assert torch.get_num_threads() == threads
