import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.source.conftest import Viewer
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Size
from vj.source.screen import Screen

pytestmark = pytest.mark.skipif("sys.platform != 'linux'", reason="X11")


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real X server of 640x480 whose desktop is orange."""
    if not (shutil.which("Xvfb") and shutil.which("xsetroot")):
        pytest.skip("needs Xvfb and xsetroot")
    ours, theirs = socket.socketpair()  # only its descriptor is of use: the server writes its number to it
    command = ["Xvfb", "-displayfd", str(theirs.fileno()), "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.DEVNULL)
    theirs.close()
    ours.settimeout(20)
    with ours, ours.makefile() as told:
        name = ":" + told.readline().strip()
    monkeypatch.setenv("DISPLAY", name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    subprocess.run(["xsetroot", "-solid", "#ff8000"], check=True)
    yield name
    server.kill()
    server.wait()


@pytest.mark.parametrize(("target", "shape"), [("", (240, 320)), ("1", (240, 320)), ("64x48+10+20", (48, 64))])
def test_grabs_a_real_screen(start: Callable[..., Viewer], display: str, target: str, shape: tuple[int, int]) -> None:
    viewer = start(Screen, target)
    picture = viewer.take()
    assert picture.shape == (*shape, 3)
    assert np.median(picture, axis=(0, 1)).tolist() == [255, 128, 0]


@pytest.mark.parametrize(("target", "reason"), [("7", r"choices: 1: 640x480"), ("640x480+1+0", "beyond the desktop")])
def test_what_is_not_on_the_desktop_is_refused(display: str, target: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        Screen(target, Size(320, 240), 25.0).open()


@pytest.mark.parametrize("target", ["left", "0x0+1+1", "-1", "640x480", "640x480-1-1"])
def test_nonsense_is_refused(target: str) -> None:
    with pytest.raises(BadInput, match="screen takes"):
        Screen.check(target)


def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Unavailable, match="DISPLAY is not set"):
        Screen.check("")
    monkeypatch.setenv("DISPLAY", ":987")
    with pytest.raises(Unavailable, match="can't be read"):
        Screen("", Size(320, 240), 25.0).open()


def test_wayland_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(Unavailable, match="Wayland"):
        Screen.check("")
