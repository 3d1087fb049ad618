"""The show's side: a writer in this process stands for the child."""

import numpy as np
import pytest

from tests.frames import step
from vj.base.clock import FakeClock
from vj.child.process import ChildSpec
from vj.child.supervisor import Child
from vj.control.audio.features import PREFIX, Ears
from vj.control.audio.params import PARAMS
from vj.control.audio.shared_features import POINTS, Hearing
from vj.frame.shared_params import Values
from vj.params.control_queue import ControlBatch, ControlQueue
from vj.params.param import ParamTable
from vj.params.signals import BANDS, Beat, Sound
from vj.params.store import Store

SOUND = Sound(0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 5, 3)
ONES = np.ones(POINTS, np.float32)


class Bench:
    """Ears whose child is this test."""

    def __init__(self, clock: FakeClock, mailbox: ControlQueue) -> None:
        self.clock, self.mailbox = clock, mailbox
        values, hearing = Values({param.name: param for param in PARAMS}), Hearing()
        self.child = Child(ChildSpec("sound", "x:y"), lambda: hearing.beats)
        self.child.state = "running"
        self.writer = Hearing(hearing.memory)
        self.theirs = Values({param.name: param for param in PARAMS}, values.memory)
        table = ParamTable()
        table.declare(PREFIX, PARAMS)
        table.declare("/other", PARAMS[2:3])
        self.store = Store(table, {f"{PREFIX}/device": "none"})
        self.ears = Ears(self.child, values, hearing, mailbox, self.store.targets, lambda: self.store.revision)

    def hear(self, sound: Sound = SOUND, beat: Beat | None = None) -> None:
        self.writer.write(self.clock.now(), sound, beat, ONES, ONES)

    def poll(self, after: float = 0.0) -> ControlBatch | None:
        self.clock.sleep(after)
        self.ears.poll(self.clock.now())
        return self.mailbox.drain()

    def newest(self, after: float = 0.0) -> Sound:
        mail = self.poll(after)
        assert mail
        assert mail.sound
        return mail.sound


@pytest.fixture
def bench(clock: FakeClock, mailbox: ControlQueue) -> Bench:
    return Bench(clock, mailbox)


def test_a_sound_is_posted_once(bench: Bench) -> None:
    assert bench.poll() is None
    bench.hear()
    assert bench.newest() == SOUND
    assert bench.poll() is None
    assert (bench.ears.state, bench.ears.notice) == ("listening", "")
    assert bench.ears.spectrum.min() == bench.ears.waveform.min() == 1.0


def test_a_beat_is_posted_as_the_audios_while_there_is_one(bench: Bench) -> None:
    beat = Beat(99.0, 17.25, 128.0)
    bench.hear(beat=beat)
    mail = bench.poll()
    assert mail
    assert mail.beats == {"audio": beat}
    assert bench.ears.beat == beat
    bench.hear()
    mail = bench.poll()
    assert mail
    assert mail.beats == {}
    assert bench.ears.beat is None


def test_what_no_longer_comes_is_nothing_after_half_a_second(bench: Bench) -> None:
    bench.hear()
    bench.poll()
    assert bench.poll(0.15) is None
    half = bench.newest(0.15)
    assert 0.1 < half.level < 0.8
    assert half.onsets == 5
    assert bench.ears.spectrum.max() == pytest.approx(half.level / 0.8)
    last = bench.newest(0.2)
    assert {getattr(last, name) for name in BANDS} == {0.0}
    assert not bench.ears.spectrum.any()
    assert not bench.ears.waveform.any()
    assert bench.poll(0.1) is None
    assert bench.ears.state == "deaf"


def test_it_is_back_with_the_next_sound(bench: Bench) -> None:
    bench.hear()
    bench.poll()
    bench.poll(1.0)
    bench.hear()
    assert bench.newest() == SOUND
    assert bench.ears.waveform.min() == 1.0


def test_counts_go_on_where_an_earlier_child_left_them(bench: Bench) -> None:
    bench.hear()
    bench.poll()
    bench.hear(SOUND._replace(onsets=1, kicks=0))
    assert bench.newest()[-2:] == (6, 3)
    bench.hear(SOUND._replace(onsets=4, kicks=2))
    assert bench.newest()[-2:] == (9, 5)


def test_deafness_is_said_with_its_reason(bench: Bench) -> None:
    bench.poll()
    bench.poll(0.5)
    assert bench.ears.notice == ""
    bench.poll(1.0)
    assert bench.ears.notice == "sound: nothing heard from 'the default input'"
    bench.child.info["title"] = "USB Audio"
    assert bench.ears.notice == "sound: nothing heard from 'USB Audio'"
    bench.child.info["notice"] = "'USB Audio' was lost"
    assert bench.ears.notice == "sound: 'USB Audio' was lost"
    bench.child.state, bench.child.fault = "restarting", "no sign of life for 6.0 s"
    assert bench.ears.notice == "sound: no sign of life for 6.0 s"


def test_parameters_are_passed_on_only_when_they_change(bench: Bench) -> None:
    store = bench.store
    bench.ears.send_values()
    assert bench.theirs.read()["device"] == "none"
    bench.ears.send_values()
    assert not bench.theirs.changed
    bench.mailbox.post("/other/gain", 3.0)
    step(store, bench.mailbox.drain(), 0.01)
    bench.ears.send_values()
    assert not bench.theirs.changed
    bench.mailbox.post(f"{PREFIX}/gain", 6.0)
    step(store, bench.mailbox.drain(), 0.01)
    bench.ears.send_values()
    assert bench.theirs.read()["gain"] == 6.0


def test_off_is_no_fault(bench: Bench) -> None:
    bench.ears.values.write({"device": "none"})
    bench.poll()
    bench.poll(5.0)
    assert (bench.ears.state, bench.ears.notice) == ("off", "")
