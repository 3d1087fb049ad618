"""Every command and every preset of the README and the manual's pages does what it says: each is run.

Shows play a few frames without a window, and models that take hundreds of steps take two. Left out: `oscsend`, which is
somebody else's, and the page of commands, which shows what can be given and nothing that could be run.
"""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from tests.commands.test_selftest_sheet import cells
from tests.data.drawn import saved
from tests.films import coloured
from tests.folders import ROOT
from tests.model import authors
from tests.running import vj
from vj import __version__
from vj.base.frame import Size
from vj.base.paths import PRESETS
from vj.cli import app
from vj.model import FAMILIES
from vj.model.files import library, weights
from vj.preset import preset as presets
from vj.preset.preset import load

PAGES = [ROOT / "README.md", *(path for path in sorted(ROOT.glob("vj/docs/*.md")) if path.stem != "commands")]
SHORT = ("--headless", "--frames", "5", "--osc-port", "0", "--query-port", "-1")
ALONE = '[[layer]]\nsource = "pattern"\nmodel = "style26"\n'
"""What a part of a preset is a part of."""


def commands() -> Iterator[str]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        yield from (line.partition("  # ")[0].strip() for line in text.splitlines() if line.startswith("    vj "))


def tables() -> Iterator[str]:
    for page in PAGES:
        yield from re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


COMMANDS = list(dict.fromkeys(commands()))
TABLES = list(tables())


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the files that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    for name in ("latest_net_G.pth", "my_pix2pix.pth"):
        torch.save(authors.seeded(authors.Unet(5, 2, "batch")).state_dict(), name)
    shutil.copy(weights.fetch("efficientnet-lite0.pth", lambda *_: None), "my_resnet50.pth")
    for name in ("photo.jpg", "painting.jpg"):
        shutil.copy(PRESETS / "paintings" / "woodcut_wave.jpg", name)
    Image.new("RGB", (256, 256), (200, 120, 40)).save("in.png")
    coloured(Path("clip.mp4"), "red")
    for number, folder in enumerate(("drawings/a", "drawings/b", "horses", "zebras")):
        saved(Path(folder), [f"{place}.png" for place in range(4)], 10 * number)
    Path("mine.fs").write_text("/*{}*/ void main() { gl_FragColor = vec4(1.0); }", encoding="utf-8")


def test_there_are_some() -> None:
    assert len(COMMANDS) >= 15
    assert len(TABLES) >= 5


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("vj run")])
def test_a_show(line: str) -> None:
    vj(*shlex.split(line)[1:], *SHORT, "--source", "pattern", "--size", "160x90")


@pytest.mark.parametrize("line", [line for line in COMMANDS if not line.startswith("vj run")])
def test_a_command(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in library.catalogue().values():
        if FAMILIES[entry.family].still_steps > 1:
            monkeypatch.setattr(FAMILIES[entry.family], "still_steps", 2)
    monkeypatch.setattr("vj.commands.browser._BOX", Size(64, 48))
    monkeypatch.setattr("vj.commands.browser._UNIT_CELL", Size(64, 64))
    if "sheet models" in line:  # the sheet of all is in tests/commands/test_every_model.py
        some = {name: entry for name, entry in library.catalogue().items() if name in ("identity", "style26")}
        monkeypatch.setattr(library, "catalogue", lambda: some)
    asked = shlex.split(re.sub(r"--at [\d,]+", "--at 1,2", line))[1:]
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    for name in asked:
        if name.endswith((".jpg", ".tosc", ".npy")) and name not in (
            "photo.jpg",
            "painting.jpg",
            "still=swirling_night.jpg",
        ):
            assert Path(name).stat().st_size > 0


@pytest.mark.parametrize("table", [table for table in TABLES if "[[layer]]" in table])
def test_a_preset(table: str) -> None:
    Path("mine.toml").write_text(table, encoding="utf-8")
    vj("run", "mine.toml", *SHORT, "--size", "160x90")


@pytest.mark.parametrize("table", [table for table in TABLES if "[[layer]]" not in table])
def test_a_part_of_a_preset_or_a_manifest(table: str) -> None:
    if "condition =" in table:
        Path("my_pix2pix.toml").write_text(table, encoding="utf-8")
        said = CliRunner().invoke(app, ["models", "inspect", "my_pix2pix.pth"], catch_exceptions=False).output
        assert "Handbags from edges" in said
        return
    Path("mine.toml").write_text(ALONE + table, encoding="utf-8")
    assert load("mine.toml").layers


def test_every_page_and_picture_that_is_named_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), (page, target)


def test_the_manual_is_shown_offline() -> None:
    listed = CliRunner().invoke(app, ["help"], catch_exceptions=False).output
    for page in ("house", "controls", "models", "presets", "sources", "commands", "effects", "speed"):
        assert f"vj help {page}" in listed
        assert len(CliRunner().invoke(app, ["help", page], catch_exceptions=False).output) > 500
    refused = CliRunner().invoke(app, ["help", "nope"]).exception
    assert "choices: clips, commands, controls, effects, house" in str(refused)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--version"], f"vj {__version__}"),
        (["-h"], "a live video instrument"),
        (["--help"], "a live video instrument"),
        (["run", "-h"], "--record-hud"),
        (["presets"], "cathedral"),
    ],
)
def test_what_is_asked_first(asked: list[str], said: str) -> None:
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert said in " ".join(done.output.split())


def test_a_sheet_of_the_presets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two of them: each is played, which takes its time."""
    monkeypatch.setattr(presets, "available", lambda: {name: PRESETS / f"{name}.toml" for name in ("ink", "fauve")})
    asked = ["presets", "--sheet", "presets.jpg", "--seconds", "1"]
    assert CliRunner().invoke(app, asked, catch_exceptions=False).exit_code == 0
    assert cells(Path("presets.jpg"), Size(256, 144)) == 6
    assert "exists already" in str(CliRunner().invoke(app, asked).exception)
