"""`vj data openmoji`: npm's archive is read, what no drawing tells is left out, and without npm the archive is asked
for."""

import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.data.drawn import silent
from vj.base.errors import BadInput, NotInstalled, Unavailable
from vj.data import openmoji
from vj.data.builder import DataPlan
from vj.data.openmoji import fetch_archive, make_openmoji
from vj.data.png import read_png
from vj.model.files.manifest import Manifest

PLAN = DataPlan(side=32, test=0.0)
SVG = '<svg viewBox="0 0 72 72" xmlns="http://www.w3.org/2000/svg">{}</svg>'
SHAPES = {
    "1F600": '<circle cx="36" cy="36" r="23" fill="{}" stroke="#000" stroke-width="2"/>',
    "1F34E": '<rect x="12" y="20" width="48" height="30" fill="{}" stroke="#000" stroke-width="2"/>',
    "1F3F4": '<rect x="5" y="17" width="62" height="38" fill="{}" stroke="#000" stroke-width="2"/>',
    "1F44B-1F3FB": '<circle cx="20" cy="20" r="10" fill="{}" stroke="#000" stroke-width="2"/>',
    "2B1B": '<rect x="12" y="12" width="40" height="40"/>',
    "BAD": "<broken",
}


def entry(name: str) -> dict[str, str]:
    group = "flags" if name == "1F3F4" else "objects"
    skin = "1" if "-" in name else ""
    return {"hexcode": name, "group": group, "subgroups": group, "annotation": name.lower(), "skintone": skin}


def packed(path: Path, svg: str = SVG) -> Path:
    """An archive as npm's, with a few drawings."""
    files = {
        "data/openmoji.json": json.dumps([entry(name) for name in SHAPES]),
        "LICENSE.txt": "Attribution-ShareAlike",
    }
    for name, shape in SHAPES.items():
        files[f"black/svg/{name}.svg"] = svg.format(shape.format("none"))
        files[f"color/svg/{name}.svg"] = svg.format(shape.format("#ea5a47"))
    with tarfile.open(path, "w:gz") as made:
        for member, text in {**files, "../black/svg/1F600.svg": "outside"}.items():
            info = tarfile.TarInfo(f"package/{member}")
            info.size = len(text.encode())
            made.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return packed(tmp_path / "openmoji.tgz")


def test_drawings_and_their_colours(archive: Path, tmp_path: Path) -> None:
    made = make_openmoji(tmp_path / "data", PLAN, silent, archive)
    folder = tmp_path / "data" / "train"
    assert sorted(path.stem for path in (folder / "a").iterdir()) == ["1F34E", "1F600"]
    assert made.description.left_out == {"broken": 1, "alike": 1}
    assert made.description.licence == "CC BY-SA 4.0"
    assert Manifest.model_validate({"condition": made.description.condition, "set": made.description.set}).values
    assert "openmoji.org" in made.description.credit
    assert (tmp_path / "data" / "LICENSE.txt").read_text() == "Attribution-ShareAlike"
    line, colour = (read_png(folder / letter / "1F600.png") for letter in "ab")
    assert line.shape == colour.shape == (36, 36, 3)
    assert np.abs(colour[18, 18].astype(int) - (0xEA, 0x5A, 0x47)).max() <= 2
    assert line[18, 18].min() == 255
    assert line.min() < 80
    assert line[:3].min() == colour[:3].min() == 255


def test_drawings_that_are_not_square_are_in_the_middle(tmp_path: Path) -> None:
    """Another version may have some."""
    wide = packed(tmp_path / "openmoji.tgz", SVG.replace("0 0 72 72", "0 0 72 36"))
    make_openmoji(tmp_path / "data", PLAN, silent, wide)
    colour = read_png(tmp_path / "data" / "train" / "b" / "1F600.png")
    assert colour.shape == (36, 36, 3)
    assert colour[:9].min() == colour[-9:].min() == 255
    assert colour[20, 18, 1] < 128


def test_variants_of_people_are_on_one_side() -> None:
    told = [
        openmoji._family({"subgroups": "person-sport", "annotation": annotation})
        for annotation in ("man juggling", "woman juggling", "person juggling", "man: red hair", "woman: bald")
    ]
    assert len(set(told)) == 2


def test_without_npm_the_archive_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmoji, "cache", lambda name: tmp_path)
    monkeypatch.setattr(openmoji.shutil, "which", lambda name: None)
    with pytest.raises(
        Unavailable, match=r"no npm here; fetch it .*npm pack openmoji@17.0.0.*--archive openmoji-17.0.0.tgz"
    ):
        fetch_archive(silent)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'npm error network down' >&2; exit 1", "npm can't fetch OpenMoji: npm error network down; fetch it"),
        ("for last; do :; done; echo x > $last/openmoji-17.0.0.tgz", "npm gave another openmoji-17.0.0.tgz"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for npm")
def test_what_npm_fails_at(script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    monkeypatch.setattr(openmoji, "cache", lambda name: tmp_path)
    monkeypatch.setattr(openmoji.shutil, "which", lambda name: str(npm))
    with pytest.raises(Unavailable, match=said):
        fetch_archive(silent)
    assert [path.name for path in tmp_path.iterdir()] == ["npm"]


def test_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(b"no archive")
    with pytest.raises(BadInput, match=r"x.tgz can't be read as npm's archive openmoji-17.0.0.tgz"):
        make_openmoji(tmp_path / "data", PLAN, silent, tmp_path / "x.tgz")
    with tarfile.open(tmp_path / "y.tgz", "w:gz"):
        pass
    with pytest.raises(BadInput, match=r"y.tgz isn't npm's archive .*data/openmoji.json"):
        make_openmoji(tmp_path / "data", PLAN, silent, tmp_path / "y.tgz")
    assert not (tmp_path / "data").exists()


def test_without_the_library_that_renders(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(NotInstalled, match=r"resvg_py, which renders SVG, is not here; fix: .*resvg_py"):
        make_openmoji(tmp_path / "data", PLAN, silent, archive)
