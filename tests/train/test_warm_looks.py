"""The looks of the warm start: of every kind, finite, the same for a seed, and never in the style that is held out."""

import numpy as np
import pytest
import torch

from tests.train.painted import frame
from vj.train import warm_looks
from vj.train.warm_looks import HELD_OUT, WarmLooks


@pytest.fixture(autouse=True)
def _pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_looks, "_pictures", lambda progress: [frame(0, 80, 136), frame(1, 96, 64)])


def looks(seed: int = 0) -> WarmLooks:
    torch.set_num_threads(1)
    return WarmLooks(np.random.default_rng(seed), lambda doing, part: None)


def test_every_keyframe_is_a_crop_and_its_look() -> None:
    made = looks()
    for _ in range(12):
        keyframe = made.keyframe()
        assert keyframe.source.shape == keyframe.painted.shape
        assert keyframe.source.dtype == keyframe.painted.dtype == np.uint8
        assert keyframe.mask is None
        assert np.abs(keyframe.source.astype(int) - keyframe.painted).mean() > 3.0


def test_the_same_seed_gives_the_same_looks() -> None:
    one, other = looks(5), looks(5)
    for _ in range(4):
        assert (one.keyframe().painted == other.keyframe().painted).all()


def test_the_style_that_is_held_out_is_never_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    made, seen = looks(), torch.zeros(26)

    def paint(image: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        assert float(weights.sum()) == pytest.approx(1.0)
        seen.add_(weights)
        return image

    monkeypatch.setattr(made, "_styles", paint)
    for _ in range(400):
        made._styled(torch.zeros(1, 3, 8, 8))
    assert seen[HELD_OUT] == 0.0
    assert (seen > 0).sum() == 25
