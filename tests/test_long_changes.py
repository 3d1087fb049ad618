"""What a performer changes two hundred times in a running show, by OSC: clips, effects, shaders. ``make test-shows``.

Each show is recorded, and its film is looked at. What goes wrong is listed with its time in the film.
"""

import bisect
import itertools
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.films import COLOURS, coloured, name_of, streamed
from tests.running import Playing
from tests.waiting import until
from vj.base.paths import PRESETS
from vj.show.control_recording import read

pytestmark = [
    pytest.mark.show,
    pytest.mark.skipif(not os.environ.get("TEST_LONG_MINUTES"), reason="takes long: make test-shows"),
]

SIZE = ("--headless", "--size", "640x360", "--fps", "30")
SOURCE = "vj.source.host"
STEADY = ("invert", "mirror", "posterise", "threshold", "rgb-split", "pixelate", "relief", "punch", "twirl", "tiles")
"""Effects that change a picture and then leave it as it is."""
RESTED = 3.0
"""Seconds after which a clip that was left waits at its in-point again, also on a busy machine."""


class Filmed(NamedTuple):
    """Something that was asked for: at which second of the film, and how many pictures later it was there (None:
    never before the next was asked for)."""

    at: float
    what: str
    late: int | None


@pytest.mark.timeout(600)
def test_two_hundred_launches(tmp_path: Path) -> None:
    """Over a bank of eight: films of several sizes and codecs, a stream as from a camera, a still, and generators."""
    coloured(tmp_path / "red.mp4", "red", (1280, 720), "libx264", frames=75)
    coloured(tmp_path / "green.mkv", "green", (640, 360), "libx264", frames=50, fps=30)
    coloured(tmp_path / "blue.avi", "blue", (480, 480), "mjpeg", frames=50)
    coloured(tmp_path / "magenta.webm", "magenta", (640, 480), "libvpx", frames=50)
    Image.new("RGB", (800, 600), COLOURS["yellow"]).save(tmp_path / "yellow.png")
    library = tmp_path / "library"
    for name in ("white", "orange"):
        red, green, blue = (value / 255.0 for value in COLOURS[name])
        _write_shader(library, name, "generator", f"gl_FragColor = vec4({red}, {green}, {blue}, 1.0);")
    films = ["movie:red.mp4", "movie:green.mkv", "movie:blue.avi", "movie:magenta.webm"]
    with streamed("cyan") as address:
        bank = [*films, f"stream:{address}", "still:yellow.png", "shader:white", "shader:orange"]
        colours = ["red", "green", "blue", "magenta", "cyan", "yellow", "white", "orange"]
        show = _play(tmp_path, f'clip = {json.dumps(bank)}\nmodel = "identity"', '"/layer/1/model/strength" = 0.0')
        try:
            until(lambda: len(show.children(SOURCE)) == len(bank))
            time.sleep(10.0)  # the last of them decodes its first second
            chance, left, playing = random.Random(0), dict.fromkeys(range(1, 9), 0.0), 1
            rested = []
            for _ in range(200):
                left[playing] = time.monotonic()
                playing = chance.choice([place for place in left if place != playing])
                rested.append(time.monotonic() - left[playing] > RESTED)
                show.send(f"/layer/1/clip/{playing}")
                time.sleep(chance.uniform(0.15, 0.4))
            report = show.stop(signal.SIGINT)
        finally:
            show.close()
    launches = _launches(tmp_path / "log.jsonl", show.film, colours)
    warm = [launch for launch, was_rested in zip(launches, rested, strict=True) if was_rested]
    late = [launch for launch in warm if launch.late is None or launch.late > 1]
    _tell(report, launches=len(launches), warm=len(warm), unseen=[one for one in launches if one.late is None])
    _check_recorded(report)
    assert len(launches) == 200
    assert not late, "the first picture of a clip that waits is there in the next frame"
    assert "black" not in {name for _, name in _filmed(show.film, name_of)}
    assert report["layers"][0]["refreshes"]["still"] == 0
    assert report["layers"][0]["torn"] == 0
    _check_unbroken(report)


@pytest.mark.timeout(600)
def test_fifty_effects_are_added_and_fifty_times_a_shader_is_saved(tmp_path: Path) -> None:
    """They are added to the left half of the picture; the shader that is saved fills the right half with a colour."""
    library = tmp_path / "library"
    _write_shader(library, "own", "filter", "gl_FragColor = vec4(0.0, 0.0, 0.0, 1.0);")
    painting = f'source = "still:{PRESETS / "paintings" / "swirling_night.jpg"}"\nmodel = "identity"\n'
    values = '"/layer/2/crop_left" = 0.5\n'
    show = _play(tmp_path, f'{painting}[[layer]]\n{painting}effects = ["own"]', values)
    chance, chain, added, saved = random.Random(0), [], [], []
    try:
        time.sleep(3.0)
        for number in range(50):
            chain.append(chance.choice([name for name in STEADY if name not in chain]))
            added.append(chain[-1])
            show.send("/layer/1/effect/add", chain[-1])
            time.sleep(chance.uniform(0.4, 0.8))
            saved.append(_code(number))
            red, green = (value / 255.0 for value in saved[-1])
            _write_shader(library, "own", "filter", f"gl_FragColor = vec4({red}, {green}, 0.0, 1.0);")
            time.sleep(chance.uniform(0.6, 0.9))
            if len(chain) > 2:
                show.send("/layer/1/effect/remove", chain.pop(0))
        time.sleep(2.0)
        report = show.stop(signal.SIGINT)
    finally:
        show.close()
    seen = [code for code, _ in itertools.groupby(code for _, code in _filmed(show.film, _read_code)) if any(code)]
    adds = _additions(tmp_path / "log.jsonl", show.film)
    _tell(report, reloads=len(seen), unseen=[one for one in adds if one.late is None])
    _check_recorded(report)
    assert [one.what for one in adds] == added
    assert [one for one in adds if one.late is None] == []
    assert [code for code in saved if code not in seen] == []
    assert [layer["model"]["notice"] for layer in report["layers"]] == ["", ""]
    _check_unbroken(report)


def _code(number: int) -> tuple[int, int]:
    """A colour, red and green, that stands for a number up to 62."""
    return 36 * ((number + 1) % 8), 36 * ((number + 1) // 8)


def _read_code(picture: npt.NDArray[np.uint8]) -> tuple[int, int]:
    red, green, _ = picture[:, picture.shape[1] * 5 // 8 :].mean((0, 1))
    return 36 * round(red / 36), 36 * round(green / 36)


def _additions(log: Path, film: Path) -> list[Filmed]:
    """When each effect was added, and how many pictures later the left half of the picture was another one."""
    asked = _commands(log, "/layer/1/effect/")
    filmed = list(_filmed(film, lambda picture: picture[::4, : picture.shape[1] // 2 : 4].astype(np.int16)))
    times = [at for at, _ in filmed]
    found = []
    for (at, address, what), until_then in zip(asked, [*(at for at, *_ in asked[1:]), times[-1]], strict=True):
        if address.endswith("/add"):
            first, last = bisect.bisect_left(times, at - 0.002), bisect.bisect_left(times, until_then - 0.002)
            changes = [np.abs(picture - filmed[first - 1][1]).mean() > 2.0 for _, picture in filmed[first:last]]
            found.append(Filmed(round(at, 3), what, changes.index(True) if True in changes else None))
    return found


def _play(folder: Path, layer: str, values: str = "") -> Playing:
    """A show of one layer that is filmed, and whose control is recorded; its library is in ``folder``."""
    preset = folder / "show.toml"
    preset.write_text(f"[[layer]]\n{layer}\n[set]\n{values}\n")
    options = ("--log-control", str(folder / "log.jsonl"))
    return Playing(folder, str(preset), *SIZE, *options, env={"VJ_LIBRARY": str(folder / "library")}).wait_until_up()


def _write_shader(library: Path, name: str, kind: str, main: str) -> None:
    """Write or replace the shader ``name``: a ``generator`` or a ``filter`` with the body ``main``."""
    inputs = [{"NAME": "inputImage", "TYPE": "image"}] if kind == "filter" else []
    about = json.dumps({"ISFVSN": "2", "INPUTS": inputs})
    path = library / "shaders" / f"{name}.fs"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".aside")
    aside.write_text(f"/*{about}*/\nvoid main() {{ {main} }}\n")
    aside.replace(path)


def _launches(log: Path, film: Path, colours: list[str]) -> list[Filmed]:
    """When each clip was launched, as the control recording has it, and how many pictures later its colour was."""
    asked = _commands(log, "/layer/1/clip/")
    times, names = zip(*_filmed(film, name_of), strict=True)
    found = []
    for (at, address, _), until_then in zip(asked, [*(at for at, *_ in asked[1:]), times[-1]], strict=True):
        place = int(address.rpartition("/")[2])
        first, last = bisect.bisect_left(times, at - 0.002), bisect.bisect_left(times, until_then - 0.002)
        colour, seen = colours[place - 1], names[first:last]
        found.append(Filmed(round(at, 3), f"{place} {colour}", seen.index(colour) if colour in seen else None))
    return found


def _commands(log: Path, below: str) -> list[tuple[float, str, str]]:
    """The triggers below an address that were recorded: the second of the show, address, text."""
    found = []
    for at, batch in read(log).batches:
        found += [(at, change.address, change.text) for change in batch.changes if change.address.startswith(below)]
    return found


def _filmed(film: Path, look: Callable[[npt.NDArray[np.uint8]], Any]) -> Iterator[tuple[float, Any]]:
    """Every picture's time in the film (s), and what is found in it."""
    with av.open(str(film)) as opened:
        for frame in opened.decode(video=0):
            assert frame.time is not None
            yield frame.time, look(frame.to_ndarray(format="rgb24"))


def _tell(report: dict[str, Any], **more: object) -> None:
    load = os.getloadavg()
    print(json.dumps({"display": report["display"], "sink": report["sinks"][0], "load": load, **more}))  # noqa: T201


def _check_recorded(report: dict[str, Any]) -> None:
    """The film has every picture, or else it can't tell what was seen."""
    sink = report["sinks"][0]
    assert (sink["dropped"], sink["error"]) == (0, None), f"the machine is too busy to record: {os.getloadavg()}"


def _check_unbroken(report: dict[str, Any]) -> None:
    display = report["display"]
    assert display["missed"] == 0, f"of {display['frames']} refreshes, at a load of {os.getloadavg()}"
