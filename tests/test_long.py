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
from PIL import Image

from tests.films import COLOURS, coloured, name_of
from tests.running import Playing, finished, start_vj
from tests.waiting import until
from tests.without import not_installed

MINUTES = float(os.environ.get("TEST_LONG_MINUTES", "0"))
pytestmark = [pytest.mark.show, pytest.mark.skipif(not MINUTES, reason="takes long: make test-shows")]

ENGINE, SOURCE = "vj.model.engine.engine", "vj.source.host"
BANK = ("style26", "painting", "identity")
MOST_MISSED = 0.002
"""Of all refreshes: a process that is started anew costs one now and then on two cores."""
SLOPE = 1 << 20
"""Bytes an hour."""
SETTLING = 120.0
"""Seconds before memory is measured: every model is loaded, and accidents, which come close together meanwhile, have
filled what the heap keeps for processes that are started. That is 2 to 3 MB, and then no more however many follow."""


@pytest.mark.timeout(60 * MINUTES + 600)
def test_a_long_show_holds(tmp_path: Path) -> None:
    """Models and styles change, the engine and the source are killed; the picture goes on and memory stays."""
    options = [word for name in BANK for word in ("--model", name)]
    show = Playing(tmp_path, "default", *options, "--headless", "--size", "640x360", "--fps", "30").wait_until_up()
    chance, sizes, began = random.Random(0), [], time.monotonic()
    try:
        while (passed := time.monotonic() - began) < 60 * MINUTES:
            settles = passed < SETTLING
            _disturb(show, chance, kills=0.3 if settles else 0.05)
            if not settles:
                sizes.append((passed, _resident(show.process.pid)))
            time.sleep(chance.uniform(0.5, 1.5) if settles else chance.uniform(1.0, 4.0))
        report = show.stop(signal.SIGINT)
    finally:
        show.close()
    (layer,), display = report["layers"], report["display"]
    print(json.dumps({"display": display, "refreshes": layer["refreshes"], "sizes": sizes[:: max(1, len(sizes) // 8)]}))  # noqa: T201
    assert display["missed"] <= MOST_MISSED * display["frames"]
    assert layer["refreshes"]["still"] == 0
    assert layer["torn"] == 0
    assert layer["model"]["restarts"] > 0
    if MINUTES >= 10:
        assert _slope(sizes) < SLOPE / 3600
    assert min(_brightness(show.film)) > 5


@pytest.mark.timeout(600)
def test_two_hundred_launches(tmp_path: Path) -> None:
    """By OSC, over a bank of eight: films of several sizes and codecs, a still, a folder, and a test card."""
    coloured(tmp_path / "red.mp4", "red", (1280, 720), "libx264", frames=75)
    coloured(tmp_path / "green.mkv", "green", (640, 360), "libx264", frames=50, fps=30)
    coloured(tmp_path / "blue.avi", "blue", (480, 480), "mjpeg", frames=50)
    coloured(tmp_path / "cyan.mp4", "cyan", (320, 180), "mpeg4", frames=100, fps=50)
    coloured(tmp_path / "magenta.webm", "magenta", (640, 480), "libvpx", frames=50)
    (tmp_path / "pictures").mkdir()
    for path, colour in ((tmp_path / "yellow.png", "yellow"), (tmp_path / "pictures" / "white.png", "white")):
        Image.new("RGB", (800, 600), COLOURS[colour]).save(path)
    bank = ["movie:red.mp4", "movie:green.mkv", "movie:blue.avi", "movie:cyan.mp4", "movie:magenta.webm"]
    bank += ["still:yellow.png", "folder:pictures", "pattern"]
    preset = tmp_path / "clips.toml"
    raw = '[set]\n"/layer/1/model/strength" = 0.0\n'
    preset.write_text(f'[[layer]]\nclip = {json.dumps(bank)}\nmodel = "identity"\n{raw}')
    show = Playing(tmp_path, str(preset), "--headless", "--size", "640x360", "--fps", "30").wait_until_up()
    chance, launched = random.Random(0), [1]
    try:
        until(lambda: len(show.children(SOURCE)) == len(bank))
        time.sleep(10.0)  # the last of them decodes its first second
        for _ in range(200):
            launched.append(chance.choice([place for place in range(1, 9) if place != launched[-1]]))
            show.send(f"/layer/1/clip/{launched[-1]}")
            time.sleep(chance.uniform(0.15, 0.4))
        report = show.stop(signal.SIGINT)
    finally:
        show.close()
    seen = [name for name, _ in itertools.groupby(_names(show.film))]
    print(json.dumps({"display": report["display"], "refreshes": report["layers"][0]["refreshes"]}))  # noqa: T201
    assert "black" not in seen
    assert len(seen) >= 0.9 * len(launched), "the test card has more than one colour, no other clip has"
    assert report["display"]["missed"] <= MOST_MISSED * report["display"]["frames"]
    assert report["layers"][0]["refreshes"]["still"] == 0
    assert report["layers"][0]["torn"] == 0


def _names(film: Path) -> Iterator[str]:
    with av.open(str(film)) as opened:
        for frame in opened.decode(video=0):
            yield name_of(frame.to_ndarray(format="rgb24"))


def _disturb(show: Playing, chance: random.Random, kills: float) -> None:
    """One thing that a performer does, or with the probability ``kills`` an accident."""
    kind = chance.random()
    if chance.random() < kills:
        for pid in show.children(chance.choice((ENGINE, SOURCE)))[:1]:
            os.kill(pid, signal.SIGKILL)
    elif kind < 0.3:
        show.send("/layer/1/model", chance.choice(BANK))
    elif kind < 0.7:
        show.send("/layer/1/model/style", chance.randrange(26))
    else:
        show.send("/layer/1/model/strength", chance.random())


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
