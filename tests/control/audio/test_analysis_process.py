"""When an input is opened, given up, and tried again: by a fake clock, with inputs of the test's own."""

import numpy as np
import pytest

from tests.control.audio.sounds import RATE, sine
from vj.base.clock import FakeClock
from vj.base.errors import Unavailable
from vj.control.audio.analysis import DEFAULTS, HOP
from vj.control.audio.analysis_process import RETRY, STALLED, Listener
from vj.control.audio.input import SampleClock
from vj.control.audio.ring import Ring
from vj.control.audio.shared_features import SharedFeatures
from vj.params.param import Value


class FakeInput:
    """Sounds when the test says so."""

    def __init__(self, name: str) -> None:
        self.name, self.rate, self.alive, self.closed = f"<{name}>", float(RATE), True, False
        self.ring, self.clock = Ring(2), SampleClock(RATE)

    def close(self) -> None:
        self.closed = True


class Bench:
    """A listener among inputs that are there or not."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.shared, self.told = clock, SharedFeatures(), dict[str, object]()
        self.shown = SharedFeatures(self.shared.memory)
        self.there, self.opened, self.asked = True, list[FakeInput](), list[float]()
        self.listener = Listener(self.open, clock, self.shared, lambda **said: self.told.update(said))

    def open(self, wanted: str) -> FakeInput:
        self.asked.append(self.clock.now())
        if not self.there:
            raise Unavailable(f"no {wanted}")
        self.opened.append(FakeInput(wanted))
        return self.opened[-1]

    def go(self, seconds: float, sounding: bool = False, device: str = "mic", **values: Value) -> None:
        """Turns of 10 ms; with ``sounding``, the left channel of the newest input has a tone."""
        for _ in range(round(seconds / 0.01)):
            if sounding:
                tone = np.zeros((HOP, 2), np.float32)
                tone[:, 0] = sine(440.0, 1.0)[:HOP]
                self.opened[-1].ring.write(tone)
            self.listener.turn({**DEFAULTS, "device": device, **values})
            self.clock.sleep(0.01)


@pytest.fixture
def bench(clock: FakeClock) -> Bench:
    return Bench(clock)


def test_what_is_heard_is_published(bench: Bench) -> None:
    bench.go(0.01)
    bench.go(0.5, sounding=True)
    assert bench.told == {"title": "<mic>", "notice": ""}
    assert bench.shown.read()
    assert bench.shown.sound.mid > 0.5


def test_one_channel_can_be_chosen(bench: Bench) -> None:
    bench.go(0.01)
    bench.go(0.5, sounding=True, channel=2)
    bench.shown.read()
    assert bench.shown.sound.mid == 0.0
    bench.go(0.5, sounding=True, channel=1)
    bench.shown.read()
    assert bench.shown.sound.mid > 0.5


def test_an_input_that_is_not_there_is_tried_every_second_and_said_to_be_missing(bench: Bench) -> None:
    bench.there = False
    bench.go(3.5)
    assert bench.told["notice"] == "no mic"
    assert np.diff(bench.asked) == pytest.approx([RETRY] * 3, abs=0.011)
    bench.there = True
    bench.go(RETRY + 0.02)
    assert bench.told == {"title": "<mic>", "notice": ""}


def test_one_that_dies_is_reopened_at_once(bench: Bench) -> None:
    bench.go(0.2)
    bench.opened[0].alive = False
    bench.go(0.02)
    assert bench.opened[0].closed
    assert len(bench.opened) == 2


def test_one_that_stalls_is_reopened_and_one_that_is_only_late_is_not(bench: Bench) -> None:
    bench.go(0.01)
    bench.go(0.2, sounding=True)
    bench.go(STALLED - 0.1)
    assert len(bench.opened) == 1
    bench.go(0.2)
    assert len(bench.opened) == 2


def test_another_device_is_opened_at_once_and_none_closes_it(bench: Bench) -> None:
    bench.go(0.1)
    bench.go(0.02, device="line")
    assert [each.closed for each in bench.opened] == [True, False]
    bench.go(2.0, device="none")
    assert [each.closed for each in bench.opened] == [True, True]
    assert bench.told == {"title": "off", "notice": ""}


def test_there_is_a_sign_of_life_every_turn_whatever_happens(bench: Bench) -> None:
    bench.there = False
    bench.go(1.0)
    assert bench.shared.heartbeats == 100


def test_jitter_in_the_drivers_times_is_smoothed_and_a_gap_is_followed() -> None:
    sample_clock, chance = SampleClock(RATE), np.random.default_rng(1)
    for block in range(400):
        sample_clock.stamp(block * HOP, 50.0 + block * HOP / RATE + chance.normal(0.0, 0.003))
    assert sample_clock.at(RATE) == pytest.approx(51.0, abs=0.002)
    sample_clock.stamp(400 * HOP, 60.0)
    assert sample_clock.at(400 * HOP) == pytest.approx(60.0)
