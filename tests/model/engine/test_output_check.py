"""What a model gives is looked at before it is shown."""

import numpy as np
import pytest

from vj.model.engine.output_check import PATIENCE, OutputCheck, brightness

LIT, DARK = np.full((64, 64, 3), 120, np.uint8), np.zeros((64, 64, 3), np.uint8)


@pytest.mark.parametrize("mean", [float("nan"), float("inf"), -float("inf"), 0.0, -3.0])
def test_what_is_no_picture_does_not_pass(mean: float) -> None:
    assert not OutputCheck().accepts(mean, lambda: brightness(LIT))


@pytest.mark.parametrize("mean", [0.01, 0.5, 1.0])
def test_pictures_pass(mean: float) -> None:
    assert OutputCheck().accepts(mean, lambda: brightness(LIT))


def test_black_is_right_when_the_camera_sees_none() -> None:
    assert OutputCheck().accepts(0.0, lambda: brightness(DARK))
    assert not OutputCheck().accepts(float("nan"), lambda: brightness(DARK))


def test_patience_ends_once_after_so_many_in_a_row() -> None:
    output_check = OutputCheck()
    impatient = []
    for mean in [float("nan")] * (PATIENCE - 1) + [0.5] + [float("nan")] * (PATIENCE + 2):
        output_check.accepts(mean, lambda: brightness(LIT))
        impatient.append(output_check.impatient)
    assert sum(impatient) == 1
    assert output_check.total == 2 * PATIENCE + 1
