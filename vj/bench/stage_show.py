"""The second half of ``vj bench stage``: what a whole show plays while it learns a look from one painted frame."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vj.bench.own_library import library_in
from vj.bench.stage_clips import SIZE
from vj.preset import preset as presets
from vj.show.controllers import UNLISTED
from vj.show.report import Report
from vj.show.show import Options, Show

PRESET: Final = "paint-me"
DISPLAY: Final = 30.0
"""The display's rate (pictures/s)."""
LEAST: Final = 25.0
"""Pictures a second that the model plays, as we promise, while the look is learned."""
_SPEED: Final = 1.2
"""The clip's, so that it gives more pictures than are promised: 30 a second."""
_SETTLED: Final = 3.0
"""Seconds of learning after which counting begins."""
_PATIENCE: Final = 60.0


def measure(seconds: float) -> Iterator[str]:
    """Yields lines of text: the rates of the model and of the training, and the refreshes that the display missed, in
    ``seconds`` of a show without a window, with whether what we promise held. The look is learned in a library of its
    own, which is removed afterwards."""
    with (
        tempfile.TemporaryDirectory() as folder,
        library_in(Path(folder)),
        Show(presets.load(PRESET), _options()) as show,
    ):
        given_up = show.clock.now() + _PATIENCE
        show.loop.run(lambda: _learned(show.report()) < _SETTLED and show.clock.now() < given_up)
        learned = _learned(show.report())
        ends = show.clock.now() + seconds
        show.loop.run(lambda: show.clock.now() < ends)  # it counts anew
        report = show.report()
    if learned < _SETTLED:
        yield f"{PRESET}: no look was learned within {_PATIENCE:g} s"
        return
    took, missed = report["seconds"], report["display"]["missed"]
    played = int(report["layers"][0]["model"]["frames"]) / took
    yield (
        f"meanwhile, in a show at {DISPLAY:g} pictures/s: {played:.1f} pictures/s at {SIZE} "
        f"(at least {LEAST:g}: {_verdict(played >= LEAST)}), "
        f"{missed} of {took * DISPLAY:.0f} refreshes missed (none: {_verdict(not missed)})"
    )


def _options() -> Options:
    options = Options(headless=True, size=SIZE, model_size=SIZE, fps=DISPLAY, network_options=UNLISTED)
    options.values = {"/layer/1/source/speed": _SPEED, "/layer/1/model/quality": "full"}
    return options


def _learned(report: Report) -> float:
    """Returns for how many seconds the first layer has learned its look."""
    trained = report["layers"][0]["train"]
    return float(trained["seconds"]) if trained else 0.0


def _verdict(held: bool) -> str:
    return "held" if held else "NOT held"
