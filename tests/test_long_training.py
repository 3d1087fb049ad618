"""Long shows that train. ``make test-shows``.

Looks are trained, saved and switched while the trainer is killed; a pix2pix of the show's own clip is played while it
is learned.
"""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pythonosc.osc_message import OscMessage

from tests.running import Playing, finished, start_vj
from tests.test_long import MINUTES, MOST_MISSED, SETTLING, SLOPE, _brightness, _resident, _slope
from vj.base.paths import CLIP
from vj.commands.train_live import training_beside

pytestmark = [pytest.mark.show, pytest.mark.skipif(not MINUTES, reason="takes long: make test-shows")]

TRAIN, MODEL = "/layer/1/train", "/layer/1/model"
TRAINER = "vj.train.look_child"
PRESET = f"""
[[layer]]
source = "movie:{CLIP}"
model = ["identity", "look"]
"""
MOST_LOOKS = 6
"""After so many, those that were trained before are trained on."""
LEARNS = (6.0, 14.0)
"""For how many seconds a look is learned."""


class Performer:
    """Keeps frames, paints them, trains looks and switches between them, by chance."""

    def __init__(self, show: Playing, library: Path, chance: random.Random) -> None:
        self.show, self.library, self.chance = show, library, chance
        self.looks: list[str] = []
        self.killed = 0

    def ask(self, name: str) -> object:
        answer = self.show.ask(f"{TRAIN}/{name}")
        return OscMessage(answer).params[0] if answer else None

    def train(self) -> None:
        """Train one look, from one frame or two, while others may be played; the trainer is killed now and then."""
        name = f"scene-{len(self.looks) + 1}" if len(self.looks) < MOST_LOOKS else self.chance.choice(self.looks)
        self.show.send(f"{TRAIN}/name", name)
        for _ in range(self.chance.randint(1, 2) if name not in self.looks else 0):
            self._keep_and_paint(name)
        self.show.send(f"{TRAIN}/go")
        self._wait(lambda: self.ask("state") == "learning", f"{name} was never learned")
        until = time.monotonic() + self.chance.uniform(*LEARNS)
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(1.0, 3.0))
            self._change()
        ends = self.chance.choice((("stop",), ("stop",), ("undo", 2.0)))
        self.show.send(f"{TRAIN}/{ends[0]}", *ends[1:])
        self._wait(lambda: self.ask("state") == "stopped", f"{name} was never stopped")
        if name not in self.looks:
            self.looks.append(name)
        assert (self.library / "models" / f"{name}.safetensors").exists()

    def _keep_and_paint(self, name: str) -> None:
        folder = self.library / "looks" / name
        before = set(folder.glob("*-source.png"))
        self.show.send(f"{TRAIN}/keep")
        self._wait(lambda: set(folder.glob("*-source.png")) - before, "no frame was kept")
        (source,) = set(folder.glob("*-source.png")) - before
        frame = np.asarray(Image.open(source).convert("RGB"))
        turned = np.roll(frame, self.chance.randint(1, 2), axis=2) // 64 * 80
        Image.fromarray(turned.clip(0, 255).astype(np.uint8)).save(source.with_name(source.name.replace("-source", "")))
        painted = len(before) + 1
        self._wait(lambda: int(str(self.ask("keyframes") or 0)) >= painted, "what was painted wasn't seen")

    def _change(self) -> None:
        """Something that a performer does meanwhile, or an accident."""
        kind, looks = self.chance.random(), [*self.looks, ""]
        if kind < 0.3:
            self.show.send(f"{MODEL}/look", self.chance.choice(looks))
        elif kind < 0.5:
            self.show.send(f"{MODEL}/look_2", self.chance.choice(looks))
            self.show.send(f"{MODEL}/blend", self.chance.choice((0.0, 0.5)))
        elif kind < 0.7:
            self.show.send(f"{MODEL}/strength", self.chance.uniform(0.4, 1.0))
        elif kind < 0.85:
            self.show.send(MODEL, self.chance.choice(("identity", "look", "look")))
        elif kind < 0.93 and (pids := self.show.children(TRAINER)):
            os.kill(pids[0], signal.SIGKILL)
            self.killed += 1

    def _wait(self, true: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 60.0
        while not true():
            assert time.monotonic() < deadline, (what, [self.ask(name) for name in ("state", "seconds", "keyframes")])
            time.sleep(0.1)


@pytest.mark.timeout(60 * MINUTES + 600)
def test_a_long_show_that_trains_holds(tmp_path: Path) -> None:
    """Looks are trained, saved and switched all the time; no refresh is missed for it, and memory stays."""
    preset, library = tmp_path / "stage.toml", tmp_path / "library"
    preset.write_text(PRESET)
    size = ("--headless", "--size", "640x360", "--fps", "30", "--model-size", "512x288")
    show = Playing(tmp_path, str(preset), *size, env={"VJ_LIBRARY": str(library)}).wait_until_up()
    performer, sizes, began = Performer(show, library, random.Random(0)), [], time.monotonic()
    try:
        while (passed := time.monotonic() - began) < 60 * MINUTES:
            performer.train()
            if passed > SETTLING:
                sizes.append((passed, _resident(show.process.pid)))
        report = show.stop(signal.SIGINT)
    finally:
        show.close()
    display, (layer,) = report["display"], report["layers"]
    told = {"looks": len(performer.looks), "killed": performer.killed, "refreshes": layer["refreshes"], "sizes": sizes}
    print(json.dumps({"display": display, "model": layer["model"], "load": os.getloadavg(), **told}))  # noqa: T201
    assert display["missed"] <= MOST_MISSED * display["frames"]
    assert layer["torn"] == 0
    assert layer["model"]["restarts"] == 0
    assert min(_brightness(show.film)) > 5
    if MINUTES >= 10:
        assert _slope(sizes) < SLOPE / 3600


@pytest.mark.timeout(60 * MINUTES + 900)
def test_a_long_show_that_plays_what_is_being_trained_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's file changes every few seconds, and the training is killed now and then."""
    library, data, preset = tmp_path / "library", tmp_path / "data", tmp_path / "street.toml"
    monkeypatch.setenv("VJ_LIBRARY", str(library))
    preset.write_text(f'[[layer]]\nsource = "movie:{CLIP}"\n')
    out, err = finished(start_vj("data", "from", str(CLIP), str(data), "--by", "edges", "--side", "128"), 300.0)
    assert (data / "data.toml").exists(), (out, err)
    size = ("--headless", "--size", "640x360", "--fps", "30", "--model-size", "256x144")
    sizes, killed, chance, began = [], 0, random.Random(0), time.monotonic()
    with training_beside(
        "pix2pix", data, "street", None, 60 * MINUTES + 600, {"size": "tiny", "seed": 1}, _silent
    ) as training:
        show = Playing(tmp_path, str(preset), "--model", "street", *size).wait_until_up()
        try:
            while (passed := time.monotonic() - began) < 60 * MINUTES:
                time.sleep(5.0)
                if chance.random() < 0.02 and training.child.pid:
                    os.kill(training.child.pid, signal.SIGKILL)
                    killed += 1
                if passed > SETTLING:
                    sizes.append((passed, _resident(show.process.pid)))
            report = show.stop(signal.SIGINT)
        finally:
            show.close()
        steps = int(training.child.info["step"])
    display, (layer,) = report["display"], report["layers"]
    told = {"steps": steps, "killed": killed, "refreshes": layer["refreshes"], "sizes": sizes}
    print(json.dumps({"display": display, "model": layer["model"], "load": os.getloadavg(), **told}))  # noqa: T201
    assert steps > 0
    assert display["missed"] <= MOST_MISSED * display["frames"]
    assert layer["torn"] == layer["model"]["restarts"] == 0
    assert min(_brightness(show.film)) > 5
    if MINUTES >= 10:
        assert _slope(sizes) < SLOPE / 3600


def _silent(doing: str, part: float | None) -> None:
    """Shows no progress."""
