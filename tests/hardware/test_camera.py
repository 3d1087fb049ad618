"""Real cameras in an emulated machine: the kernel's ``vivid`` driver, unplugged, replugged, frozen."""

import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.source.camera import Camera, cameras

pytestmark = [
    pytest.mark.hardware,
    pytest.mark.skipif(os.environ.get("VJ_GUEST") != "1", reason="runs in the emulated machine"),
]
BOX = Size(640, 360)
VIVID = Path("/sys/bus/platform/drivers/vivid")
SECOND = "vivid-001"  # of the two that `boot` asks for

DEFAULTS = {param.name: param.default for param in Camera.params}


class Buffers:
    """Where pictures arrive; the memory must be the one that was given."""

    def __init__(self) -> None:
        self.picture: Pixels = np.zeros((BOX.height, BOX.width, 3), np.uint8)

    def begin(self, height: int, width: int) -> Pixels:
        if self.picture.shape != (height, width, 3):
            self.picture = np.zeros((height, width, 3), np.uint8)
        return self.picture


def pull() -> None:
    """All of vivid's cameras go: to the system they are one device."""
    (VIVID / "unbind").write_text("vivid.0")


def plug() -> None:
    (VIVID / "bind").write_text("vivid.0")


def freeze(node: str, dropped: int = 100) -> None:
    """From now on the camera delivers nothing, nor an error; with ``dropped`` 0, pictures again."""
    subprocess.run(["v4l2-ctl", "-d", node, "-c", f"percentage_of_dropped_buffers={dropped}"], check=True)


def read_many(camera: Camera, buffers: Buffers) -> None:
    for _ in range(30):
        camera.read(buffers.begin, DEFAULTS)


def test_is_listed_by_a_name_that_stays() -> None:
    first = cameras()
    pull()
    assert not [camera for camera in cameras() if "vivid" in camera.identity]
    plug()
    assert [camera.identity for camera in cameras()] == [camera.identity for camera in first]
    assert any("vivid" in camera.identity for camera in first)


@pytest.mark.parametrize("target", ["", SECOND])
def test_pictures_come_in_colour_and_move(target: str) -> None:
    camera, buffers = Camera(target, BOX, 25.0), Buffers()
    camera.open()
    pictures, times = [], []
    for _ in range(10):
        times.append(camera.read(buffers.begin, DEFAULTS))
        pictures.append(buffers.picture.copy())
    camera.close()
    assert "vivid" in camera.target
    assert pictures[0].shape[0] <= BOX.height
    assert pictures[0].std() > 20
    assert any(not np.array_equal(pictures[0], later) for later in pictures[1:])
    assert times == sorted(times)
    bars = pictures[0].reshape(-1, 3).astype(int)  # vivid's bars are white, yellow, cyan, green …: RGB, not BGR
    yellow = (bars[:, 0] > 180) & (bars[:, 1] > 180) & (bars[:, 2] < 80)
    cyan = (bars[:, 0] < 80) & (bars[:, 1] > 180) & (bars[:, 2] > 180)
    assert np.flatnonzero(yellow)[0] < np.flatnonzero(cyan)[0]


def test_the_cable_pulled_raises_and_it_comes_back() -> None:
    camera, buffers = Camera(SECOND, BOX, 25.0), Buffers()
    camera.open()
    camera.read(buffers.begin, DEFAULTS)
    pull()
    with pytest.raises(OSError, match="no picture came"):
        read_many(camera, buffers)
    camera.close()
    with pytest.raises(BadInput, match="none is there"):
        Camera(camera.target, BOX, 25.0).open()
    plug()
    again = Camera(camera.target, BOX, 25.0)
    again.open()
    again.read(buffers.begin, DEFAULTS)
    again.close()


def test_a_frozen_camera_raises_within_its_time_out() -> None:
    camera, buffers = Camera(SECOND, BOX, 25.0), Buffers()
    camera.open()
    camera.read(buffers.begin, DEFAULTS)
    node = next(one.path for one in cameras() if one.identity == camera.target)
    freeze(node)
    started = time.monotonic()
    try:
        with pytest.raises(OSError, match="no picture came"):
            read_many(camera, buffers)
        assert time.monotonic() - started < 8  # 2 s by the clock of a machine that isn't emulated
    finally:
        freeze(node, dropped=0)
        camera.close()


def test_two_that_answer_are_not_guessed_between() -> None:
    with pytest.raises(BadInput, match=r"2 cameras answer to 'vivid'.*vivid-000.*vivid-001"):
        Camera("vivid", BOX, 25.0).open()


def test_linux_names_the_node() -> None:
    assert all(Path(camera.path).exists() for camera in cameras())
