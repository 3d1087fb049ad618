"""Asking macOS's people for the camera, with answers of the test's own."""

import ctypes
import ctypes.util
import shutil
import subprocess
from pathlib import Path

import pytest

from vj.base.clock import FakeClock
from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.source import camera, camera_permission
from vj.source.camera import Camera, CameraIdentity
from vj.source.camera_permission import permission

FACETIME = CameraIdentity("FaceTime HD", 0, "0x1", None, None, "FaceTime HD", "FaceTime HD", 1200)
WAITING = "waiting for permission to use the camera"
DENIED = (
    "FaceTime HD may not be used; fix: allow it in System Settings > Privacy & Security > Camera, then start vj again"
)
OBJC = """
#include <stdlib.h>
#include <string.h>
void *AVMediaTypeVideo = (void *)0x1234567890;
void *objc_getClass(const char *name) { return strcmp(name, "AVCaptureDevice") ? 0 : (void *)0x1111111111; }
void *sel_registerName(const char *name) {
  return strcmp(name, "authorizationStatusForMediaType:") ? 0 : (void *)0x2222222222;
}
long objc_msgSend(void *self, void *selector, void *media) {
  int known = self == (void *)0x1111111111 && selector == (void *)0x2222222222 && media == AVMediaTypeVideo;
  return known ? atol(getenv("AV_STATUS")) : -1;
}
"""


def test_elsewhere_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_permission, "_status", lambda: pytest.fail("it was asked"))
    for system in ("linux", "win32"):
        monkeypatch.setattr(camera_permission.sys, "platform", system)
        assert permission() == "granted"


@pytest.fixture
def mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_permission.sys, "platform", "darwin")


@pytest.mark.usefixtures("mac")
@pytest.mark.parametrize(
    ("status", "means"), [(0, "undetermined"), (1, "denied"), (2, "denied"), (3, "granted"), (99, "granted")]
)
def test_what_the_system_says_by_way_of_its_own_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, means: str
) -> None:
    """Pointers longer than an int go through, and arrive where they should."""
    if not shutil.which("cc"):
        pytest.skip("needs a C compiler")
    source, library = tmp_path / "objc.c", tmp_path / "libobjc.so"
    source.write_text(OBJC)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    monkeypatch.setenv("AV_STATUS", str(status))
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: str(library) if name == "objc" else None)
    monkeypatch.setattr(camera_permission, "_FRAMEWORK", str(library))
    assert permission() == means


@pytest.mark.usefixtures("mac")
def test_a_system_that_cannot_be_asked_is_left_to_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_permission, "_FRAMEWORK", "/nowhere/AVFoundation")
    assert permission() == "granted"


class Bench:
    """A camera whose permission is asked for, by a fake clock: ``answers`` come one a look, the last one stays."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
        self.clock, self.answers, self.said = FakeClock(), list(answers), list[str]()
        self.opened = 0
        monkeypatch.setattr(camera, "cameras", lambda: [FACETIME])
        monkeypatch.setattr(camera, "permission", self._permission)
        monkeypatch.setattr(camera, "_open", self._open)
        self.camera = Camera("", Size(320, 240), 25.0, self.clock)
        self.camera.on_wait = self.said.append

    def _permission(self) -> str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _open(self, *_: object) -> "Bench":
        self.opened += 1
        if self.answers[0] != "granted":
            raise OSError("it doesn't open")
        return self

    def get(self, what: int) -> float:
        return 25.0

    def release(self) -> None:
        """Nothing is held."""


def test_where_it_is_allowed_it_is_opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, "granted")
    bench.camera.open()
    assert (bench.opened, bench.said, bench.clock.now()) == (1, [], 100.0)


def test_until_people_have_answered_it_waits_with_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, *["undetermined"] * 82, "granted")
    bench.camera.open()
    assert set(bench.said[:-1]) == {WAITING}
    assert bench.said[-1] == ""
    assert len(bench.said) > 80
    assert bench.clock.now() == pytest.approx(120.0, abs=1.0), "as long as it took them"
    assert bench.opened == 2, "once for the system to ask, once when it was allowed"


@pytest.mark.parametrize("before", [(), ("undetermined", "undetermined", "undetermined")])
def test_denied_it_says_where_it_can_be_allowed(monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...]) -> None:
    bench = Bench(monkeypatch, *before, "denied")
    with pytest.raises(Unavailable) as raised:
        bench.camera.open()
    assert str(raised.value) == bench.said[-1] == DENIED
