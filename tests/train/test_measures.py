"""How near pictures are, by independent formulas, and how much films flicker."""

import numpy as np
import pytest

from tests.textures import film
from tests.train.test_methods import seeing
from vj.base.frame import Pixels, Size
from vj.train.feature_distance import FeatureDistance
from vj.train.measures import FlickerMeter, absolute_error, structural_similarity

FRAME = film(Size(96, 64), (3, 1), 2)[0]


def noisy(picture: Pixels, deviation: float, seed: int = 0) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_the_absolute_error_is_a_part_of_the_range() -> None:
    black, white = np.zeros((4, 6, 3), np.uint8), np.full((4, 6, 3), 255, np.uint8)
    assert absolute_error(black, white) == absolute_error(white, black) == 1.0
    assert absolute_error(FRAME, FRAME) == 0.0


def test_likeness_is_one_for_the_same_and_less_for_noise() -> None:
    brighter = np.clip(FRAME.astype(int) + 5, 0, 255).astype(np.uint8)
    assert structural_similarity(FRAME, FRAME) == pytest.approx(1.0)
    assert structural_similarity(FRAME, noisy(FRAME, 40)) < structural_similarity(FRAME, brighter)


def test_likeness_of_even_pictures_is_that_of_their_brightness() -> None:
    one, other = np.full((32, 32, 3), 100, np.uint8), np.full((32, 32, 3), 50, np.uint8)
    low = (0.01 * 255) ** 2
    wanted = (2 * 100 * 50 + low) / (100**2 + 50**2 + low)
    assert structural_similarity(one, other) == pytest.approx(wanted, abs=1e-4)


def test_features_tell_more_from_less() -> None:
    distance = FeatureDistance(seeing())
    assert distance(FRAME, FRAME) == pytest.approx(0.0, abs=1e-5)
    assert 0.0 < distance(FRAME, noisy(FRAME, 10)) < distance(FRAME, noisy(FRAME, 60)) < 1.0


def test_flicker_follows_the_motion_and_leaves_cuts_out() -> None:
    seen = film(Size(128, 96), (3, 1), 6)
    meter = FlickerMeter()
    for seed, picture in enumerate(seen):
        meter.add(picture, [one.astype(np.float32) / 255 for one in (picture, noisy(picture, 20, seed))])
    calm, shimmering = meter.flicker()
    assert calm < 0.02 < 0.06 < shimmering
    meter.add(np.zeros_like(seen[0]), [np.ones((96, 128, 3), np.float32)] * 2)
    assert meter.flicker() == [calm, shimmering]


def test_one_picture_has_no_flicker() -> None:
    meter = FlickerMeter()
    meter.add(FRAME, [FRAME.astype(np.float32)])
    assert meter.flicker() == []
