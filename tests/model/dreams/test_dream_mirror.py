"""The live dream: it grows on what is still, lets go of what moves, and stays within its mask."""

import math

import cv2
import numpy as np
import pytest
from skimage import data

from vj.base.frame import Pixels, Size
from vj.model.dreams.ascent import Ascent
from vj.model.dreams.dream_mirror import DreamMirror, kept
from vj.model.files.library import Entry, find
from vj.model.model import Prepared
from vj.model.runtime.compiled_network import Floats
from vj.params.param import Value

SIZE = Size(128, 64)
PERIOD = 0.04


@pytest.fixture(scope="module")
def made() -> DreamMirror:
    """One for all: reading the classifier takes seconds."""
    entry = find("dream-mirror")
    entry.fetch(lambda doing, part: None)
    model = Entry.from_job(entry.to_job()).make_model("openvino-f32")
    assert isinstance(model, DreamMirror)
    return model


@pytest.fixture
def model(made: DreamMirror) -> DreamMirror:
    made.begin_again()
    return made


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return cv2.resize(data.astronaut()[:300], (256, 150), interpolation=cv2.INTER_AREA)


def cut(photo: Pixels, right: int = 0) -> Pixels:
    return np.ascontiguousarray(photo[20 : 20 + SIZE.height, 40 + right : 40 + right + SIZE.width])


def off(picture: Pixels, seen: Pixels) -> float:
    """Grey levels, on average."""
    return float(np.abs(picture.astype(np.float32) - seen).mean())


class Play:
    """Plays the model at 25 pictures a second."""

    def __init__(self, model: DreamMirror, **values: Value) -> None:
        self.model = model
        self.values: dict[str, Value] = (
            {param.name: param.default for param in model.params} | {"layer": "edges"} | values
        )
        self.now = 0.0
        self.dreams: dict[str, Prepared] = {}

    def picture(self, seen: Pixels, **values: Value) -> Pixels:
        self.values |= values
        out = np.empty_like(seen)
        wish = self.model.variant(self.values)
        dream = self.dreams.get(wish) or self.dreams.setdefault(wish, self.model.prepare(SIZE, wish))
        assert math.isfinite(dream.run(seen, out, self.values, self.now))
        self.now += PERIOD
        return out

    def pictures(self, seen: Pixels, count: int, **values: Value) -> Pixels:
        for _ in range(count):
            out = self.picture(seen, **values)
        return out


def test_it_grows_on_what_is_still_and_stays_readable(model: DreamMirror, photo: Pixels) -> None:
    play, seen = Play(model), cut(photo)
    grown = [off(play.pictures(seen, count), seen) for count in (1, 4, 20)]
    assert 0.3 < grown[0] < grown[1] < grown[2]
    late = play.pictures(seen, 100)
    assert grown[2] < off(late, seen) < 40
    assert np.corrcoef(late.ravel(), seen.ravel())[0, 1] > 0.85


def test_limit_says_how_far_it_may_go(model: DreamMirror, photo: Pixels) -> None:
    seen = cut(photo)
    far = off(Play(model, limit=0.6).pictures(seen, 40), seen)
    model.begin_again()
    near = Play(model, limit=0.05).pictures(seen, 40)
    assert off(near, seen) < 0.6 * far
    assert np.abs(near.astype(int) - seen).max() < 0.5 * 255


def test_it_moves_with_what_it_grew_on(model: DreamMirror, photo: Pixels) -> None:
    play = Play(model)
    before = play.pictures(cut(photo), 25).astype(np.float32) - cut(photo)
    for right in range(1, 9):
        after = play.picture(cut(photo, right), step=0.0).astype(np.float32) - cut(photo, right)
    along, in_place = (alike(after[16:-16, 24:96], before[16:-16, 24 + by : 96 + by]) for by in (8, 0))
    assert along > 0.7
    assert along > in_place + 0.3


def alike(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_still_things_hold_it_and_new_ones_don_t(model: DreamMirror, photo: Pixels) -> None:
    play, seen = Play(model, release=0.2, linger=20.0), cut(photo)
    grown = off(play.pictures(seen, 25), seen)
    assert off(play.pictures(seen, 25, step=0.0), seen) > 0.5 * grown, "a second later it is still there"
    other = np.ascontiguousarray(255 - seen[::-1])
    play.picture(other)
    assert off(play.pictures(other, 25), other) < 0.25 * grown, "another scene"


def test_what_moves_fast_is_live(model: DreamMirror, photo: Pixels) -> None:
    """The same few pixels each picture: slow for one setting of ``fast``, far too fast for another."""
    left = {}
    for fast in (4.0, 0.2):
        model.begin_again()
        play = Play(model, fast=fast, release=0.1)
        play.pictures(cut(photo), 15)
        for right in range(3, 24, 3):
            shown = play.picture(cut(photo, right), step=0.0)
        left[fast] = off(shown[:, :96], cut(photo, right)[:, :96])
    assert left[0.2] < 0.35 * left[4.0]


@pytest.mark.parametrize("values", [{"mask": "dark", "mask_level": 0.0, "mask_soft": 0.0}, {"step": 0.0}])
def test_a_mask_of_nothing_and_a_step_of_nothing_are_the_camera(
    model: DreamMirror, photo: Pixels, values: dict[str, Value]
) -> None:
    seen = np.maximum(cut(photo), 16)
    np.testing.assert_array_equal(Play(model, **values).pictures(seen, 3), seen)


def test_outside_of_the_mask_the_live_picture_comes_back(model: DreamMirror) -> None:
    seen = np.full((SIZE.height, SIZE.width, 3), 60, np.uint8)
    seen[:, 64:] = 200
    seen[::8] += 20
    play = Play(model, release=0.1)
    grown = play.pictures(seen, 15)
    masked = play.pictures(seen, 15, mask="dark")
    assert off(masked[:, :48], seen[:, :48]) > off(grown[:, :48], seen[:, :48])
    assert off(masked[:, 80:], seen[:, 80:]) < 0.1 * off(grown[:, 80:], seen[:, 80:])


def test_what_is_no_picture_is_forgotten(model: DreamMirror, photo: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    play, seen = Play(model), cut(photo)
    first = off(play.picture(seen), seen)
    play.pictures(seen, 10)
    dream = model.prepare(SIZE, model.variant(play.values))
    with monkeypatch.context() as patch:
        patch.setattr(Ascent, "run", lambda *given: math.nan)
        assert not math.isfinite(dream.run(seen, seen.copy(), play.values, play.now))
    assert off(play.picture(seen), seen) == pytest.approx(first, rel=0.5), "it begins with the live picture"


def test_a_still_picture_is_developed(model: DreamMirror, photo: Pixels) -> None:
    values = Play(model).values
    shown = [picture.copy() for picture in model.develop(cut(photo), values, 10)]
    np.testing.assert_array_equal(shown[0], cut(photo))
    far = [off(picture, cut(photo)) for picture in shown]
    assert far[0] < far[1] < far[5] < far[10]


def test_what_is_left_is_a_matter_of_seconds() -> None:
    values: dict[str, Value] = {"release": 0.2, "linger": 4.0, "limit": 1.0}
    faint, held = np.full((1, 2, 3), 1e-4, np.float32), np.array([[0.0, 1.0]], np.float32)
    once = kept(faint, held, values, 0.1)
    np.testing.assert_allclose(once, [[math.exp(-0.5), math.exp(-0.025)]], rtol=1e-4)
    np.testing.assert_allclose(kept(faint, held, values, 0.05) ** 2, once, rtol=1e-4)
    strong = kept(np.full((1, 2, 3), 1.0, np.float32), held, values, 0.1)
    np.testing.assert_allclose(strong, once / math.sqrt(2.0), rtol=1e-4)
