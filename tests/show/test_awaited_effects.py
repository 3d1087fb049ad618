"""A show begins with its effects: they are waited for, but not for long."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.waiting import PATIENCE
from vj.base.clock import FakeClock, now
from vj.preset.preset import load
from vj.show import show
from vj.show.awaited_effects import LONGEST, await_effects
from vj.show.controllers import UNLISTED
from vj.show.show import Options, Show

PRESET = """
[output]
size = "160x88"
model_size = "160x88"
fps = 30.0
[[layer]]
source = "still:{picture}"
model = "identity"
before = ["invert"]
effects = ["invert"]
[master]
effects = ["invert"]
[set]
"/layer/1/before/invert/mix" = 0.5
"/layer/1/effect/invert/mix" = 0.0
"""
DARK, GREY = (50, 100, 20), (128, 128, 128)


@pytest.mark.show
def test_the_first_frame_has_the_effects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before the model as well: what the model has drawn of the unshaped picture isn't seen."""
    monkeypatch.setattr(show, "await_effects", partial(await_effects, longest=PATIENCE))
    Image.new("RGB", (160, 88), DARK).save(tmp_path / "dark.png")
    (tmp_path / "mine.toml").write_text(PRESET.format(picture=tmp_path / "dark.png"))
    options = Options(headless=True, network_options=UNLISTED, autosave=0.0)
    with Show(load(str(tmp_path / "mine.toml")), options) as playing:
        playing.loop.step.begin(now())
        playing.stats.start()
        playing.loop.frame()
        seen = np.frombuffer(playing.canvas.read(), np.uint8).reshape(-1, 3).astype(int)
        assert np.abs(seen - GREY).max() <= 2, playing.layers[0].notice
        assert [playing.loop.step.mixer.effects.is_idle, playing.layers[0].effects.is_idle] == [False, True]


class FakeChain:
    """Effects that are ready once they have been looked at ``after`` times."""

    notice, is_idle = "", True

    def __init__(self, effects: tuple[str, ...] = (), after: float = 0) -> None:
        self.effects, self.after, self.looks = effects, after, 0

    def prepare(self) -> bool:
        return False

    @property
    def is_settled(self) -> bool:
        self.looks += 1
        return self.looks > self.after


class FakeStep:
    """A show without layers whose master's effects are ``effects``."""

    layers = ()

    def __init__(self, effects: FakeChain) -> None:
        self.mixer, self.effects = self, effects
        self.applied = 0

    def apply_values(self) -> None:
        self.applied += 1


def waited(chain: FakeChain, stopped: bool = False) -> tuple[float, list[float | None], int]:
    """Returns how long was waited (s), what was told of it, and how many pictures were drawn meanwhile."""
    clock, told, drawn = FakeClock(), [], []
    before = clock.now()
    await_effects(
        FakeStep(chain), clock, lambda: stopped, lambda: drawn.append(1), lambda doing, part: told.append(part)
    )
    return clock.now() - before, told, len(drawn)


def test_a_show_without_effects_waits_for_nothing() -> None:
    assert waited(FakeChain((), after=10)) == (0.0, [], 0)


def test_effects_are_waited_for_and_the_loading_screen_goes_on() -> None:
    seconds, told, drawn = waited(FakeChain(("invert",), after=10))
    assert (seconds, told, drawn) == (pytest.approx(0.1), [None, 1.0], 10)


def test_a_shader_that_hangs_holds_the_show_for_a_few_seconds_only() -> None:
    seconds, told, _ = waited(FakeChain(("endless",), after=np.inf))
    assert (seconds, told) == (pytest.approx(LONGEST, abs=0.02), [None, 1.0])


def test_a_show_that_is_stopped_waits_no_longer() -> None:
    assert waited(FakeChain(("endless",), after=np.inf), stopped=True) == (0.0, [None, 1.0], 0)
