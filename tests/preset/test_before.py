"""Presets of an earlier version open unchanged, and give the picture that they gave then.

``before/NAME.toml`` is a preset as it was, ``before/NAME.png`` its picture: the third of a show on the bundled clip,
made by plain torch. ``python -m tests.preset.test_before`` makes missing pictures.
"""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import CLIP
from vj.base.convert import resize
from vj.base.frame import Pixels, Size
from vj.base.paths import PRESETS
from vj.params.store import Store
from vj.preset import file as preset_file
from vj.preset.model_settings import start_values
from vj.preset.preset import Preset, checked
from vj.render.render import render

BEFORE = Path(__file__).parent / "before"
NAMES = sorted(path.stem for path in BEFORE.glob("*.toml"))
SIZE, FPS, FRAMES = Size(160, 90), 10.0, 3
CLOSE = 4.0
"""The largest mean difference (of 255) that is the same picture: what other processors round otherwise."""


def opened(name: str) -> Preset:
    """The preset as it was, as if it lay where it lay then."""
    return checked(PRESETS / f"{name}.toml", preset_file.parse(PRESETS / f"{name}.toml", _text(name)))


def _text(name: str) -> str:
    return (BEFORE / f"{name}.toml").read_text(encoding="utf-8")


def picture(name: str, folder: Path) -> Pixels:
    preset = opened(name).with_first_layer(f"movie:{CLIP}", ())
    table = preset.table()
    start = Store(table, {**start_values(preset.layers, table), **preset.values}).values
    header = {**preset.described(), "values": dict(start), "size": str(SIZE), "model_size": str(SIZE), "fps": FPS}
    recording = folder / "show.jsonl"
    recording.write_text(json.dumps({"vj": "control", "version": 1, **header}) + "\n")
    render(recording, folder / name, preset=preset, seconds=FRAMES / FPS, runtime="torch")
    last = sorted((folder / name).iterdir())[-1]
    return np.asarray(Image.open(last).convert("RGB"))


def test_there_are_thirteen() -> None:
    assert len(NAMES) == 13
    assert set(NAMES) == {path.stem for path in BEFORE.glob("*.png")}


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_unchanged(name: str) -> None:
    preset, written = opened(name), tomllib.loads(_text(name))
    assert len(preset.layers) == len(written["layer"])
    assert written.get("set", {}).keys() <= preset.values.keys()
    assert len(preset.plan.cues) == len(written.get("cue", ()))
    assert len(preset.plan.macros) == len(written.get("macro", ()))


@pytest.mark.parametrize("name", NAMES)
def test_it_gives_the_same_picture(name: str, tmp_path: Path, style26_path: Path) -> None:
    now, before = picture(name, tmp_path), np.asarray(Image.open(BEFORE / f"{name}.png").convert("RGB"))
    assert now.shape == before.shape
    difference = np.abs(now.astype(float) - before).mean()
    assert difference < CLOSE
    shifted = np.abs(resize(now, SIZE)[:, ::-1].astype(float) - before).mean()
    assert shifted > 2 * CLOSE, "a picture that nothing could be told from"


if __name__ == "__main__":
    import tempfile

    for missing in NAMES:
        if not (BEFORE / f"{missing}.png").exists():
            with tempfile.TemporaryDirectory() as folder:
                Image.fromarray(picture(missing, Path(folder))).save(BEFORE / f"{missing}.png", optimize=True)
