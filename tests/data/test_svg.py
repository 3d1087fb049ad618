"""Drawings in SVG as pictures of a data set."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.drawn import saved, silent
from vj.base.errors import BadInput, NotInstalled
from vj.data.builder import DataPlan
from vj.data.gathering import make_from, make_two
from vj.data.pictures import read_picture

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
FLAG = f'{HEAD} viewBox="0 0 20 10"><rect width="10" height="10" fill="#f00"/></svg>'


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """Red at the left, transparent at the right, twice as wide as high."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "flag.SVG"
    path.write_text(FLAG)
    return path


def test_a_drawing_is_upright_over_white_with_its_own_shape(flag: Path) -> None:
    picture = read_picture(flag, 36)
    assert picture.shape == (36, 72, 3)
    assert (picture[18, 10] == (255, 0, 0)).all()
    assert (picture[18, 60] == 255).all()
    flag.write_text(FLAG.replace('"0 0 20 10"', '"0 0 10 20"'))
    assert read_picture(flag, 36).shape == (72, 36, 3)


def test_drawings_beside_pictures_and_on_both_sides(flag: Path, tmp_path: Path) -> None:
    saved(flag.parent, ["one.png", "two.png"])
    (flag.parent / "broken.svg").write_text("<svg")
    made = make_from(flag.parent, tmp_path / "data", DataPlan(side=32, test=0), silent)
    assert made.description.train["a"] == 3
    assert "1 that can't be read (broken.svg can't be read as SVG" in made.lines()[1]
    made = make_two(flag.parent, flag.parent, tmp_path / "two", DataPlan(side=32, test=0), silent)
    assert made.description.train == {"a": 3, "b": 3}


ENTITIES = """<!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg"> <!ENTITY x "{}">]>
<svg xmlns="&ns;" viewBox="0 0 10 10">&x;</svg>"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff\xfe", "'utf-8' codec"),
        (b"", "can't be rendered"),
        (b"<svg", "can't be rendered"),
        (f'{HEAD} viewBox="0 0 4000 1"/>'.encode(), "it is more than 32 times as long as wide"),
        (f'{HEAD} viewBox="0 0 1 400000000"/>'.encode(), "it is more than 32 times as long as wide"),
        (ENTITIES.format("<image h&#114;ef='one.png'/>").encode(), "it has entities that are more than plain text"),
    ],
)
def test_what_can_not_be_drawn_is_named(text: bytes, said: str, flag: Path) -> None:
    flag.write_bytes(text)
    with pytest.raises(BadInput, match=rf"flag\.SVG can't be read as SVG: {said}"):
        read_picture(flag, 36)


def test_names_for_plain_text_are_read(flag: Path) -> None:
    flag.write_text(ENTITIES.format("some text"))
    assert read_picture(flag, 36).min() == 255


def test_files_that_a_drawing_names_are_not_read(flag: Path) -> None:
    """A drawing that someone sent shows nothing of this machine."""
    inside = flag.parent / "inside.png"
    Image.fromarray(np.zeros((10, 10, 3), np.uint8)).save(inside)
    for named in (str(inside), inside.as_uri(), "inside.png"):
        flag.write_text(f'{HEAD} viewBox="0 0 10 10"><image width="10" height="10" xlink:href="{named}"/></svg>')
        assert read_picture(flag, 36).min() == 255, named


def test_without_the_library(flag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(NotInstalled, match=r"resvg_py, which renders SVG, is not here; fix: .*resvg_py"):
        make_from(flag.parent, tmp_path / "data", DataPlan(side=32), silent)
    assert not (tmp_path / "data").exists()
