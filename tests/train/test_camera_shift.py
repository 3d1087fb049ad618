"""What a camera sees a moment later, and a style that learns to paint it as before."""

import pytest
import torch

from tests.train.sets import blobs
from tests.train.test_methods import made
from vj.train.batches import as_floats
from vj.train.camera_shift import CameraShift
from vj.train.method import StepRandom


@pytest.mark.parametrize("shift", [(0, 0), (12, -12), (-5, 7), (0, -1)])
def test_the_same_things_are_seen_in_both(shift: tuple[int, int]) -> None:
    pictures = as_floats([blobs(1, 48), blobs(2, 48)])
    moved = CameraShift(*shift)
    later = moved.later(pictures, StepRandom(0, 0))
    assert later.shape == pictures.shape
    first, second = moved.overlap(pictures, later)
    assert first.shape == second.shape == (2, 3, 48 - abs(shift[0]), 48 - abs(shift[1]))
    noise = (second - first).std()
    assert 0.02 < noise < 0.04
    if shift == (12, -12):  # down and to the left
        assert torch.equal(second, later[:, :, 12:, :-12])


def test_ways_are_often_short_and_never_too_long() -> None:
    drawn = [CameraShift.drawn(StepRandom(0, step)) for step in range(500)]
    assert max(abs(part) for shift in drawn for part in shift) in (11, 12)
    assert {part > 0 for shift in drawn for part in shift if part} == {True, False}
    assert sum(max(map(abs, shift)) <= 3 for shift in drawn) > 100


def test_a_style_learns_to_paint_a_moved_picture_as_before() -> None:
    pictures = as_floats([blobs(number, 32) for number in range(4)])
    errors = {}
    for steady in (0.0, 50.0):
        learner = made("style", steady=steady)
        for step in range(60):
            learner.step(pictures, pictures, StepRandom(0, step))
        net = learner.nets["G"].eval()
        found = []
        for step in range(1000, 1010):
            random = StepRandom(0, step)
            shift = CameraShift.drawn(random)
            with torch.no_grad():
                one, other = (net((seen + 1) * 127.5) for seen in (pictures, shift.later(pictures, random)))
            one, other = shift.overlap(one, other)
            found.append(float((one - other).abs().mean() / one.std()))
        errors[steady] = sum(found)
    assert errors[50.0] < 0.8 * errors[0.0]
