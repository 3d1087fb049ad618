"""``vj bench switch``: measures what changing models costs the display, in a bank and with models loaded meanwhile."""

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vj.base.frame import Size
from vj.base.paths import CLIP
from vj.model.files import library
from vj.preset import preset as presets
from vj.preset.layer_plan import LayerPlan
from vj.show.controllers import UNLISTED
from vj.show.report import Report
from vj.show.show import Options, Show

SIZE, DISPLAY = Size(640, 360), 30.0
_EVERY = (3, 9)
"""The fewest and the most refreshes between two switches."""
_LOADED = 90
"""Refreshes that a model is shown for after it was loaded."""
_PATIENCE = 3600
"""Refreshes after which the show ends, even if models are still to come."""
ADDRESS = "/layer/1/model"


def measure(switches: int) -> Iterator[str]:
    """Yields two lines of text as they are known, each with the refreshes that the display missed: for ``switches``
    random changes in a bank of all models of the catalogue, and for those models loaded one by one while another plays.
    Missing models are downloaded. The shows are recorded, as real ones would be, which is also the harder case."""
    entries = list(library.catalogue().values())
    for entry in entries:
        entry.fetch(lambda doing, part: None)
    bank = tuple(entries)
    report = _play(bank, (), lambda show: SwitchAtRandom(show, [entry.name for entry in bank], switches))
    yield f"{switches} switches in a bank of {len(bank)}: {_told(report)}"
    first, *others = sorted(entries, key=lambda entry: entry.name != "style26")
    seen: set[str] = set()
    report = _play((first,), tuple(others), lambda show: _OneByOne(show, [entry.name for entry in others], seen))
    yield f"{len(seen)} of {len(others)} models loaded while {first.name} plays: {_told(report)}"


def _play(
    bank: Sequence[library.Entry], others: Sequence[library.Entry], going: Callable[[Show], Callable[[], bool]]
) -> Report:
    """Returns the report of a show; ``going`` makes what is called between frames and returns whether to go on."""
    plan = LayerPlan((f"movie:{CLIP}",), tuple(bank), tuple(others))
    preset = presets.Preset("bench", "bench", SIZE, None, DISPLAY, (plan,), values={f"{ADDRESS}/rate": 8.0})
    with tempfile.TemporaryDirectory() as folder:
        options = Options(headless=True, fps=DISPLAY, network_options=UNLISTED, record=Path(folder) / "switch.mp4")
        with Show(preset, options) as show:
            show.loop.run(going(show))
            return show.report()


class SwitchAtRandom:
    """Called between frames of ``show``: switches now and then to another model of ``names``, ``switches`` times.
    ``left`` is how many of these are still to come. A call returns whether to go on."""

    def __init__(self, show: Show, names: Sequence[str], switches: int) -> None:
        self._show = show
        self._names = names
        self.left = switches
        self._name = names[0]
        self._wait = 30
        self._randomiser = random.Random(0)

    def __call__(self) -> bool:
        self._wait -= 1
        if self._wait <= 0 and self.left:
            self._name = self._randomiser.choice([name for name in self._names if name != self._name])
            self._show.queue.put(ADDRESS, self._name)
            self.left, self._wait = self.left - 1, self._randomiser.randint(*_EVERY)
        return self.left > 0 or self._wait > -DISPLAY


class _OneByOne:
    """Called between frames: asks for the next of ``names`` once the present one was shown for a while, and notes in
    ``seen`` those that were. Returns whether to go on."""

    def __init__(self, show: Show, names: Sequence[str], seen: set[str]) -> None:
        self._seen = seen
        self._layer = show.layers[0]
        self._post = show.queue.put
        self._waiting = list(names)
        self._wait = 30
        self._patience = _PATIENCE
        self._names = set(names)

    def __call__(self) -> bool:
        self._patience -= 1
        if self._layer.switcher.name == self._layer.wanted:
            self._wait -= 1
            self._seen.update({self._layer.wanted} & self._names)
        if self._wait <= 0 and self._waiting:
            self._post(ADDRESS, self._waiting.pop(0))
            self._wait = _LOADED
        return self._patience > 0 and (bool(self._waiting) or self._wait > 0)


def _told(report: Report) -> str:
    """Returns a report in words."""
    display, rungs = report["display"], report["layers"][0]["refreshes"]
    frame = display["frame_ms"]
    shown = ", ".join(f"{rung} {count}" for rung, count in rungs.items() if count)
    times = f"p99 {frame['p99']} max {frame['max']} ms"
    return f"missed {display['missed']} of {display['frames']} refreshes ({times}); {shown}"
