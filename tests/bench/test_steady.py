"""``vj bench steady`` on a texture that moves by a known way, and its verdicts."""

from dataclasses import replace

import moderngl
import numpy as np
import pytest

from tests.gl.pictures import ctx  # noqa: F401 - a fixture
from tests.textures import film
from vj.base.frame import Pixels, Size
from vj.bench.steady import Clip, Measured, _measured, verdicts
from vj.gl.steadying import SteadyPass


def shimmering(picture: Pixels, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0.0, 10.0, picture.shape)
    return np.clip(picture * 0.8 + 25 + noise, 0, 255).astype(np.uint8)


def test_moving_on_beats_holding_and_coherence_calms(ctx: moderngl.Context) -> None:  # noqa: F811
    seen = film(Size(128, 96), (3, 1), 16)
    clip = Clip("moving", 1 / 25, seen, [shimmering(picture, seed) for seed, picture in enumerate(seen)])
    found = _measured(SteadyPass(ctx), clip, None)
    assert found.below_hold > 0.4
    assert found.below_fade > 0.4
    assert found.calmer > 0.5
    assert found.sharp > 0.75
    assert found.style == 0.0
    assert found.picture.shape == (96, 5 * 96, 3)


GOOD = Measured("good", 0.1, 0.1, 0.05, 0.04, 0.01, 1.0, 0.9, np.zeros((1, 1, 3), np.uint8))


@pytest.mark.parametrize(
    ("clip", "broken"),
    [
        (GOOD, []),
        (replace(GOOD, style=0.0), []),
        (replace(GOOD, moved=0.07), ["error below holding, mean", "error below cross-fading, mean"]),
        (replace(GOOD, faded=0.08), ["error below cross-fading, mean"]),
        (replace(GOOD, calm=0.02), ["flicker lowered, mean"]),
        (replace(GOOD, sharp=0.9), ["sharpness of the bare results', worst clip"]),
        (replace(GOOD, style=1.1), ["distance to the style, of the bare results', worst clip"]),
    ],
)
def test_each_promise_has_its_verdict(clip: Measured, broken: list[str]) -> None:
    lines = list(verdicts([clip, clip]))
    assert [line.split(":")[0] for line in lines if "NOT held" in line] == broken
    assert len(lines) == (6 if clip.style else 5)


def test_one_bad_clip_is_told() -> None:
    worse = replace(GOOD, moved=0.11)
    assert [line.split(":")[0] for line in verdicts([GOOD, GOOD, GOOD, worse]) if "NOT held" in line] == [
        "error below cross-fading, mean",
        "error below holding, worst clip",
    ]
