"""What takes long: half an hour of a show, and the benches on machines that lack something. ``make test-shows``."""

import itertools
import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests.running import Playing, finished, start_vj
from tests.without import not_installed
from vj.base.paths import CLIP, PRESETS

PAINTINGS = PRESETS / "paintings"
MINUTES = float(os.environ.get("TEST_LONG_MINUTES", "0"))
pytestmark = [pytest.mark.show, pytest.mark.skipif(not MINUTES, reason="takes long: make test-shows")]

ENGINE, SOURCE = "vj.model.engine.engine", "vj.source.host"
BANK = ("style26", "painting", "identity")
MOST_MISSED = 0.002
"""Of all refreshes: a process that is started anew costs one now and then on two cores."""
RATES, MOST_DRAWING = (30, 25, 20, 15, 12, 10), 400.0
"""Pictures a second, of which one is chosen, and the milliseconds of a second that drawing may take without changes."""
MOST_STILL = {1: 0.0, 4: 0.02}
"""Of all refreshes, by the number of layers: a generator whose process was killed takes seconds to compile again."""
SLOPE = 1 << 20
"""Bytes an hour."""
SETTLING = 300.0
"""Seconds before memory is measured: every model is loaded, and accidents, which come close together meanwhile, have
filled what the heap keeps for processes that are started. That is 2 to 3 MB, and then no more however many follow."""


FOUR = f"""
[[layer]]
clip = ["movie:{CLIP}", {{ source = "movie:{CLIP}", in = 2.0, out = 4.0, loop = "bounce" }}]
model = "style26"
effects = ["rgb-split", "vignette"]
[[layer]]
clip = ["shader:plasma", "shader:clouds"]
model = "identity"
effects = ["mirror", "wave"]
[[layer]]
clip = ["still:{PAINTINGS}/swirling_night.jpg", "still:{PAINTINGS}/ochre_planes.jpg", "folder:{PAINTINGS}"]
model = "identity"
effects = ["posterise", "twirl"]
[[layer]]
source = "pattern"
model = "identity"
effects = ["pixelate", "invert"]
[set]
"/layer/1/model/rate" = 8.0
"/layer/1/transition" = "fade"
"/layer/2/blend" = "screen"
"/layer/2/bus" = "A"
"/layer/2/transition" = "dissolve"
"/layer/3/blend" = "overlay"
"/layer/3/mask" = "layer"
"/layer/3/mask_layer" = 2
"/layer/3/transition" = "wipe"
"/layer/4/blend" = "difference"
"/layer/4/bus" = "B"
"/layer/4/opacity" = 0.4
[[modulate]]
to = "/master/crossfader"
by = "lfo"
rate = 0.15
[snapshot.1]
set = {{ "/layer/3/blend" = "overlay", "/layer/2/opacity" = 1.0, "/layer/1/effect/rgb-split/mix" = 1.0 }}
[snapshot.2]
set = {{ "/layer/3/blend" = "multiply", "/layer/2/opacity" = 0.5, "/layer/1/effect/rgb-split/mix" = 0.3 }}
"""
"""A film that is painted, a generator, paintings and the test card: two effects each, mixed in many ways."""


@pytest.mark.timeout(60 * MINUTES + 600)
@pytest.mark.parametrize("layers", [1, 4])
def test_a_long_show_holds(layers: int, tmp_path: Path) -> None:
    """Models, styles, clips and values change, engines and sources are killed; the picture goes on and memory stays.

    A software renderer keeps textures in the process's own memory: so none of them may be left behind either.
    """
    preset = tmp_path / "four.toml"
    preset.write_text(FOUR)
    played = ("default", *(word for name in BANK for word in ("--model", name))) if layers == 1 else (str(preset),)
    size = ("--headless", "--size", "640x360" if layers == 1 else "320x180")
    rate = 30 if layers == 1 else _rate_for_this_machine(tmp_path / "first", *played, *size)
    show = Playing(tmp_path, *played, *size, "--fps", str(rate)).wait_until_up()
    chance, sizes, began, stolen = random.Random(0), [], time.monotonic(), _stolen()
    try:
        while (passed := time.monotonic() - began) < 60 * MINUTES:
            settles = passed < SETTLING
            if chance.random() < (0.3 if settles else 0.05):
                _kill_a_child(show, chance)
            else:
                show.send(*_change(chance) if layers == 1 else _change_of_four(chance))
            if not settles:
                sizes.append((passed, _resident(show.process.pid)))
            time.sleep(chance.uniform(0.5, 1.5) if settles else chance.uniform(1.0, 4.0))
        report = show.stop(signal.SIGINT)
    finally:
        show.close()
    display, shown = report["display"], report["layers"]
    told = {"refreshes": [layer["refreshes"] for layer in shown], "sizes": sizes[:: max(1, len(sizes) // 8)]}
    slope = _slope(sizes) if MINUTES >= 10 else 0.0
    took = {"load": os.getloadavg(), "stolen": _stolen() - stolen, "bytes an hour": 3600 * slope}
    print(json.dumps({"display": display, **took, **told}))  # noqa: T201
    assert len(shown) == layers
    assert display["missed"] <= MOST_MISSED * display["frames"]
    assert [layer["torn"] for layer in shown] == [0] * layers
    assert max(layer["refreshes"]["still"] for layer in shown) <= MOST_STILL[layers] * display["frames"]
    assert sum(layer["model"]["restarts"] for layer in shown) > 0
    assert 3600 * slope < SLOPE
    assert min(_brightness(show.film)) > 5


def _rate_for_this_machine(folder: Path, *show: str) -> int:
    """The pictures a second at which a show that nobody changes spends a part of the time on drawing, as one for this
    machine would: a software renderer may need as long for four layers as they are shown at 25 a second."""
    folder.mkdir()
    playing = Playing(folder, *show, "--fps", "25").wait_until_up()
    try:
        time.sleep(10.0)
        drawing = playing.stop()["display"]["parts_ms"]["draw"]
    finally:
        playing.close()
    return next((rate for rate in RATES if drawing * rate <= MOST_DRAWING), RATES[-1])


def _kill_a_child(show: Playing, chance: random.Random) -> None:
    """An accident: an engine or a source is gone."""
    pids = show.children(chance.choice((ENGINE, SOURCE)))
    if pids:
        os.kill(chance.choice(pids), signal.SIGKILL)


def _change(chance: random.Random) -> tuple[object, ...]:
    """One thing that a performer does: an address and its value."""
    kind = chance.random()
    if kind < 0.3:
        return "/layer/1/model", chance.choice(BANK)
    if kind < 0.7:
        return "/layer/1/model/style", chance.randrange(26)
    return "/layer/1/model/strength", chance.random()


def _change_of_four(chance: random.Random) -> tuple[object, ...]:
    """The same for the show of four layers."""
    kind = chance.random()
    if kind < 0.4:
        layer = chance.choice((1, 2, 3))
        return (f"/layer/{layer}/clip/{chance.randint(1, 3 if layer == 3 else 2)}",)
    if kind < 0.6:
        return (f"/snapshot/{chance.randint(1, 2)}",)
    if kind < 0.8:
        return "/layer/1/model/style", chance.randrange(26)
    return f"/layer/{chance.choice((3, 4))}/opacity", chance.uniform(0.3, 1.0)


def _brightness(film: Path) -> Iterator[float]:
    """The mean of every 300th picture (0..255), one at a time: half an hour of them doesn't fit into memory."""
    with av.open(str(film)) as opened:
        for frame in itertools.islice(opened.decode(video=0), 0, None, 300):
            yield float(frame.to_ndarray(format="rgb24").mean())


def _resident(pid: int) -> int:
    """Bytes of memory that the process holds for itself: what it shares with its children has a size of its own, of
    which more is touched the further they fall behind."""
    _, resident, shared, *_ = map(int, Path(f"/proc/{pid}/statm").read_text().split())
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


def _stolen() -> float:
    """Seconds for which this virtual machine's processors have waited for the one that it runs on."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(words[8]) / os.sysconf("SC_CLK_TCK")


def _slope(sizes: list[tuple[float, int]]) -> float:
    """Bytes a second, by least squares."""
    times, held = zip(*sizes, strict=True)
    mean_time, mean_held = sum(times) / len(times), sum(held) / len(held)
    around = sum((t - mean_time) ** 2 for t in times)
    return sum((t - mean_time) * (h - mean_held) for t, h in sizes) / around


BENCHES = {
    "models": (("models", "--family", "style26", "--seconds", "1"), "26 styles"),
    "loop": (("loop", "--rounds", "1", "--seconds", "4"), "loop / bare network"),
    "dream": (("dream", "--rounds", "1", "--seconds", "2"), "live zoom"),
    "switch": (("switch", "--switches", "20"), "20 switches"),
    "osc": (("osc", "--rounds", "1", "--seconds", "4"), "newest value live"),
    "start": (("start", "--rounds", "1"), "vj --help"),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("missing", [("openvino",), ("openvino", "onnxruntime")], ids="+".join)
@pytest.mark.parametrize("bench", BENCHES)
def test_benches_work_without(bench: str, missing: tuple[str, ...], tmp_path: Path) -> None:
    arguments, said = BENCHES[bench]
    process = start_vj("bench", *arguments, env=not_installed(tmp_path / "lacking", *missing))
    out, err = finished(process, 800.0)  # on a slow machine a model's ways alone take minutes to be timed
    print(out)  # noqa: T201
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert said in out
    if bench in ("models", "dream"):
        assert all(f"{name} is not installed" in out for name in missing)
