from dataclasses import replace

import pytest

from vj.errors import BadInput
from vj.frame.frame import Size
from vj.source import camera
from vj.source.camera import Camera, CameraIdentity, choose

LOGITECH = CameraIdentity("HD Pro Webcam C920", 0, "/dev/video0", 0x046D, 0x082D, "HD Pro Webcam C920", 200)
FACETIME = CameraIdentity("FaceTime HD", 2, "/dev/video2", None, None, "FaceTime HD", 200)
TWINS = [replace(LOGITECH, index=n, path=f"/dev/video{n}", identity=f"HD Pro Webcam C920@1-{n}:1.0") for n in (0, 4)]


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


def test_listing_works_with_whatever_is_plugged_in() -> None:
    found = camera.cameras()
    assert len({one.identity for one in found}) == len(found)
