"""`vj shaders gallery`: the sheet has every shader, and is the same each time."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.quiet import quiet
from tests.running import vj_fails
from vj.base import paths
from vj.base.errors import BadInput
from vj.commands import gallery
from vj.commands.gallery import write_gallery


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One shader of each kind; the filter remembers."""
    names = ("trails", "plasma", "iris")
    monkeypatch.setattr(gallery.library, "shaders", lambda: {name: paths.SHADERS / f"{name}.fs" for name in names})


def cells(file: Path) -> list[np.ndarray]:
    """The pictures on a sheet, without their labels; a cell that is dark and even is none."""
    with Image.open(file) as image:
        sheet = np.asarray(image.convert("RGB")).astype(int)
    cell = gallery._CELL
    places = [
        (y, x) for y in range(6, sheet.shape[0], cell.height + 24) for x in range(6, sheet.shape[1], cell.width + 6)
    ]
    found = [sheet[y : y + cell.height, x : x + cell.width] for y, x in places]
    return [one for one in found if one.std() > 10]


@pytest.mark.usefixtures("few")
def test_a_sheet_has_the_picture_and_what_each_shader_makes_of_it(tmp_path: Path) -> None:
    assert write_gallery(tmp_path / "sheet.png", quiet) == []
    shown = cells(tmp_path / "sheet.png")
    assert len(shown) == 4
    for place, one in enumerate(shown):
        assert all(np.abs(one - other).mean() > 5 for other in shown[:place])
    assert write_gallery(tmp_path / "again.png", quiet) == []
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "sheet.png").read_bytes()


@pytest.mark.usefixtures("few")
def test_the_picture_stands_upright(tmp_path: Path) -> None:
    """What the filter makes of it is not the picture upside down."""
    write_gallery(tmp_path / "sheet.png", quiet)
    picture, trails = cells(tmp_path / "sheet.png")[:2]
    assert np.abs(trails - picture).mean() < 0.8 * np.abs(trails - picture[::-1]).mean()


def test_shaders_that_fail_are_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.fs").write_text(
        '/*{"ISFVSN": "2"}*/ void main() { gl_FragColor = nothing_at_all; }', encoding="utf-8"
    )
    (tmp_path / "page.fs").write_text("<html>no shader</html>", encoding="utf-8")
    found = {name: tmp_path / f"{name}.fs" for name in ("broken", "page")} | {"plasma": paths.SHADERS / "plasma.fs"}
    monkeypatch.setattr(gallery.library, "shaders", lambda: found)
    told = write_gallery(tmp_path / "sheet.png", quiet)
    assert sorted(line.split(":")[0] for line in told) == ["broken", "page"]
    assert len(cells(tmp_path / "sheet.png")) == 2


@pytest.mark.usefixtures("few")
def test_a_sheet_that_can_not_be_written_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"can't write .*sheet\.xyz"):
        write_gallery(tmp_path / "sheet.xyz", quiet)
    assert "/no/where" in vj_fails("shaders", "gallery", "/no/where/out.jpg")
