"""The blend of styles over time, and the engine around the network as a real process."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.waiting import until
from vj.base.clock import LiveClock
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec
from vj.child.supervisor import Child, Supervisor
from vj.model.families.style26 import STYLES, Style26, StyleBlend
from vj.model.files.library import MODEL, find, shared_values
from vj.params.param import Value

PARAMS = {param.name: param for param in Style26.params}
DEFAULTS: dict[str, Value] = {name: param.default for name, param in PARAMS.items()}


def at(blend: StyleBlend, now: float, **changes: Value) -> dict[str, float]:
    """What is in the picture at ``now``, by style."""
    values = {**DEFAULTS, **{name.replace("weight_", "weight/"): value for name, value in changes.items()}}
    weights = blend.at(values, now)
    assert weights.sum() == pytest.approx(1.0, abs=1e-5)
    return {STYLES[place]: round(float(weights[place]), 3) for place in np.flatnonzero(weights > 1e-6)}


def test_the_first_style_is_there_at_once() -> None:
    assert at(StyleBlend(STYLES), 100.0, style="ink", fade=5.0) == {"ink": 1.0}


def test_a_change_fades_and_begins_in_the_first_picture_after_it() -> None:
    blend = StyleBlend(STYLES)
    at(blend, 100.0, style="ink", fade=2.0)
    assert at(blend, 100.1, style="gold", fade=2.0) == {"ink": 0.95, "gold": 0.05}
    assert at(blend, 101.0, style="gold", fade=2.0) == {"ink": 0.5, "gold": 0.5}
    assert at(blend, 102.5, style="gold", fade=2.0) == {"gold": 1.0}


def test_a_change_within_a_fade_goes_on_from_there() -> None:
    blend = StyleBlend(STYLES)
    at(blend, 100.0, style="ink", fade=1.0)
    at(blend, 100.0, style="gold", fade=1.0)
    at(blend, 100.5, style="gold", fade=1.0)
    assert at(blend, 100.5, style="frost", fade=1.0) == {"ink": 0.5, "gold": 0.5}
    assert at(blend, 101.0, style="frost", fade=1.0) == {"ink": 0.25, "gold": 0.25, "frost": 0.5}


def test_a_fade_that_is_over_does_not_come_back_when_fades_are_made_longer() -> None:
    blend = StyleBlend(STYLES)
    at(blend, 100.0, style="ink", fade=0.0)
    at(blend, 100.1, style="gold", fade=0.0)
    assert at(blend, 100.2, style="gold", fade=30.0) == {"gold": 1.0}


def test_no_fade_is_a_cut() -> None:
    blend = StyleBlend(STYLES)
    at(blend, 100.0, style="ink", fade=0.0)
    assert at(blend, 100.03, style="gold", fade=0.0) == {"gold": 1.0}


def test_weights_are_blended_in_and_the_whole_stays_one() -> None:
    blend = StyleBlend(STYLES)
    assert at(blend, 1.0, style="ink", weight_gold=1.0) == {"ink": 0.5, "gold": 0.5}
    assert at(blend, 1.1, style="ink", base=0.0, weight_gold=0.2, weight_frost=0.6) == {"gold": 0.25, "frost": 0.75}


def test_everything_turned_down_shows_the_chosen_style() -> None:
    assert at(StyleBlend(STYLES), 1.0, style="ink", base=0.0) == {"ink": 1.0}


class Engine:
    """A real engine process, fed by hand."""

    def __init__(self, style26_path: Path) -> None:
        entry = find("style26")
        self.source, self.output, self.values = (
            LatestFrame.create(128, 96, 2),
            LatestFrame.create(128, 96, 1),
            shared_values([entry]),
        )
        self.values.write({"fade": 0.0, MODEL: "style26"})
        config = {
            "bank": ["style26"],
            "entries": [entry.to_job()],
            "runtime": "openvino-f32",
            "box": (128, 96),
            "canvas": (128, 96),
            "sources": [self.source.describe()],
            "reader": 1,
            "output": self.output.describe(),
            "values": self.values.describe(),
        }
        fds = self.source.fds + self.output.fds + self.values.fds
        self.child = Child(
            ChildSpec("model", "vj.model.engine.engine:main", config, fds), lambda: self.output.heartbeats
        )
        self.supervisor = Supervisor(LiveClock())
        self.supervisor.add(self.child)
        self.supervisor.start()
        self._writer, self._reader = self.source.writer(), self.output.reader(0)

    def feed(self, captured: float) -> None:
        picture = self._writer.begin(96, 128)
        picture[:] = np.linspace(0, 255, 128).astype(np.uint8)[None, :, None]
        self._writer.publish(captured)

    def result(self) -> tuple[int, float, np.ndarray]:
        until(lambda: self._reader.waiting)
        frame = self._reader.newest()
        assert frame is not None
        return frame.origin, frame.captured, frame.pixels.copy()


@pytest.fixture
def engine(style26_path: Path) -> Iterator[Engine]:
    engine = Engine(style26_path)
    yield engine
    engine.supervisor.close()


def test_a_result_tells_which_picture_it_was_made_from(engine: Engine) -> None:
    for number in (1, 2, 3):
        engine.feed(captured=10.0 * number)
        assert engine.result()[:2] == (number, 10.0 * number)
    until(lambda: "runtime" in engine.child.info)  # the supervisor listens fifty times a second
    assert engine.child.info["runtime"].startswith("openvino-f32")


def test_a_control_does_not_wait_for_a_new_picture(engine: Engine) -> None:
    engine.feed(captured=1.0)
    origin, _, starry = engine.result()
    engine.values.write({"style": "inferno"})
    inferno = starry
    while np.abs(starry.astype(int) - inferno).mean() <= 20:  # each result is waited for, but not for ever
        again, _, inferno = engine.result()
    assert origin == again
