"""The project's shaders draw what they should: `tests/effect/reference.py` says how their pictures are made anew."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.effect.reference import OURS, REFERENCES, Setting, difference, load, other, scene
from vj.base.frame import Pixels
from vj.effect.isf import END, PICTURE, START, read
from vj.gl.context import headless, is_software

NAMES = [path.stem for path in OURS]
SHADERS = {path.stem: read(path) for path in OURS}


@pytest.fixture(scope="module")
def setting() -> Iterator[Setting]:
    """One context for all, as making one for each shader would take longer than drawing."""
    made = Setting(headless())
    yield made
    made.canvas.ctx.release()


@pytest.mark.parametrize("name", NAMES)
def test_a_shader_draws_its_reference_picture(setting: Setting, name: str, tmp_path: Path) -> None:
    """And a filter draws nothing where nothing is, a transition begins and ends with the pictures themselves, and what
    moves doesn't jump when its speed is turned.

    All in one test, as compiling takes longer than the rest of it."""
    assert (REFERENCES / f"{name}.png").is_file(), f"no reference: python -m tests.effect.reference {name}"
    drawn = setting.examine(SHADERS[name])
    assert drawn.strip.std() > 5
    assert all(picture.max() <= 1 for picture in drawn.of_nothing)
    for picture, wanted in zip(drawn.ends, (scene(0), other()), strict=False):
        assert np.abs(picture[..., :3].astype(np.int16) - wanted).max() <= 2
    assert len({picture.tobytes() for picture in drawn.faster}) <= 1
    if is_software(setting.canvas.ctx):
        told = difference(drawn.strip, wanted := load(name))
        assert not told, f"{name}: {told}: {kept(drawn.strip, wanted, tmp_path / f'{name}.png')}"


def kept(drawn: Pixels, wanted: Pixels, file: Path) -> Path:
    """Writes what was drawn, what was wanted, and four times what they differ by, one above the other."""
    shape = np.minimum(drawn.shape, wanted.shape)
    drawn, wanted = (one[: shape[0], : shape[1]] for one in (drawn, wanted))
    apart = np.clip(np.abs(drawn.astype(np.int16) - wanted) * 4, 0, 255).astype(np.uint8)
    Image.fromarray(np.vstack([drawn, wanted, apart])).save(file)
    return file


def test_there_is_no_reference_without_a_shader() -> None:
    assert {path.stem for path in REFERENCES.glob("*.png")} <= set(NAMES)


def test_there_are_enough_of_every_kind() -> None:
    kinds = [isf.kind for isf in SHADERS.values()]
    assert all(kinds.count(kind) >= least for kind, least in (("filter", 30), ("generator", 6), ("transition", 6)))


def damaged(picture: Pixels, how: str) -> Pixels:
    if how == "darker":
        return (picture * 0.94).astype(np.uint8)
    if how == "moved":
        return np.roll(picture, 2, 1)
    return np.ascontiguousarray(picture[::-1] if how == "upside down" else picture[..., ::-1])


@pytest.mark.parametrize("how", ["darker", "moved", "upside down", "red and blue swapped"])
@pytest.mark.parametrize("name", ["mirror", "trails", "posterise"])
def test_a_picture_that_is_wrong_differs(name: str, how: str, tmp_path: Path) -> None:
    wanted = load(name)
    assert not difference(wanted, wanted)
    assert difference(damaged(wanted, how), wanted)
    assert kept(damaged(wanted, how), wanted, tmp_path / "difference.png").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_a_shader_says_what_it_is(name: str) -> None:
    isf = SHADERS[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert isf.credit == "vj"
    assert isf.categories
    assert len(isf.description) > 20
    assert isf.description.endswith(".")
    for one in isf.inputs:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", one.name) or one.name in (PICTURE, START, END)
        assert one.label
        if one.type == "float":
            assert one.low[0] <= one.default[0] <= one.high[0]


@pytest.mark.parametrize("name", NAMES)
def test_what_moves_adds_up_its_phase(name: str) -> None:
    """With the time times the speed instead, a touch of the speed would throw the picture about after an hour."""
    text = OURS[NAMES.index(name)].read_text(encoding="utf-8")
    assert not re.search(r"TIME \* (?:speed|turn|slide)|(?:speed|turn|slide) \* TIME\b", text)
