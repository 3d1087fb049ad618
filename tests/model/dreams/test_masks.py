"""Masks: by the light, by what moves, and by the person, who is looked for aside."""

import threading
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from skimage import data

from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.model.dreams.dream_params import MASK
from vj.model.dreams.masks import Masks, Segmenter
from vj.model.runtime.compiled_network import Floats
from vj.params.param import Value

SIZE = Size(128, 64)
SOON = 5.0
"""Seconds that a thread is waited for."""
Find = Callable[[Pixels], Floats]


def values(kind: str, **others: Value) -> dict[str, Value]:
    return {param.name: param.default for param in MASK} | {"mask": kind} | others


def grey(*levels: int) -> Pixels:
    """Bars of these grey levels, 200 x 100."""
    row = np.array(levels, np.uint8).repeat(200 // len(levels))
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (100, len(row), 3)))


def at(masks: Masks, seen: Pixels, now: float = 0.0, **wanted: Value) -> Floats:
    kind = str(wanted.pop("kind"))
    found = masks.at(seen, SIZE, values(kind, **wanted), now)
    assert found is not None
    assert found.shape == (SIZE.height, SIZE.width)
    assert found.dtype == np.float32
    assert 0.0 <= found.min() <= found.max() <= 1.0
    return found.copy()


def halves(mask: Floats) -> tuple[float, float]:
    """The means of the left and of the right, away from the middle and the borders."""
    return float(mask[8:-8, 8:56].mean()), float(mask[8:-8, 72:-8].mean())


def test_without_one_there_is_none() -> None:
    assert Masks().at(grey(0, 255), SIZE, values("none"), 0.0) is None


@pytest.mark.parametrize(("kind", "invert", "expected"), [
    ("dark", False, (1, 0)), ("bright", False, (0, 1)), ("dark", True, (0, 1)), ("bright", True, (1, 0)),
])  # fmt: skip
def test_light_and_dark(kind: str, invert: bool, expected: tuple[float, float]) -> None:
    mask = at(Masks(), grey(60, 200), kind=kind, mask_invert=invert)
    assert halves(mask) == pytest.approx(expected, abs=0.01)


def test_level_and_softness() -> None:
    steps = grey(102, 153)  # 0.4 and 0.6
    assert halves(at(Masks(), steps, kind="bright", mask_level=0.5, mask_soft=0.0)) == (0.0, 1.0)
    dark, light = halves(at(Masks(), steps, kind="bright", mask_level=0.5, mask_soft=0.8))
    assert 0.05 < dark < 0.45 < 0.55 < light < 0.95
    assert halves(at(Masks(), steps, kind="bright", mask_level=0.3, mask_soft=0.1)) == (1.0, 1.0)


def test_what_moves_is_seen_and_then_forgotten() -> None:
    masks, still = Masks(), grey(100, 100)
    assert not at(masks, still, 0.0, kind="moving").any()
    moved = still.copy()
    moved[30:70, 20:60] = 220
    mask = at(masks, moved, 0.04, kind="moving")
    assert mask[24:40, 18:34].min() > 0.9, "where something came in"
    assert mask[:, 64:].max() < 0.1
    for picture in range(2, 200):
        mask = at(masks, moved, picture * 0.04, kind="moving")
    assert mask.max() < 0.05, "it has become background"


def test_the_camera_s_noise_does_not_move() -> None:
    masks, noise = Masks(), np.random.default_rng(0)
    for picture in range(20):
        seen = (grey(100, 180) + noise.normal(0, 5, (100, 200, 3))).clip(0, 255).astype(np.uint8)
        mask = at(masks, seen, picture * 0.04, kind="moving")
    assert mask.mean() < 0.02


def person(on_the_left: float) -> Find:
    """Somebody on the left, as sure as that."""

    def find(picture: Pixels) -> Floats:
        found = np.zeros(picture.shape[:2], np.float32)
        found[:, : found.shape[1] // 2] = on_the_left
        return found

    return find


def test_the_first_picture_waits_for_its_person() -> None:
    masks = Masks(person(1.0))
    assert halves(at(masks, grey(9), kind="person")) == (1.0, 0.0)
    assert masks.notice == ""
    assert halves(at(masks, grey(9), 0.04, kind="person", mask_invert=True)) == (0.0, 1.0)


def test_nobody_is_a_mask_of_nothing_and_said() -> None:
    masks = Masks(person(0.0))
    assert not at(masks, grey(9), kind="person").any()
    assert masks.notice == "no person seen"
    masks.at(grey(9), SIZE, values("dark"), 0.04)
    assert masks.notice == "", "it isn't asked for"


def test_who_leaves_fades() -> None:
    left = threading.Event()
    looked = threading.Event()

    def find(picture: Pixels) -> Floats:
        if left.is_set():
            looked.set()
        return person(0.0 if left.is_set() else 1.0)(picture)

    masks = Masks(find)
    at(masks, grey(9), kind="person")
    left.set()
    at(masks, grey(9), 1.0, kind="person")
    assert looked.wait(SOON)
    masks._person._aside.settle(SOON)
    fading = [halves(at(masks, grey(9), 1.0 + seconds, kind="person"))[0] for seconds in (0.04, 0.08, 0.12, 0.5, 1.0)]
    assert fading == sorted(fading, reverse=True)
    assert 0.5 < fading[0] < 0.95
    assert fading[-1] < 0.01
    assert masks.notice == "no person seen"


def test_whoever_looks_slowly_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vj.model.dreams.masks._PATIENCE", 0.1)
    done = threading.Event()

    def find(picture: Pixels) -> Floats:
        done.wait(SOON)
        return person(1.0)(picture)

    masks = Masks(find)
    assert not at(masks, grey(9), kind="person").any(), "not known yet"
    done.set()
    masks._person._aside.settle(SOON)
    assert halves(at(masks, grey(9), 1.0, kind="person"))[0] > 0.99


def test_a_failure_is_said_and_tried_again_later() -> None:
    tries: list[float] = []

    def find(picture: Pixels) -> Floats:
        tries.append(1.0)
        if len(tries) == 1:
            raise Unavailable("there is no network")
        return person(1.0)(picture)

    masks = Masks(find)
    for picture in range(50):
        assert not at(masks, grey(9), picture * 0.04, kind="person").any()
    assert masks.notice == "there is no network"
    assert len(tries) == 1, "a try may take long"
    at(masks, grey(9), 30.0, kind="person")
    masks._person._aside.settle(SOON)
    assert halves(at(masks, grey(9), 31.0, kind="person"))[0] > 0.99
    assert masks.notice == ""


def test_the_network_sees_a_person() -> None:
    """A portrait: the face and the chest, and neither the flag nor the rocket behind."""
    portrait = cv2.resize(data.astronaut()[:288], (256, 144), interpolation=cv2.INTER_AREA)
    mask = Segmenter()(portrait)
    assert mask[35:90, 105:122].mean() > 0.95
    assert mask[:60, :50].mean() < 0.1
    assert mask[:90, 170:].mean() < 0.1
