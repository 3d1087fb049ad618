"""Pictures that shaders bring with them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vj.base.errors import BadInput
from vj.effect.imported import load, missing
from vj.effect.isf import IsfImage, read


def test_a_picture_is_turned_over_and_keeps_its_alpha(tmp_path: Path) -> None:
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[0, :] = (10, 20, 30, 40)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (found,) = load(IsfImage("a", (tmp_path / "a.png",))).sides
    assert found.shape == (2, 3, 4)
    assert found[1, 0].tolist() == [10, 20, 30, 40]


def test_a_cubes_sides_become_squares_of_one_size(tmp_path: Path) -> None:
    for side, size in enumerate(((8, 6), (4, 4), (20, 3), (6, 6), (7, 9), (1, 1))):
        Image.new("RGB", size, (side, 0, 0)).save(tmp_path / f"{side}.png")
    found = load(IsfImage("a", tuple(tmp_path / f"{side}.png" for side in range(6)))).sides
    assert [one.shape for one in found] == [(6, 6, 4)] * 6
    assert [int(one[0, 0, 0]) for one in found] == list(range(6))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    for name, content in (
        ("text.png", b"no picture"),
        ("script.png", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
        ("empty.png", b""),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=f"{name} can't be read as a picture"):
            load(IsfImage("a", (tmp_path / name,)))


def test_a_picture_that_is_not_there_is_transparent(tmp_path: Path) -> None:
    gone, there = tmp_path / "gone.png", tmp_path / "there.png"
    Image.new("RGB", (4, 4)).save(there)
    assert [side.tolist() for side in load(IsfImage("a", (gone,))).sides] == [[[[0, 0, 0, 0]]]]
    assert [side.shape for side in load(IsfImage("a", (there,) * 5 + (gone,))).sides] == [(1, 1, 4)] * 6
    path = tmp_path / "made.fs"
    path.write_text('/*{"IMPORTED": {"a": {"PATH": "gone.png"}, "b": {"PATH": "there.png"}}}*/\nvoid main() {}')
    assert missing(read(path, tmp_path)) == "gone.png isn't there: transparent in its place"
    Image.new("RGB", (4, 4)).save(gone)
    assert missing(read(path, tmp_path)) == ""


def test_a_large_picture_is_made_small_enough_to_come_within_a_frame(tmp_path: Path) -> None:
    Image.new("RGB", (6000, 30)).save(tmp_path / "a.png")
    (found,) = load(IsfImage("a", (tmp_path / "a.png",))).sides
    assert found.shape == (10, 2048, 4)
