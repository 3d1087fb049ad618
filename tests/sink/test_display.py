"""The rate of the display, and what is drawn while the system keeps hold of a window. In processes of their own: each
has an OpenGL context."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.xserver import FIRST, SECOND, Screens
from vj.base.frame import Size

SLOW = ("slow", "32.50", "1024", "1048", "1184", "1344", "768", "771", "777", "806", "-hsync", "-vsync")
"""A mode of the second monitor with 30 pictures a second; the first has 60."""

OPENED = """
import json, time
import glfw
from vj.base.frame import Size
from vj.gl import context
context.is_software = lambda ctx: False   # such a driver's swap doesn't wait, and the show then has a rate of its own
asked = []
swap_interval = glfw.swap_interval
glfw.swap_interval = lambda interval: asked.append(interval) or swap_interval(interval)
{before}
from vj.sink.window import Window
window = Window("vj: test", Size(320, 180), "DUMMY0")
glfw.show_window(window._handle)

def until(true, what):
    deadline = time.perf_counter() + 100
    while not true():
        assert time.perf_counter() < deadline, what
        window.poll(lambda: None)

{then}
"""


def said(code: str, env: dict[str, str] | None = None) -> Any:
    """What ``code`` prints as JSON, run by a Python of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def two_rates(screens: Screens) -> Iterator[Screens]:
    screens._run("xrandr", "--newmode", *SLOW)
    screens._run("xrandr", "--addmode", "DUMMY1", "slow")
    screens._run("xrandr", "--output", "DUMMY1", "--mode", "slow", "--right-of", "DUMMY0")
    screens._run("xrandr", "--query")
    yield screens
    screens.plug()
    screens._run("xrandr", "--delmode", "DUMMY1", "slow")
    screens._run("xrandr", "--rmmode", "slow")


MOVED = f"""
rates = [window.refresh]
def go(x):
    glfw.set_window_pos(window._handle, x, 100)
go({FIRST[0] + 100})
until(lambda: window.refresh == 30.0, "the second monitor's rate")
go(100)
until(lambda: window.refresh == 60.0, "the first one's again")
go({FIRST[0] - 300})
for _ in range(50):
    window.poll(lambda: None)
    time.sleep(0.002)
rates.append(window.refresh)                       # its middle is still on the first
go({FIRST[0] + 100})
until(lambda: window.refresh == 30.0, "the second monitor's rate")
window._place(True)                                # full screen is where it was asked to be
until(lambda: window.refresh == 60.0, "the rate of the monitor that it covers")
window._place(False)
until(lambda: window.refresh == 30.0, "the rate of where it was")
print(json.dumps({{"rates": rates, "leads": window.leads, "paced": window.paced, "asked": asked}}))
window.close()
"""


@pytest.mark.show
def test_the_rate_is_that_of_the_monitor_that_the_window_is_on(two_rates: Screens) -> None:
    found = said(OPENED.format(before="", then=MOVED), two_rates.env)
    assert found == {"rates": [60.0, 60.0], "leads": True, "paced": True, "asked": [1]}


WAYLAND = """
glfw.get_platform = lambda: glfw.PLATFORM_WAYLAND
glfw.get_window_pos = lambda handle: (0, 0)
"""
ON_WAYLAND = """
window._identity, window._monitor = "DUMMY1", __import__("vj.sink.window").sink.window.find_monitor("DUMMY1")
window._place(True)
until(lambda: window.refresh == 30.0, "the rate of the monitor that it covers")
window._place(False)
window.poll(lambda: None)
print(json.dumps({"rate": window.refresh, "leads": window.leads, "paced": window.paced, "asked": asked}))
window.close()
"""


@pytest.mark.show
def test_on_wayland_a_swap_does_not_wait_and_the_show_still_goes_at_the_displays_rate(two_rates: Screens) -> None:
    """There a hidden window's swap would wait for ever, and nobody is told where a window is."""
    found = said(OPENED.format(before=WAYLAND, then=ON_WAYLAND), two_rates.env)
    assert found == {"rate": 30.0, "leads": True, "paced": False, "asked": [0]}


REFRESHED = """
drawn = []
def draw():
    drawn.append(len(drawn))
    window._on_refresh(None)                       # as drawing itself may cause

def kept_by_the_system():
    for _ in range(5):
        window._on_refresh(None)
    window._on_move(None, 1, 1)

glfw.poll_events, poll_events = kept_by_the_system, glfw.poll_events
window.poll(draw)
dragged = len(drawn)
window._on_refresh(None)                           # nobody is kept: the loop draws anyway
glfw.poll_events = poll_events
quiet = len(drawn)
width = 320
def drawn_anew():
    global width
    width += 1
    glfw.set_window_size(window._handle, width, 180)
    window.poll(draw)
    return len(drawn) > quiet
until(drawn_anew, "the system's own wish")
print(json.dumps({"dragged": dragged, "quiet": quiet}))
window.close()
"""


@pytest.mark.show
def test_while_the_system_keeps_hold_of_the_window_frames_are_drawn_one_at_a_time(screens: Screens) -> None:
    assert said(OPENED.format(before="", then=REFRESHED), screens.env) == {"dragged": 6, "quiet": 6}


SHOW = """
import json, sys, time
import vj.show.show
from vj.base.frame import Size
from vj.show.controllers import UNLISTED
from vj.preset import preset
from vj.sink.headless import Headless

class Dragged(Headless):
    '''A window that is dragged for half a second once, and then to a slower monitor.'''
    leads, refresh, polls = True, 60.0, 0

    def poll(self, refresh):
        if "show" not in globals():                # it has not begun
            return
        self.polls += 1
        if self.polls == 20:
            before, until = show.stats.presented, time.perf_counter() + 0.5
            while time.perf_counter() < until:
                for _ in range(100):
                    refresh()                      # the system asks far more often than the display can show
                time.sleep(0.001)
            self.drawn, self.kept = show.stats.presented - before, time.perf_counter() - until + 0.5
        if self.polls == 40:
            self.refresh, self.before, self.at = 20.0, show.stats.presented, time.perf_counter()

surface = Dragged()
vj.show.show._open_surface = lambda preset, options: surface
chosen = preset.load("default").with_first_layer("pattern", ["identity"])
fps = float(sys.argv[1]) if sys.argv[1:] else None
options = vj.show.show.Options(network_options=UNLISTED, autosave=0.0, fps=fps, size=Size(160, 90))
with vj.show.show.Show(chosen, options) as show:
    began = show.stats.period
    show.loop.run(lambda: surface.polls < 60)
    rate = (show.stats.presented - surface.before) / (time.perf_counter() - surface.at)
    told = {"drawn": surface.drawn / surface.kept, "rate": rate, "began": began, "period": show.stats.period}
    print(json.dumps(told))
"""


@pytest.mark.show
def test_a_show_goes_on_while_it_is_dragged_and_goes_at_the_new_monitors_rate() -> None:
    found = said(SHOW)
    assert 4.0 < found["drawn"] < 65.0, "as many as the display can show, whatever the system asks for"
    assert (found["began"], found["period"]) == (1 / 60, 1 / 20), "refreshes are counted by the monitor's rate"
    assert 4.0 < found["rate"] < 21.0


@pytest.mark.show
def test_a_show_with_a_rate_of_its_own_keeps_it() -> None:
    code = SHOW.replace("sys.argv[1:]", "True").replace("sys.argv[1]", "30.0")
    found = said(code)
    assert (found["began"], found["period"]) == (1 / 30, 1 / 30)
    assert 4.0 < found["rate"] < 31.5


def test_the_middle_of_a_window_says_which_monitor_it_is_on() -> None:
    from vj.sink.window import Monitor, _monitor_of

    left, right = Monitor("left", 0, 0, *FIRST, 60), Monitor("right", FIRST[0], 0, *SECOND, 144)
    size = Size(640, 360)
    places = {(0, 0): left, (FIRST[0] - 321, 0): left, (FIRST[0] - 320, 0): right, (5000, 0): None, (-400, 0): None}
    assert {place: _monitor_of((*place, *size), [left, right]) for place in places} == places


def test_a_glfw_without_platforms_is_not_waylands(monkeypatch: pytest.MonkeyPatch) -> None:
    from vj.sink import window

    monkeypatch.setattr(window, "glfw", SimpleNamespace())
    assert not window._is_wayland()
