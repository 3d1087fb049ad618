import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.source.conftest import Viewer
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.source import camera
from vj.source.camera import Camera, CameraIdentity, choose

C920 = "HD Pro Webcam C920"
LOGITECH = CameraIdentity(C920, 0, "/dev/video0", 0x046D, 0x082D, f"{C920}@1-0:1.0", C920, 200)
FACETIME = CameraIdentity("FaceTime HD", 2, "/dev/video2", None, None, "FaceTime HD@3-1:1.0", "FaceTime HD", 200)
TWINS = [
    replace(LOGITECH, index=n, path=f"/dev/video{n}", identity=f"{C920}@1-{n}:1.0", short=f"{C920}@1-{n}:1.0")
    for n in (0, 4)
]


@pytest.mark.parametrize("target", ["facetime", "FaceTime HD", "/dev/video2", "2"])
def test_one_is_found_by_what_it_is(target: str) -> None:
    assert choose(target, [LOGITECH, FACETIME]) is FACETIME


@pytest.mark.parametrize("target", ["", "046d:082d", "046D:082D", "c920", "0"])
def test_the_other_too(target: str) -> None:
    assert choose(target, [LOGITECH, FACETIME]) is LOGITECH


def test_twins_are_told_apart_by_where_they_are() -> None:
    with pytest.raises(BadInput, match=r"2 cameras answer to 'C920'; choices: .*@1-0:1\.0.*@1-4:1\.0"):
        choose("C920", TWINS)
    assert choose(TWINS[1].identity, TWINS) is TWINS[1]
    assert choose(TWINS[1].identity, [replace(TWINS[1], index=0, path="/dev/video0")]).path == "/dev/video0"
    with pytest.raises(BadInput, match="none is there"):
        choose(TWINS[1].identity, TWINS[:1])


def test_none_of_that_name() -> None:
    with pytest.raises(BadInput, match=r"camera 'Sony' was asked for, none is there; choices: 0: HD Pro .*FaceTime"):
        choose("Sony", [LOGITECH, FACETIME])


def test_no_camera_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "cameras", list)
    with pytest.raises(BadInput, match="a camera was asked for, none is there; choices: none"):
        Camera("", Size(320, 240), 25.0).open()


@dataclass
class Info:
    """What the library that lists cameras tells of one."""

    index: int
    path: str
    name: str = C920
    vid: int = 0x046D
    pid: int = 0x082D
    backend: int = 200


class FakeCapture:
    """What OpenCV opens."""

    def get(self, what: int) -> float:
        return 25.0

    def release(self) -> None:
        """Nothing was opened."""


@pytest.fixture
def plug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``plug("1-4", "1-2")``: cameras of one kind at these USB ports, numbered as they come."""
    nodes = tmp_path / "video4linux"
    monkeypatch.setattr(camera, "_LINUX_NODES", nodes)
    monkeypatch.setattr(camera.sys, "platform", "linux")
    monkeypatch.setattr(camera, "_open", lambda *arguments: FakeCapture())

    def plug_in(*ports: str) -> None:
        shutil.rmtree(nodes, ignore_errors=True)
        for number, port in enumerate(ports):
            (tmp_path / "usb" / port).mkdir(parents=True, exist_ok=True)
            (nodes / f"video{number}").mkdir(parents=True)
            (nodes / f"video{number}" / "device").symlink_to(tmp_path / "usb" / port)
            (nodes / f"video{number}" / "index").write_text("0\n")
        infos = [Info(number, f"/dev/video{number}") for number in range(len(ports))]
        monkeypatch.setattr("cv2_enumerate_cameras.enumerate_cameras", lambda backend: infos)

    return plug_in


def opened(target: str) -> Camera:
    source = Camera(target, Size(320, 240), 25.0)
    source.open()
    return source


def test_a_camera_that_was_alone_comes_back_among_others(plug: Callable[..., None]) -> None:
    plug("1-4:1.0")
    assert [one.short for one in camera.cameras()] == [C920]
    first = opened("C920")
    assert (first.title, first.target) == (C920, f"{C920}@1-4:1.0")
    plug("1-2:1.0", "1-4:1.0")
    again = choose(first.target, camera.cameras())
    assert (again.index, opened(first.target).target) == (1, first.target)


def test_another_of_its_name_is_not_taken_for_it(plug: Callable[..., None]) -> None:
    plug("1-4:1.0")
    first = opened("")
    plug("1-2:1.0")
    with pytest.raises(BadInput, match="none is there"):
        opened(first.target)
    plug("1-4:1.0")
    assert opened(first.target).target == first.target


def test_the_nodes_of_one_camera_are_told_apart(plug: Callable[..., None], tmp_path: Path) -> None:
    plug("1-4:1.0", "1-4:1.0")
    (tmp_path / "video4linux" / "video1" / "index").write_text("2\n")
    assert [one.identity for one in camera.cameras()] == [f"{C920}@1-4:1.0", f"{C920}@1-4:1.0#2"]


def test_listing_works_with_whatever_is_plugged_in() -> None:
    found = camera.cameras()
    assert len({one.identity for one in found}) == len(found)


class SettableCapture(FakeCapture):
    """Red on the left, blue on the right; remembers what is set."""

    def __init__(self, linux: bool = True) -> None:
        import cv2

        self.told = {cv2.CAP_PROP_EXPOSURE: 123.0, cv2.CAP_PROP_BACKEND: float(cv2.CAP_V4L2 if linux else cv2.CAP_MSMF)}
        self.released = False

    def get(self, what: int) -> float:
        return self.told.get(what, 25.0)

    def set(self, what: int, value: float) -> bool:
        import cv2

        self.told[what] = value
        return what != cv2.CAP_PROP_AUTOFOCUS

    def grab(self) -> bool:
        return True

    def retrieve(self, into: object) -> tuple[bool, Pixels]:
        picture = np.zeros((240, 320, 3), np.uint8)
        picture[:, :160, 2], picture[:, 160:, 0] = 255, 255
        return True, picture

    def release(self) -> None:
        self.released = True


Playing = Callable[..., tuple[Viewer, list[tuple[SettableCapture, Size, float]]]]


@pytest.fixture
def playing(monkeypatch: pytest.MonkeyPatch) -> Playing:
    """``playing(linux)``: a camera that plays, and each opening with the size and rate that it was asked for."""

    def make(linux: bool = True) -> tuple[Viewer, list[tuple[SettableCapture, Size, float]]]:
        openings: list[tuple[SettableCapture, Size, float]] = []

        def open_one(found: CameraIdentity, size: Size, fps: float) -> SettableCapture:
            openings.append((SettableCapture(linux), size, fps))
            return openings[-1][0]

        monkeypatch.setattr(camera, "cameras", lambda: [LOGITECH])
        monkeypatch.setattr(camera, "permission", lambda: "granted")
        monkeypatch.setattr(camera, "_open", open_one)
        source = Camera("", Size(320, 240), 25.0)
        source.open()
        return Viewer(source), openings

    return make


def test_it_is_mirrored(playing: Playing) -> None:
    viewer, _ = playing()
    assert viewer.take()[0, 0].tolist() == [255, 0, 0]
    assert viewer.take(mirror=True)[0, 0].tolist() == [0, 0, 255]
    assert viewer.take()[0, 0].tolist() == [255, 0, 0]


def test_another_size_or_rate_opens_it_anew(
    playing: Playing,
) -> None:
    viewer, openings = playing()
    viewer.take()
    viewer.take(capture="1280x720", capture_rate=60)
    viewer.take(capture="1280x720", capture_rate=60)
    assert [(size, fps) for _, size, fps in openings] == [((320, 240), 25.0), ((1280, 720), 60.0)]
    assert [capture.released for capture, _, _ in openings] == [True, False]


@pytest.mark.parametrize(("linux", "by_hand", "by_itself"), [(True, 1.0, 3.0), (False, 0.25, 0.75)])
def test_exposure_and_focus_are_held_where_the_camera_can(
    linux: bool,
    by_hand: float,
    by_itself: float,
    playing: Playing,
    caplog: pytest.LogCaptureFixture,
) -> None:
    import cv2

    viewer, openings = playing(linux)
    told = openings[0][0].told
    viewer.take()
    assert cv2.CAP_PROP_AUTO_EXPOSURE not in told, "nobody asked"
    viewer.take(lock_exposure=True, lock_focus=True)
    assert (told[cv2.CAP_PROP_AUTO_EXPOSURE], told[cv2.CAP_PROP_EXPOSURE]) == (by_hand, 123.0)
    assert told[cv2.CAP_PROP_AUTOFOCUS] == 0.0
    assert [record.getMessage() for record in caplog.records] == [f"{C920} can't be told to lock the focus"]
    viewer.take()
    assert told[cv2.CAP_PROP_AUTO_EXPOSURE] == by_itself
