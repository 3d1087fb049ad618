"""A window opens where the last one was closed: real windows on two monitors, in processes of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sink.conftest import Stage
from tests.sink.test_display import said
from tests.xserver import FIRST, SECOND, Screens
from vj.base.paths import state
from vj.sink import window_place
from vj.sink.window_place import WindowPlace

PLACE = WindowPlace("DUMMY1", 100, 80, 400, 300)

OPENED = """
import json, time
import glfw
from vj.base.frame import Size
from vj.sink.window import Window
def opened(monitor=None, size=None):
    window = Window("vj: test", Size(320, 180), monitor, size=size)
    glfw.show_window(window._handle)
    window._shown = True
    return window

def until(window, true, what):
    deadline = time.perf_counter() + 100
    while not true():
        assert time.perf_counter() < deadline, what
        window.poll(lambda: None)

places = []
def close(window):
    places.append(window._place_now())
    window.close()
"""
MOVED = f"""
window = opened()
glfw.set_window_pos(window._handle, {FIRST[0] + 100}, 80)
glfw.set_window_size(window._handle, 400, 300)
until(window, lambda: window._place_now() == ({FIRST[0] + 100}, 80, 400, 300) and window._identity == "DUMMY1", "there")
window._place(True)
until(window, lambda: window._place_now() == ({FIRST[0]}, 0, {SECOND[0]}, {SECOND[1]}), "full screen where it is")
close(window)
close(opened())
close(opened("DUMMY0"))
print(json.dumps(places))
"""
ASKED = """
close(opened(size=Size(200, 100)))
print(json.dumps(places))
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.mark.show
def test_it_opens_where_it_was_on_the_monitor_it_was_on(screens: Screens) -> None:
    full, again, elsewhere = said(OPENED + MOVED, screens.env)
    assert full == [FIRST[0], 0, *SECOND]
    assert again == [FIRST[0] + 100, 80, 400, 300], "not full screen: that is asked for"
    assert elsewhere == [60, 60, 320, 180], "on another monitor than it was it opens as ever"


@pytest.mark.show
def test_a_size_that_is_asked_for_counts_for_more(screens: Screens) -> None:
    window_place.keep(PLACE)
    assert said(OPENED + ASKED, screens.env) == [[FIRST[0] + 100, 80, 200, 100]]


@pytest.mark.show
def test_without_its_monitor_it_opens_on_the_primary_one(screens: Screens) -> None:
    window_place.keep(PLACE)
    screens.unplug()
    try:
        assert said(OPENED + ASKED, screens.env) == [[60, 60, 200, 100]]
    finally:
        screens.plug()


@pytest.mark.show
def test_a_show_that_ends_keeps_its_place(play: Callable[..., Stage]) -> None:
    stage = play()
    stage.screens._run("xdotool", "windowmove", str(stage.window), str(FIRST[0] + 200), "150")
    stage.wait_for_place((FIRST[0] + 200, 150, 640, 360))
    stage.stop()
    play().wait_for_place((FIRST[0] + 200, 150, 640, 360))


def test_a_place_outside_its_monitor_is_moved_and_cut_to_lie_within() -> None:
    assert PLACE.inside(*SECOND) == PLACE
    assert PLACE.inside(450, 320) == PLACE._replace(x=50, y=20)
    assert PLACE._replace(x=-30, y=-10).inside(*SECOND) == PLACE._replace(x=0, y=0)
    assert PLACE.inside(200, 100) == WindowPlace("DUMMY1", 0, 0, 200, 100)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"monitor": "a", "x": 1, "y": 1, "width": 0, "height": 300}',
        '{"monitor": "a", "x": 1, "y": "1", "width": 300, "height": 300}',
        '{"monitor": "a", "x": 1, "y": 1, "width": 300, "height": 1000000}',
        '{"monitor": 3, "x": 1, "y": 1, "width": 300, "height": 300}',
    ],
)
def test_what_can_not_be_used_is_no_place(content: str) -> None:
    window_place.keep(PLACE)
    assert window_place.kept() == PLACE
    (file,) = state().iterdir()
    file.write_text(content)
    assert window_place.kept() is None
