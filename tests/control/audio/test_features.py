"""The show's side: a writer in this process stands for the child."""

import numpy as np
import pytest

from tests.frames import step
from vj.base.clock import FakeClock
from vj.child.process import ChildSpec
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child
from vj.control.audio.features import PREFIX, AudioFeatures
from vj.control.audio.params import PARAMS
from vj.control.audio.shared_features import POINTS, SharedFeatures
from vj.params.control_queue import ControlBatch, ControlQueue
from vj.params.param import ParamTable
from vj.params.signals import BANDS, Beat, Sound
from vj.params.store import Store

SOUND = Sound(0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 5, 3)
ONES = np.ones(POINTS, np.float32)


class Bench:
    """AudioFeatures whose child is this test."""

    def __init__(self, clock: FakeClock, queue: ControlQueue) -> None:
        self.clock, self.queue = clock, queue
        values, shared = SharedParams({param.name: param for param in PARAMS}), SharedFeatures()
        self.child = Child(ChildSpec("sound", "x:y"), lambda: shared.heartbeats)
        self.child.state = "running"
        self.writer = SharedFeatures(shared.memory)
        self.theirs = SharedParams({param.name: param for param in PARAMS}, values.memory)
        table = ParamTable()
        table.declare(PREFIX, PARAMS)
        table.declare("/other", PARAMS[2:3])
        self.store = Store(table, {f"{PREFIX}/device": "none"})
        self.audio = AudioFeatures(self.child, values, shared, queue, self.store.targets, lambda: self.store.revision)

    def hear(self, sound: Sound = SOUND, beat: Beat | None = None) -> None:
        self.writer.write(self.clock.now(), sound, beat, ONES, ONES)

    def poll(self, after: float = 0.0) -> ControlBatch | None:
        self.clock.sleep(after)
        self.audio.queue_newest(self.clock.now())
        return self.queue.drain()

    def newest(self, after: float = 0.0) -> Sound:
        batch = self.poll(after)
        assert batch
        assert batch.sound
        return batch.sound


@pytest.fixture
def bench(clock: FakeClock, queue: ControlQueue) -> Bench:
    return Bench(clock, queue)


def test_a_sound_is_posted_once(bench: Bench) -> None:
    assert bench.poll() is None
    bench.hear()
    assert bench.newest() == SOUND
    assert bench.poll() is None
    assert (bench.audio.state, bench.audio.notice) == ("listening", "")
    assert bench.audio.spectrum.min() == bench.audio.waveform.min() == 1.0


def test_a_beat_is_posted_as_the_audios_while_there_is_one(bench: Bench) -> None:
    beat = Beat(99.0, 17.25, 128.0)
    bench.hear(beat=beat)
    batch = bench.poll()
    assert batch
    assert batch.beats == {"audio": beat}
    assert bench.audio.beat == beat
    bench.hear()
    batch = bench.poll()
    assert batch
    assert batch.beats == {}
    assert bench.audio.beat is None


def test_what_no_longer_comes_is_nothing_after_half_a_second(bench: Bench) -> None:
    bench.hear()
    bench.poll()
    assert bench.poll(0.15) is None
    half = bench.newest(0.15)
    assert 0.1 < half.level < 0.8
    assert half.onsets == 5
    assert bench.audio.spectrum.max() == pytest.approx(half.level / 0.8)
    last = bench.newest(0.2)
    assert {getattr(last, name) for name in BANDS} == {0.0}
    assert not bench.audio.spectrum.any()
    assert not bench.audio.waveform.any()
    assert bench.poll(0.1) is None
    assert bench.audio.state == "deaf"


def test_it_is_back_with_the_next_sound(bench: Bench) -> None:
    bench.hear()
    bench.poll()
    bench.poll(1.0)
    bench.hear()
    assert bench.newest() == SOUND
    assert bench.audio.waveform.min() == 1.0


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
    assert bench.audio.notice == ""
    bench.poll(1.0)
    assert bench.audio.notice == "sound: nothing heard from 'the default input'"
    bench.child.info["title"] = "USB Audio"
    assert bench.audio.notice == "sound: nothing heard from 'USB Audio'"
    bench.child.info["notice"] = "'USB Audio' was lost"
    assert bench.audio.notice == "sound: 'USB Audio' was lost"
    bench.child.state, bench.child.fault = "restarting", "no sign of life for 6.0 s"
    assert bench.audio.notice == "sound: no sign of life for 6.0 s"


def test_parameters_are_passed_on_only_when_they_change(bench: Bench) -> None:
    store = bench.store
    bench.audio.send_values()
    assert bench.theirs.read()["device"] == "none"
    bench.audio.send_values()
    assert not bench.theirs.changed
    bench.queue.put("/other/gain", 3.0)
    step(store, bench.queue.drain(), 0.01)
    bench.audio.send_values()
    assert not bench.theirs.changed
    bench.queue.put(f"{PREFIX}/gain", 6.0)
    step(store, bench.queue.drain(), 0.01)
    bench.audio.send_values()
    assert bench.theirs.read()["gain"] == 6.0


def test_off_is_no_fault(bench: Bench) -> None:
    bench.audio.values.write({"device": "none"})
    bench.poll()
    bench.poll(5.0)
    assert (bench.audio.state, bench.audio.notice) == ("off", "")
