"""Where flashes are limited from the start, and what a show and its rendering tell of them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.gl.flashes import flashes_a_second
from vj.gl.flash_limiter import FlashCounts
from vj.params.param import Value
from vj.preset.preset import Preset, load
from vj.render.render import render
from vj.show.report import summary_lines
from vj.show.show import Options, Show

LIMIT = "/output/flash_limit"
FPS = 24.0
PRESET = """
[[layer]]
source = "pattern"
model = "identity"
"""


def preset(folder: Path, first: str = "") -> Preset:
    file = folder / "show.toml"
    file.write_text(f"{first}\n{PRESET}")
    return load(str(file))


@pytest.mark.parametrize(
    ("first", "headless", "said", "limits"),
    [
        ("", False, None, False),
        ("", True, None, True),
        ("installation = true", False, None, True),
        ("installation = true", True, False, False),
        ("", False, True, True),
    ],
)
def test_flashes_are_limited_without_a_window_and_in_installations(
    tmp_path: Path, first: str, headless: bool, said: bool | None, limits: bool
) -> None:
    wanted = preset(tmp_path, first)
    values: dict[str, Value] = {} if said is None else {LIMIT: said}
    show = Show(wanted, Options(headless=headless, values=values))
    table = wanted.table()
    assert show._start(table)[LIMIT] is limits
    assert table[LIMIT].default is False


def strobe(folder: Path, limit: bool) -> Path:
    """A recording in which blackout strobes twelve times a second, for a second and a half."""
    header = {
        "vj": "control",
        "version": 1,
        "preset": str(preset(folder).path),
        "size": "160x90",
        "fps": FPS,
        "layers": [{"sources": ["pattern"], "bank": ["identity"]}],
        "values": {LIMIT: limit},
    }
    batches = [{"t": frame / FPS, "v": {"/master/blackout": frame % 2 == 1}} for frame in range(36)]
    file = folder / "strobe.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in (header, *batches)))
    return file


@pytest.mark.parametrize("limit", [False, True])
def test_a_recorded_show_is_rendered_with_the_limit_that_it_had(tmp_path: Path, limit: bool) -> None:
    done = render(strobe(tmp_path, limit), tmp_path / "out", source="pattern")
    film = np.stack([np.asarray(Image.open(file)) for file in sorted((tmp_path / "out").glob("*.png"))])
    assert len(film) == done.frames
    flashes = flashes_a_second(film, FPS)
    assert flashes <= 3 if limit else flashes >= 11


def test_the_summary_tells_of_flashes_if_there_were_any() -> None:
    report = {
        "seconds": 5.0,
        "display": {"fps": 60.0, "frames": 300, "missed": 0, "frame_ms": {"p50": 16.0, "p99": 17.0, "max": 18.0}},
        "latency_ms": {"p50": 20.0, "p99": 30.0},
        "layers": [],
        "osc": {"received": 0},
        "midi": {"received": 0},
        "sinks": [],
        "flashes": FlashCounts()._asdict(),
    }
    assert len(summary_lines(report)) == 2
    report["flashes"] = FlashCounts(60, 12, 3, 3)._asdict()
    said = "flashes  60 over a quarter of the picture, at most 12 in a second; shown 3, at most 3"
    assert summary_lines(report)[2] == said
