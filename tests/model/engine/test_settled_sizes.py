"""Where a model's processing size settled, from show to show."""

from pathlib import Path

import pytest

from vj.base.paths import cache
from vj.model.engine.governor import SIZES, Governor
from vj.model.engine.settled_sizes import LASTING, SettledSizes
from vj.model.files.library import Entry

ENTRIES = {name: Entry(name, "identity", {}) for name in ("slow", "quick")}
HERE = {"box": "640x360", "canvas": "640x360", "runtime": "auto"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def settle(part: float, rate: float = 15.0, conditions: dict[str, str] = HERE) -> None:
    sizes = SettledSizes(ENTRIES, conditions)
    sizes.follow("slow", part, rate, 100.0)
    sizes.follow("slow", part, rate, 100.0 + LASTING)


def test_the_next_show_begins_where_the_last_one_settled() -> None:
    settle(0.6)
    again = SettledSizes(ENTRIES, HERE)
    assert again.part("slow", 15.0) == 0.6
    assert again.part("quick", 15.0) == 1.0
    assert again.part("slow", 30.0) == 1.0, "another rate asks for another size"
    settle(0.85)
    assert SettledSizes(ENTRIES, HERE).part("slow", 15.0) == 0.85


@pytest.mark.parametrize("other", [{"canvas": "1920x1080"}, {"box": "1280x720"}, {"runtime": "torch"}])
def test_other_conditions_begin_anew(other: dict[str, str]) -> None:
    settle(0.6)
    assert SettledSizes(ENTRIES, HERE | other).part("slow", 15.0) == 1.0


def test_another_processor_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    settle(0.6)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    assert SettledSizes(ENTRIES, HERE).part("slow", 15.0) == 1.0


def test_a_size_in_passing_is_not_kept() -> None:
    sizes = SettledSizes(ENTRIES, HERE)
    for second in range(10 * int(LASTING)):
        sizes.follow("slow", SIZES[second // 10 % 2], 15.0, float(second))
    assert SettledSizes(ENTRIES, HERE).part("slow", 15.0) == 1.0


@pytest.mark.parametrize("content", ["", "[]", "null", '{"part": 7, "rate": 15}', '{"part": "x", "rate": 15}', "\xff"])
def test_what_can_not_be_read_is_found_anew(content: str) -> None:
    settle(0.6)
    (file,) = cache("sizes").iterdir()
    file.write_bytes(content.encode("latin-1"))
    assert SettledSizes(ENTRIES, HERE).part("slow", 15.0) == 1.0
    settle(0.6)
    assert SettledSizes(ENTRIES, HERE).part("slow", 15.0) == 0.6


def test_a_cache_that_can_not_be_written_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("vj.model.engine.settled_sizes.write_cached", refuse)
    settle(0.6)
    assert SettledSizes(ENTRIES, HERE).part("slow", 15.0) == 1.0


def test_a_governor_that_resumes_moves_both_ways() -> None:
    values = {"rate": 10.0, "quality": "auto", "stroke": 1.0}
    governor = Governor()
    governor.resume(0.6)
    governor.begin(0.01, values)
    assert governor.scale(values) == 0.6, "there first"
    assert governor.reach == 1.0, "and yet no slow machine"
    for second in range(100):
        governor.note_pass(0.01, values, float(second))
    assert governor.scale(values) == 1.0
    governor.resume(0.6)
    governor.begin(0.5, values)
    assert governor.reach < 0.6
    assert governor.scale(values) < 0.6
