"""The clock's addresses, and who counts."""

import pytest

from vj.params.param import ParamTable
from vj.params.signals import Beat
from vj.params.store import Store
from vj.tempo.control import PREFIX, TempoControl
from vj.tempo.params import CLOCK


@pytest.fixture
def control() -> TempoControl:
    table = ParamTable()
    table.declare(PREFIX, CLOCK)
    return TempoControl(Store(table, {f"{PREFIX}/source": "midi"}), 0.0)


def test_the_tempo_follows_a_clock_that_goes_on_while_stopped_and_the_position_stands(control: TempoControl) -> None:
    control.advance({"midi": Beat(1.0, 8.0, 120.0, True)}, 1.0)
    assert control.tempo.beat(1.0) == pytest.approx(8.0)
    control.advance({"midi": Beat(2.0, 10.0, 120.0, False)}, 2.0)
    before = control.tempo.beat(2.5)
    control.advance({"midi": Beat(2.4, 10.0, 90.0, False)}, 2.5)
    assert control.tempo.bpm == pytest.approx(90.0)
    assert control.tempo.beat(2.5) == pytest.approx(before), "ours goes on from where it is"
    control.advance({"midi": Beat(3.0, 10.0, 90.0, True)}, 3.0)
    assert control.tempo.beat(3.0) == pytest.approx(10.0), "the piece goes on from where it stood"


def test_what_only_trembles_while_stopped_changes_nothing(control: TempoControl) -> None:
    control.advance({"midi": Beat(1.0, 8.0, 120.0, True)}, 1.0)
    for at in range(2, 40):
        control.advance({"midi": Beat(at, 8.0, 120.0 + 0.04 * (at % 2), False)}, float(at))
        assert control.tempo.bpm == pytest.approx(120.0)
