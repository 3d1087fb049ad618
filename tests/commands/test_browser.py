"""The layer browser: what a classifier's layers are called, and the sheets of what they and their units dream."""

from pathlib import Path

import pytest
from PIL import Image

from tests.quiet import quiet
from tests.running import vj, vj_fails
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.commands import browser
from vj.model.dreams.dream_zoom import DreamZoom
from vj.model.dreams.visualise import Visualise


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets of small pictures, a step or two each."""
    for family in (DreamZoom, Visualise):
        monkeypatch.setattr(family, "still_steps", 2)
    monkeypatch.setattr(browser, "_LAYER_CELL", Size(64, 64))
    monkeypatch.setattr(browser, "_UNIT_CELL", Size(64, 64))
    monkeypatch.setattr(browser, "_BOX", Size(96, 64))


def test_layers_are_listed_with_words_and_measures() -> None:
    said = vj("models", "layers").splitlines()
    assert said[0].split() == ["word", "layer", "channels", "pixels", "to", "one"]
    assert ["patterns", "_blocks.8", "112", "16"] in [line.split() for line in said]
    assert said[-1].split() == ["classes", "_fc", "1000"]


def test_a_sheet_of_units(tmp_path: Path) -> None:
    browser.write_units("dream-zoom", "edges", tmp_path / "units.png", (0, 5, 9), quiet)
    with Image.open(tmp_path / "units.png") as sheet:
        assert sheet.width > 3 * 64
        assert sheet.convert("L").crop((6, 6, 70, 70)).getextrema() != (128, 128)
    with pytest.raises(BadInput, match=r"edges has the units 0\.\.23, not 24"):
        browser.write_units("dream-zoom", "edges", tmp_path / "units.png", (24,), quiet)


def test_a_sheet_of_layers(tmp_path: Path) -> None:
    browser.write_layers("dream-zoom", tmp_path / "layers.png", quiet, ["_blocks.0", "_blocks.2"])
    with Image.open(tmp_path / "layers.png") as sheet:
        cells = [sheet.crop((6 + place * 70, 6, 70 + place * 70, 70)).tobytes() for place in range(3)]
    assert len(set(cells)) == 3, "the source and two dreams"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("style26",), "style26 is no classifier; choices: dream-zoom"),
        (("dream-zoom", "--units", "edges"), "say where to with --sheet"),
        (("dream-zoom", "--sheet", "nowhere/x.png"), "no folder 'nowhere'"),
    ],
)
def test_what_can_not_be_browsed_is_refused(arguments: tuple[str, ...], said: str) -> None:
    assert said in vj_fails("models", "layers", *arguments)
