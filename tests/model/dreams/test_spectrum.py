"""A picture as its spectrum: the slope is the picture's own, and ascent gets where it is led."""

import numpy as np
import pytest

from vj.base.frame import Size
from vj.model.dreams.glances import Glances
from vj.model.dreams.spectrum import Spectrum, colours


def noise(size: Size, amount: float = 1.0) -> Spectrum:
    found = Spectrum(size)
    found.renew(1.0, amount, np.random.default_rng(1))
    return found


@pytest.mark.parametrize("size", [Size(32, 16), Size(16, 32), Size(18, 18)])
def test_the_slope_is_what_a_small_change_of_each_coefficient_makes(size: Size) -> None:
    spectrum, random = noise(size), np.random.default_rng(2)
    gradient = random.standard_normal((size.height, size.width, 3)).astype(np.float32)
    spectrum.picture()
    slope = spectrum.slope(gradient).copy()
    found = np.zeros_like(slope)
    for place in np.ndindex(*slope.shape):
        sides = []
        for change in (0.02, -0.04):
            spectrum.coefficients[place] += change
            sides.append(np.vdot(gradient, spectrum.picture().astype(np.float64)))
        spectrum.coefficients[place] += 0.02
        found[place] = (sides[0] - sides[1]) / 0.04
    assert np.abs(found - slope).max() < 1e-3 * np.abs(slope).max()


def test_noise_is_coarse_rather_than_fine_and_grey_rather_than_coloured() -> None:
    picture = noise(Size(128, 128), 0.3).picture()
    waves = np.abs(np.fft.rfft2(picture, axes=(0, 1))) ** 2
    assert waves[1:8, 1:8].mean() > 100 * waves[30:38, 30:38].mean()
    grey, colourful = picture.mean(2).std(), (picture - picture.mean(2, keepdims=True)).std()
    assert grey > 1.5 * colourful > 0.0


def test_colours_vary_as_imagenets() -> None:
    covariance = colours() @ colours().T
    deviations = np.sqrt(np.diag(covariance))
    correlations = covariance / deviations / deviations[:, None]
    assert deviations.max() < 1.1 * deviations.min()
    assert correlations[0, 1] > correlations[0, 2] > 0.75  # red goes with green more than with blue
    assert correlations[1, 2] > correlations[0, 2]


def test_it_climbs_to_a_picture_that_it_is_led_to() -> None:
    wanted, spectrum = noise(Size(48, 32), 0.5).picture().copy(), Spectrum(Size(48, 32))
    before = np.abs(spectrum.picture() - wanted).mean()
    for _ in range(100):
        spectrum.climb(wanted - spectrum.picture(), 0.05)
    assert np.abs(spectrum.picture() - wanted).mean() < 0.1 * before


def test_decay_brings_it_back_to_grey() -> None:
    spectrum = noise(Size(48, 32))
    nothing = np.zeros_like(spectrum.picture())
    for _ in range(100):
        spectrum.climb(nothing, 0.05, 0.05)
    assert np.abs(spectrum.picture() - 0.5).max() < 0.01


@pytest.mark.parametrize("size", [Size(64, 32), Size(256, 128)])
def test_another_size_shows_the_same(size: Size) -> None:
    import cv2

    spectrum = noise(Size(128, 64), 0.3)
    resized = spectrum.at(size).picture()
    whole = cv2.resize(spectrum.picture(), tuple(size), interpolation=cv2.INTER_AREA)
    assert resized.shape == whole.shape
    assert np.abs(resized - whole).mean() < 0.01
    assert np.array_equal(spectrum.at(spectrum.size).coefficients.shape, spectrum.coefficients.shape)


def test_a_gradient_comes_back_to_where_it_was_seen() -> None:
    """<seen, g> = <picture, g brought back>, as for a transposed movement, but for the change of area."""
    size = Size(96, 64)
    glances, spectrum = Glances(size, np.random.default_rng(3)), noise(size, 0.3)
    values = {"turning": 10.0, "zooming": 0.0, "jitter": 8}
    gradient = np.zeros((64, 96, 3), np.float32)
    gradient[20:44, 30:66] = noise(Size(36, 24), 0.5).picture() - 0.5
    picture = spectrum.picture().copy()
    for _ in range(20):
        seen = np.vdot(glances.at(picture, values), gradient)
        assert np.vdot(picture, glances.back(gradient)) == pytest.approx(seen, rel=0.03, abs=0.5)
