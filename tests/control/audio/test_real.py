"""Heard for real: a PulseAudio server with a null sink, PortAudio, a child of its own, and what is queued."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.control.audio.pulse import Pulse
from tests.control.audio.sounds import clicks, sine
from tests.waiting import until
from vj.base.clock import LiveClock
from vj.child.supervisor import Supervisor
from vj.control.audio.features import PREFIX, AudioFeatures
from vj.control.audio.params import PARAMS
from vj.params.control_queue import ControlQueue
from vj.params.param import ParamTable
from vj.params.signals import BANDS, SILENCE, Beat, Sound
from vj.params.store import Store

PATIENCE = 100.0


class Stage:
    """The show's side, polled as the loop does."""

    def __init__(self) -> None:
        self.queue = ControlQueue()
        table = ParamTable()
        table.declare(PREFIX, PARAMS)
        self.store = Store(table)
        self.audio = AudioFeatures.start(self.queue, self.store.targets, lambda: self.store.revision)
        self.supervisor = Supervisor(LiveClock())
        self.supervisor.add(self.audio.child)
        self.supervisor.start()
        self.sound: Sound = SILENCE
        self.beat: Beat | None = None

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Play frames until it is so."""
        until(true, lambda: f"{what}: {self.sound}, {self.beat}, {self.audio.notice}", meanwhile=self.frame)

    def frame(self) -> None:
        self.audio.queue_newest(time.monotonic())
        if batch := self.queue.drain():
            self.sound = batch.sound or self.sound
            self.beat = batch.beats.get("audio", self.beat)
        time.sleep(0.01)

    def close(self) -> None:
        self.supervisor.close()
        self.audio.close()


@pytest.fixture(scope="module")
def stage(pulse: Pulse) -> Iterator[Stage]:
    made = Stage()
    made.until(lambda: made.audio.state == "listening", "nothing comes from the null sink")
    yield made
    made.close()


def test_a_tone_moves_its_band_and_the_centroid_and_no_other(stage: Stage, pulse: Pulse) -> None:
    with pulse.playing(sine(440.0, 10.0)):
        stage.until(lambda: stage.sound.sub < 0.01 < 0.6 < stage.sound.mid, "440 Hz in the mid band, and none in sub")
    assert stage.sound.high < 0.1
    assert stage.sound.centroid == pytest.approx(np.log2(440 / 40) / np.log2(16000 / 40), abs=0.05)
    loudest = int(stage.audio.spectrum.argmax())
    assert loudest * 48000 / 2 / 512 == pytest.approx(440, abs=50)
    assert abs(stage.audio.waveform).max() == pytest.approx(0.5, abs=0.05)


def test_a_click_track_gives_onsets_and_its_tempo(stage: Stage, pulse: Pulse) -> None:
    before = stage.sound.onsets
    with pulse.playing(clicks(128.0, 20.0)):
        stage.until(lambda: bool(stage.beat and abs(stage.beat.bpm / 128 - 1) < 0.01), "128 BPM")
    assert stage.sound.onsets - before >= 4
    assert stage.beat
    assert 0.0 <= time.monotonic() - stage.beat.at < 1.0


def test_a_server_that_dies_is_silence_and_one_that_comes_back_is_heard(stage: Stage, pulse: Pulse) -> None:
    with pulse.playing(sine(440.0, 30.0)):
        stage.until(lambda: stage.sound.mid > 0.6, "440 Hz before")
        pulse.kill()
        stage.until(lambda: max(getattr(stage.sound, name) for name in BANDS) == 0.0, "it decays")
    stage.until(lambda: stage.audio.notice.startswith("sound: no sound input"), "it is said")
    pulse.start()
    stage.until(lambda: bool(stage.audio.child.info.get("title")), "opened again")
    with pulse.playing(sine(440.0, 10.0)):
        stage.until(lambda: stage.sound.mid > 0.6, "440 Hz again")
    assert stage.audio.child.restarts == 0


def test_what_plays_here_can_be_listened_to_by_name(stage: Stage, pulse: Pulse) -> None:
    for wanted, title in (("loopback", "loopback"), ("of stage", "Monitor of Stage")):
        stage.store.apply_values({"/audio/device": wanted})
        stage.audio.send_values()
        stage.until(lambda title=title: stage.audio.child.info.get("title") == title, title)  # type: ignore[misc]
        with pulse.playing(sine(6000.0, 10.0)):
            stage.until(lambda: stage.sound.high > 0.6, f"6 kHz in {title}")
    stage.store.apply_values({"/audio/device": "Scarlett"})
    stage.audio.send_values()
    stage.until(lambda: "like 'Scarlett'; choices: " in stage.audio.notice, "it is missing")
    assert "Monitor of Stage" in stage.audio.notice
    stage.store.apply_values({"/audio/device": "none"})
    stage.audio.send_values()
    stage.until(lambda: stage.audio.state == "off", "off")
