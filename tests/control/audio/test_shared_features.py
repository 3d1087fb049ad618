"""What is heard on its way to the show."""

import numpy as np

from vj.control.audio.shared_features import POINTS, SharedFeatures
from vj.params.signals import SILENCE, Beat, Sound

SOUND = Sound(0.9, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 11, 12)
RISING = np.linspace(0.0, 1.0, POINTS, dtype=np.float32)


def test_everything_arrives_once_and_whole() -> None:
    writer = SharedFeatures()
    reader = SharedFeatures(writer.memory)
    assert not reader.read()
    writer.write(7.5, SOUND, Beat(7.25, 41.5, 128.0), RISING, -RISING)
    assert reader.read()
    assert (reader.published, reader.sound, reader.beat) == (7.5, SOUND, Beat(7.25, 41.5, 128.0))
    assert isinstance(reader.sound.onsets, int)
    assert np.array_equal(reader.spectrum, RISING)
    assert np.array_equal(reader.waveform, -RISING)
    assert not reader.read()


def test_the_newest_wins_and_a_beat_may_end() -> None:
    writer = SharedFeatures()
    reader = SharedFeatures(writer.memory)
    writer.write(1.0, SOUND, Beat(0.0, 0.0, 120.0), RISING, RISING)
    writer.write(2.0, SILENCE, None, 0 * RISING, RISING)
    assert reader.read()
    assert (reader.published, reader.sound, reader.beat) == (2.0, SILENCE, None)
    assert not reader.spectrum.any()


def test_what_a_writer_left_half_way_is_not_taken_and_the_next_writer_goes_on() -> None:
    writer = SharedFeatures()
    reader = SharedFeatures(writer.memory)
    writer.write(1.0, SOUND, None, RISING, RISING)
    assert reader.read()
    writer._words[0] += 1  # it has begun, and dies here
    writer._curves[:] = 9.0
    assert not reader.read()
    assert np.array_equal(reader.spectrum, RISING)
    SharedFeatures(writer.memory).write(2.0, SILENCE, None, RISING, RISING)
    assert reader.read()
    assert reader.published == 2.0


def test_signs_of_life_need_no_sound() -> None:
    writer = SharedFeatures()
    reader = SharedFeatures(writer.memory)
    writer.heartbeat()
    assert (reader.heartbeats, reader.read()) == (1, False)
