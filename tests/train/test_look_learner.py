"""Learning a look: it comes nearer, only what is painted counts, and numbers that are none do no harm."""

import numpy as np
import pytest
import torch

from tests.train.painted import frame, painted
from vj.model.nets.look import LookNet, flat
from vj.train.keyframe import Keyframe
from vj.train.look_learner import BATCH, PATCH, Diverged, LookLearner


class Steady:
    """A clock that moves a fixed time at each reading."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += 0.01
        return self.time


def keyframe(seed: int = 0, mask: np.ndarray | None = None) -> Keyframe:
    picture = frame(seed)
    return Keyframe(picture, painted(picture), mask)


def learner(*keyframes: Keyframe, start: LookNet | None = None, learned: float = 0.0) -> LookLearner:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return LookLearner(keyframes or (keyframe(),), start or LookNet((8, 12)), now=Steady(), learned=learned)


@torch.no_grad()
def error(net: LookNet, pair: Keyframe) -> float:
    """The mean absolute error, of 255, of the whole picture."""
    source, wanted = (torch.from_numpy(picture).permute(2, 0, 1)[None].float() for picture in pair[:2])
    return float((net(source / 255.0) * 255.0 - wanted).abs().mean())


def bent() -> Keyframe:
    """A look that no map of colours can have."""
    picture = frame()
    return Keyframe(picture, np.where(picture > 100, 255 - picture, picture // 2).astype(np.uint8))


def test_the_average_comes_nearer_with_every_step() -> None:
    pair = bent()
    made = learner(pair)
    before = error(made.average, pair)
    for _ in range(40):
        made.step()
    assert error(made.average, pair) < 0.75 * before
    assert made.steps == 40
    assert made.error == pytest.approx(error(made.net, pair), rel=0.6)


def test_a_map_of_colours_is_found_at_once() -> None:
    pair = keyframe()
    start = LookNet((8, 12))
    with torch.no_grad():
        start.out.weight.zero_()
    assert error(learner(pair, start=start).average, pair) < 1.0
    assert error(start, pair) > 30.0, "the network that was handed over stays as it is"


def test_the_first_picture_is_nearer_than_the_map_of_colours() -> None:
    pair = bent()
    made = learner(pair)
    weights = flat(made.net)
    assert error(made.first(), pair) < 0.8 * error(made.average, pair)
    assert (flat(made.net) == weights).all()


def test_the_same_is_learned_from_the_same() -> None:
    torch.manual_seed(1)
    start = LookNet((8, 12))
    one, other = learner(start=start), learner(start=start)
    for _ in range(3):
        one.step()
        other.step()
    assert (flat(one.average) == flat(other.average)).all()


def test_what_is_not_painted_is_not_learned() -> None:
    mask = np.zeros((72, 128), bool)
    mask[20:52, 40:80] = True
    picture = frame()
    wanted = painted(picture)
    wanted[~mask] = np.random.default_rng(1).integers(0, 256, (int((~mask).sum()), 3))
    start = LookNet((8, 12))
    one = learner(Keyframe(picture, wanted, mask), start=start)
    other = learner(Keyframe(picture, painted(picture), mask), start=start)
    for _ in range(3):
        one.step()
        other.step()
    assert (flat(one.first()) == flat(other.first())).all()
    assert (flat(one.average) == flat(other.average)).all()


def test_a_single_painted_pixel_is_enough() -> None:
    mask = np.zeros((72, 128), bool)
    mask[71, 127] = True
    made = learner(keyframe(mask=mask))
    made.first()
    made.step()
    assert np.isfinite(flat(made.average)).all()


def test_frames_that_are_smaller_than_a_patch_or_odd_are_learned() -> None:
    picture = frame(height=PATCH - 3, width=PATCH + 5)
    made = learner(Keyframe(picture, painted(picture)), keyframe())
    made.first()
    made.step()
    assert np.isfinite(flat(made.average)).all()


def test_every_painted_pixel_is_seen() -> None:
    made = learner()
    seen = np.zeros((72, 128), bool)
    rows, columns = np.mgrid[:72, :128]
    numbered = np.dstack([rows, columns, rows * 0]).astype(np.uint8)
    made.replace(0, Keyframe(numbered, numbered))
    for _ in range(4):
        for patch in made._batch()[0].mul(255).round().int():
            seen[patch[0].flatten(), patch[1].flatten()] = True
    assert 4 * BATCH * PATCH * PATCH > 2 * 72 * 128
    assert seen.all()


def test_keyframes_are_added_and_replaced_while_it_learns() -> None:
    made = learner(bent())
    made.step()
    assert made.add(keyframe(1)) == 1
    made.replace(0, keyframe(0))
    for _ in range(40):
        made.step()
    assert max(error(made.average, keyframe(seed)) for seed in (0, 1)) < 0.5 * error(made.average, bent())


def test_numbers_that_are_none_do_no_harm() -> None:
    made = learner()
    for _ in range(3):
        made.step()
    good = flat(made.average)
    with torch.no_grad():
        made.net.inp.weight.fill_(float("nan"))
    with pytest.raises(Diverged, match="step 3"):
        made.step()
    assert (flat(made.average) == good).all()
    made.step()
    assert np.isfinite(flat(made.average)).all()
    assert made.steps == 4


def test_learning_goes_on_where_it_was() -> None:
    first = learner(bent())
    for _ in range(20):
        first.step()
    second = learner(bent(), start=first.average, learned=5.0)
    assert (flat(second.average) == flat(first.average)).all()
    assert second.seconds >= 5.0
