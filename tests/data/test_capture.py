"""`vj data capture`: what a source shows, at a rate, until the time is over or Ctrl-C."""

from pathlib import Path

import pytest

from tests.data.drawn import silent
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.data.builder import DataPlan
from vj.data.capture import make_capture
from vj.data.filters import FILTERS
from vj.data.reader import DataSet

PLAN = DataPlan(side=32, test=0.0)


def test_pictures_of_a_source(tmp_path: Path, clock: FakeClock) -> None:
    made = make_capture("pattern", tmp_path / "data", PLAN, silent, rate=4.0, seconds=3.0, clock=clock)
    assert made.description.kind == "pictures"
    assert made.description.train["a"] + made.description.left_out.get("duplicates", 0) == 12
    assert DataSet.open(tmp_path / "data").picture(0).shape == (32, 32, 3)


def test_pairs_with_a_filter(clip: Path, tmp_path: Path, clock: FakeClock) -> None:
    made = make_capture(f"movie:{clip}", tmp_path / "data", DataPlan(side=32), silent, FILTERS["grey"], 4.0, 4.0, clock)
    assert (made.description.kind, made.description.condition) == ("pairs", "grey")
    assert made.description.train["b"] > 6


def test_ctrl_c_keeps_what_was_taken(tmp_path: Path, clock: FakeClock) -> None:
    def interrupting(doing: str, part: float | None) -> None:
        if doing.startswith("watching") and part and 0.5 < part < 1.0:
            raise KeyboardInterrupt

    made = make_capture("pattern", tmp_path / "data", PLAN, interrupting, rate=4.0, seconds=10.0, clock=clock)
    assert 10 <= made.description.train["a"] + made.description.left_out.get("duplicates", 0) <= 22


@pytest.mark.parametrize(
    ("spec", "said"), [("camra", "unknown source 'camra'"), ("movie:/no/where.mp4", "there is no file /no/where.mp4")]
)
def test_a_source_that_is_none(spec: str, said: str, tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(BadInput, match=said):
        make_capture(spec, tmp_path / "data", PLAN, silent, clock=clock)
    assert list(tmp_path.iterdir()) == []
