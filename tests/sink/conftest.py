"""A show in a real window, watched and steered from outside."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pythonosc.osc_message import OscMessage

from tests.show.test_show import Playing
from tests.waiting import until
from tests.xserver import Screens

Picture = npt.NDArray[np.int16]
AT_START = (1280 + 60, 60, 640, 360)
"""Where the window opens: on the second monitor, of the canvas's size."""
COVERING = (1280, 0, 1024, 768)
"""The second monitor."""
SHOW = ("--source", "pattern", "--model", "identity", "--size", "640x360", "--fps", "30", "--monitor", "DUMMY1")


class Stage(Playing):
    """A show whose window is on the second of two monitors."""

    def __init__(self, folder: Path, screens: Screens, *arguments: str, env: dict[str, str] | None = None) -> None:
        super().__init__(folder, *SHOW, *arguments, env=env)
        self.screens = screens

    def wait_until_up(self) -> "Stage":
        super().wait_until_up()
        until(lambda: self.screens.window() is not None, "a window")
        self.window = self.screens.window() or 0
        until(lambda: self.screens.hears() == self.window, "the keyboard's attention")
        self.wait_until(lambda seen: seen.max() > 150, "a picture")
        return self

    @property
    def place(self) -> tuple[int, int, int, int]:
        return self.screens.place(self.window)

    def wait_for_place(self, place: tuple[int, int, int, int], seconds: float = 100.0) -> None:
        """Until the window is there, and the picture in it too."""
        until(lambda: self.place == place, f"the window at {place}", seconds=seconds)
        until(lambda: self.look().max() > 150, f"a picture at {place}", seconds=seconds)

    def look(self) -> Picture:
        """What the window shows."""
        return self.screens.look(self.place)

    def wait_until(self, true: Callable[[Picture], bool], what: str) -> Picture:
        """The first look at the window for which ``true`` holds."""
        seen: list[Picture] = []
        until(lambda: seen.append(self.look()) or true(seen[-1]), what)  # type: ignore[func-returns-value]
        return seen[-1]

    def freeze(self) -> Picture:
        """Hold the picture by the key that does it; what is held."""
        self.screens.press("space")
        self.wait_for_value("/master/freeze", True)
        return self.wait_until(lambda seen: np.array_equal(seen, self.look()), "a picture that stands still")

    def value(self, address: str) -> object:
        answer = self.ask(address)
        told = OscMessage(answer) if answer else None
        return told.params[0] if told and told.address == address else None

    def wait_for_value(self, address: str, wanted: object) -> None:
        until(lambda: self.value(address) == wanted, f"{address} = {wanted}")


@pytest.fixture
def play(tmp_path: Path, screens: Screens, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stage]]:
    """``play(*arguments)`` starts a show on the second monitor, which is back in its socket after the test."""
    for name, value in {**screens.env, "XDG_STATE_HOME": str(tmp_path / "state")}.items():
        monkeypatch.setenv(name, value)
    started: list[Stage] = []

    def start(*arguments: str) -> Stage:
        folder = tmp_path / f"show{len(started)}"
        folder.mkdir()
        started.append(Stage(folder, screens, *arguments))
        return started[-1].wait_until_up()

    yield start
    for stage in started:
        stage.close()
    screens.plug()


@pytest.fixture
def stage(play: Callable[..., Stage]) -> Stage:
    return play()
