"""The real command in a real window on one of two monitors: looked at from outside, played by its keys."""

from collections.abc import Callable
from types import SimpleNamespace

import glfw
import numpy as np
import pytest

from tests.running import film_frames, finished, leftovers, vj_fails
from tests.sink.conftest import AT_START, COVERING, SHOW, Picture, Stage
from tests.waiting import until
from tests.xserver import FIRST, SECOND, Screens
from vj.source.pattern import read_counter

pytestmark = pytest.mark.show

BARS = 192 * np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1]])
STRENGTH = "/layer/1/model/strength"


def bars_of(picture: Picture) -> Picture:
    """The test card's seven bars, near its upper edge, where no disc goes."""
    step = picture.shape[1] / 7
    return np.array([picture[4, int((bar + 0.5) * step)] for bar in range(7)])


def is_dark(picture: Picture) -> bool:
    return bool(picture.max() == 0)


def test_the_picture_is_on_the_chosen_monitor_upright_and_in_its_colours(stage: Stage) -> None:
    stage.wait_for_place(AT_START)
    picture = stage.look()
    assert np.abs(bars_of(picture) - BARS).max() <= 2
    ramp = picture[280, ::80].mean(axis=1)
    assert (np.diff(ramp) > 0).all(), "the ramp lies below and goes up to the right"
    assert read_counter(picture) > 0
    desktop = stage.screens.look((0, 0, *FIRST))
    assert is_dark(desktop), "something is on the other monitor"


def test_f_covers_the_monitor_exactly_and_goes_back(stage: Stage) -> None:
    stage.wait_for_place(AT_START)
    stage.screens.press("f")
    stage.wait_for_place(COVERING)
    picture = stage.wait_until(lambda seen: seen[96:98].max() > 150, "the picture between its bars")
    assert is_dark(picture[:96])
    assert is_dark(picture[672:])
    assert np.abs(bars_of(picture[96:672]) - BARS).max() <= 3
    stage.screens.press("f")
    stage.wait_for_place(AT_START)


def test_b_is_black_and_back(stage: Stage) -> None:
    stage.screens.press("b")
    stage.wait_until(is_dark, "black")
    stage.screens.press("b")
    stage.wait_until(lambda seen: np.abs(bars_of(seen) - BARS).max() <= 2, "the picture again")


def test_h_shows_the_readings_over_the_picture(stage: Stage) -> None:
    plain = stage.freeze()
    stage.screens.press("h")
    read = stage.wait_until(lambda seen: not np.array_equal(seen, plain), "the readings")
    changed = np.abs(read - plain).max(axis=2) > 2
    rows, columns = np.nonzero(changed)
    assert (rows.min(), columns.min()) == (0, 0)
    lines, below = rows < 200, rows > 240
    assert columns[lines].max() < 500
    assert (lines | below).all()
    assert below.any(), "FREEZE, in large letters"
    assert (read[changed].min(axis=1) > 240).sum() > 200, "white letters"
    stage.screens.press("h")
    stage.wait_until(lambda seen: np.array_equal(seen, plain), "the plain picture again")


def test_space_holds_the_picture_and_the_recording_is_what_was_seen(stage: Stage) -> None:
    held = stage.freeze()
    stage.screens.press("space")
    stage.wait_until(lambda seen: read_counter(seen) > read_counter(held), "a later picture")
    held = stage.freeze()
    stage.stop()
    recorded = film_frames(stage.film)[-1].astype(np.int16)
    assert recorded.shape == held.shape
    assert read_counter(recorded) == read_counter(held)
    assert np.abs(recorded - held).mean() < 3.0


def test_arrows_change_the_strength(stage: Stage) -> None:
    stage.screens.press("Down", "Down")
    stage.wait_for_value(STRENGTH, pytest.approx(0.9))
    stage.screens.press("Up")
    stage.wait_for_value(STRENGTH, pytest.approx(0.95))


def test_escape_once_brings_the_start_back_and_twice_ends_the_show(stage: Stage) -> None:
    stage.send(STRENGTH, 0.25)
    stage.wait_for_value(STRENGTH, 0.25)
    stage.screens.press("Escape")
    stage.wait_for_value(STRENGTH, 1.0)
    assert stage.process.poll() is None
    stage.screens.press("Escape", "Escape")
    _, err = finished(stage.process)
    assert stage.process.returncode == 0, err
    assert stage.stats.exists()
    assert len(film_frames(stage.film)) > 0
    assert not leftovers(stage.process.pid)


def test_unplugged_the_show_goes_on_where_it_can_be_seen_and_comes_back(play: Callable[..., Stage]) -> None:
    stage = play("--fullscreen")
    stage.wait_for_place(COVERING)
    stage.screens.unplug()
    stage.wait_for_place((0, 0, *FIRST))
    stage.screens.press("f")
    stage.wait_for_place((60, 60, 640, 360))
    stage.screens.press("f")
    stage.wait_for_place((0, 0, *FIRST))
    stage.screens.plug()
    stage.wait_for_place(COVERING, seconds=2.0)
    first = read_counter(stage.look()[96:672])
    stage.wait_until(lambda seen: read_counter(seen[96:672]) > first, "pictures that go on")
    stage.stop()


def test_unplugged_a_window_moves_to_the_other_monitor_and_back(stage: Stage) -> None:
    stage.wait_for_place(AT_START)
    stage.screens.unplug()
    stage.wait_for_place((60, 60, 640, 360))
    stage.screens.plug()
    stage.wait_for_place(AT_START, seconds=2.0)


def test_another_shape_of_window_bends_no_picture(stage: Stage) -> None:
    stage.wait_for_place(AT_START)
    stage.screens.resize(stage.window, 640, 500)
    until(lambda: stage.place[2:] == (640, 500), "the new size")
    picture = stage.wait_until(lambda seen: is_dark(seen[:70]) and seen[70].max() > 150, "bars above")
    assert is_dark(picture[430:])
    assert np.abs(bars_of(picture[70:430]) - BARS).max() <= 3
    stage.send("/output/fit", "stretch")
    stage.wait_until(lambda seen: np.abs(bars_of(seen) - BARS).max() <= 3, "all of the window filled")
    stage.send("/output/fit", "fill")
    cropped = stage.wait_until(lambda seen: np.abs(seen[4, 10:80] - BARS[1]).max() <= 3, "the first bar cut off")
    assert np.abs(cropped[4, 560:630] - BARS[5]).max() <= 3
    assert not is_dark(cropped[496:])


def test_an_unknown_monitor_is_refused_and_the_monitors_named(screens: Screens) -> None:
    said = vj_fails("run", *SHOW[:-1], "DUMMY7", "--osc-port", "0", env=screens.env)
    assert "unknown monitor 'DUMMY7'" in said
    assert "DUMMY0, DUMMY1" in said


def test_without_a_screen_that_answers_it_says_what_to_do() -> None:
    said = vj_fails("run", *SHOW, "--osc-port", "0", env={"DISPLAY": ":987", "WAYLAND_DISPLAY": ""})
    assert "use --headless" in said


def test_monitors_are_known_by_name(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    from vj.sink.window import find_monitor, monitors

    for name, value in screens.env.items():
        monkeypatch.setenv(name, value)
    try:
        found = {m.identity: (m.x, m.y, m.width, m.height) for m in monitors()}
        assert found == {"DUMMY0": (0, 0, *FIRST), "DUMMY1": (FIRST[0], 0, *SECOND)}
        wanted = {None: "DUMMY0", "dummy1": "DUMMY1", "1": "DUMMY1", "0": "DUMMY0"}
        assert {asked: find_monitor(asked).identity for asked in wanted} == wanted
    finally:
        glfw.terminate()


def test_monitors_of_the_same_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from vj.sink.window import monitors

    mode = SimpleNamespace(size=SimpleNamespace(width=800, height=600), refresh_rate=60)
    names = ["Beamer", "Laptop", "Beamer", "Beamer"]
    replaced: dict[str, Callable[..., object]] = {
        "init": lambda: True,
        "get_monitors": lambda: list(range(4)),
        "get_monitor_name": lambda place: names[place].encode(),
        "get_monitor_pos": lambda place: (800 * place, 0),
        "get_video_mode": lambda place: mode,
    }
    for name, function in replaced.items():
        monkeypatch.setattr(glfw, name, function)
    assert [m.identity for m in monitors()] == ["Beamer", "Laptop", "Beamer#2", "Beamer#3"]


@pytest.mark.parametrize(
    ("system", "mods", "held"),
    [
        ("darwin", glfw.MOD_SUPER, "ctrl+"),
        ("darwin", glfw.MOD_SUPER | glfw.MOD_SHIFT, "shift+ctrl+"),
        ("darwin", glfw.MOD_SUPER | glfw.MOD_CONTROL, "ctrl+"),
        ("darwin", glfw.MOD_CONTROL, "ctrl+"),
        ("linux", glfw.MOD_SUPER, ""),
        ("win32", glfw.MOD_SUPER | glfw.MOD_SHIFT, "shift+"),
    ],
)
def test_on_a_mac_command_is_what_ctrl_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch, system: str, mods: int, held: str
) -> None:
    from vj.sink import window

    monkeypatch.setattr(window.sys, "platform", system)
    assert window._held(mods) == held
