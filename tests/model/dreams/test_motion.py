"""Motion between pictures: found in a photograph that was moved by hand."""

import cv2
import numpy as np
import pytest
from skimage import data

from vj.base.frame import Pixels
from vj.model.dreams.motion import Motion

HEIGHT, WIDTH = 144, 256


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return cv2.resize(data.astronaut(), (320, 320), interpolation=cv2.INTER_AREA)


def cut(photo: Pixels, right: int, down: int) -> Pixels:
    return np.ascontiguousarray(photo[40 + down : 40 + down + HEIGHT, 20 + right : 20 + right + WIDTH])


def inside(picture: np.ndarray) -> np.ndarray:
    return picture[16:-16, 16:-16]


def test_what_was_painted_moves_along(photo: Pixels) -> None:
    motion = Motion()
    motion.follow(cut(photo, 0, 0))
    motion.follow(cut(photo, 6, 3))  # the camera pans: everything goes left and up
    painted = cut(photo, 0, 0).astype(np.float32)
    left = np.abs(inside(motion.carried(painted)) - inside(cut(photo, 6, 3))).mean()
    unmoved = np.abs(inside(painted) - inside(cut(photo, 6, 3))).mean()
    assert left < 0.25 * unmoved
    assert np.median(motion.speed) == pytest.approx(np.hypot(6, 3), rel=0.1)
    assert inside(motion.agrees).mean() > 0.9


def test_what_came_in_from_outside_agrees_with_nothing(photo: Pixels) -> None:
    motion = Motion()
    motion.follow(cut(photo, 0, 0))
    motion.follow(cut(photo, 12, 0))
    assert motion.agrees[:, -6:].mean() < 0.4
    assert motion.agrees[:, :-24].mean() > 0.9


def test_still_things_agree_through_the_camera_s_noise(photo: Pixels) -> None:
    noise, motion = np.random.default_rng(0), Motion()
    for _ in range(2):
        noisy = cut(photo, 0, 0) + noise.normal(0, 4, (HEIGHT, WIDTH, 3))
        motion.follow(noisy.clip(0, 255).astype(np.uint8))
    assert motion.agrees.mean() > 0.97


def test_another_scene_agrees_little(photo: Pixels) -> None:
    motion = Motion()
    motion.follow(cut(photo, 0, 0))
    motion.follow(255 - cut(photo, 0, 0)[::-1])
    assert motion.agrees.mean() < 0.5


def test_the_first_picture_is_all_new(photo: Pixels) -> None:
    motion = Motion()
    motion.follow(cut(photo, 0, 0))
    painted = cut(photo, 4, 4).astype(np.float32)
    assert not motion.agrees.any()
    assert not motion.speed.any()
    np.testing.assert_allclose(motion.carried(painted), painted, atol=1e-3)


@pytest.mark.parametrize("size", [(320, 180), (96, 64), (64, 36)])
def test_another_size_goes_on(photo: Pixels, size: tuple[int, int]) -> None:
    motion = Motion()
    motion.follow(cut(photo, 0, 0))
    seen = cv2.resize(cut(photo, 0, 0), size, interpolation=cv2.INTER_AREA)
    motion.follow(seen)
    assert motion.agrees.shape == motion.speed.shape == seen.shape[:2]
    assert motion.agrees.mean() > 0.9
    carried = motion.carried(cut(photo, 0, 0).astype(np.float32))
    assert carried.shape == seen.shape
    assert np.abs(carried - seen).mean() < 12
