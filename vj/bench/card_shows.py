"""The tasks of ``vj bench gpu`` that play shows: the whole loop, and changes of the model while memory is watched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vj.base.errors import Unavailable
from vj.base.frame import Size
from vj.base.paths import CLIP
from vj.bench.films import write_film
from vj.bench.gpu_task import TINY_SIZE, Order, Told, figure, line
from vj.bench.loop import frame_parts, loop_figures
from vj.bench.promises import CARD_LIMITS
from vj.bench.subjects import johnson_checkpoint, stand_in
from vj.bench.switch import SwitchAtRandom
from vj.bench.video_memory import growth, used_memory
from vj.model.files.library import Entry, find
from vj.preset import preset as presets
from vj.preset.layer_plan import LayerPlan
from vj.show.controllers import UNLISTED
from vj.show.report import failures
from vj.show.show import Options, Show

DISPLAY: Final = 60.0
"""The display's rate (pictures/s)."""
FILM: Final = "bench.mp4"
FILM_SECONDS: Final = 4.0
"""How long the film is that plays in a loop: too long to be kept in memory, so it is decoded all the time."""
_LEAST: Final = 2.0
"""Seconds of a show that count, at least, however little time is left."""


def files(order: Order) -> Iterator[Told]:
    """Writes the film, and the untrained models that the shows play, into the order's folder. It is a task of its own
    because a process with a display doesn't load torch."""
    size = order.size("film")
    write_film(order.folder / FILM, size, int(DISPLAY), 0.5 if order.rehearsal else FILM_SECONDS)
    yield line(f"the bench's film: h264, {size} at {DISPLAY:g}, in a loop")
    johnson_checkpoint(order.folder)
    stand_in("style26", order.folder)


def loop(order: Order) -> Iterator[Told]:
    """Plays the 26 styles on the source that ``order.task`` names, ``pattern`` or ``film``, with everything that a show
    does, and reports pictures a second, latency, missed refreshes and the parts of a frame."""
    name, size = order.task, order.size(order.task)
    entry, note = stand_in("style26", order.folder)
    if note:
        yield line(note)
    plan = LayerPlan((name if name == "pattern" else f"movie:{order.folder / FILM}",), (entry,), ())
    options = _options(order, size)
    options.values = {"/layer/1/model/quality": "full"}
    with Show(presets.Preset("bench", "bench", size, size, DISPLAY, (plan,)), options) as show:
        show.loop.run(Settling(show, order.extent.settling))
        options.seconds = max(min(_LEAST, order.extent.shown), min(order.extent.shown, order.left - 1.0))
        report = show.run()
    model = report["layers"][0]["model"]
    if (failed := failures(report)) or not (model["fps"] or order.rehearsal):
        raise Unavailable("; ".join(failed) or "the model gave no picture in time")
    yield line(f"{name} at {size}, display at {DISPLAY:g}, {report['seconds']:.1f} s: {model['fps']:.1f} pictures/s")
    yield line(f"  the model works at {model['size']}: {model['runtime']}")
    yield from (line(f"  {part}") for part in frame_parts(report))
    yield from (figure(figure_name, value) for figure_name, value in loop_figures(report, name).items())


def switches(order: Order) -> Iterator[Told]:
    """Changes the model of a bank again and again, and reports how much more of the card's memory is in use in the
    second half of the changes than in the first."""
    size = TINY_SIZE if order.rehearsal else CARD_LIMITS["memory"].size
    bank = _bank(order)
    read = None if order.rehearsal else used_memory()
    readings: list[int] = []
    plan = LayerPlan((f"movie:{CLIP}",), bank, ())
    with Show(presets.Preset("bench", "bench", size, size, DISPLAY, (plan,)), _options(order, size)) as show:
        going = SwitchAtRandom(show, [entry.name for entry in bank], order.extent.switches)

        def watched() -> bool:
            """Notes the memory when the model has changed once more; returns whether to go on."""
            before = going.left
            goes_on = going()
            if read and going.left < before:
                readings.append(read())
            return goes_on and order.left > 0

        show.loop.run(watched)
        report = show.report()
    made, names = order.extent.switches - going.left, ", ".join(entry.name for entry in bank)
    yield line(f"{made} switches among {names}: missed {report['display']['missed']} refreshes")
    if not read:
        yield line("  the card's memory isn't watched: NVIDIA's driver library isn't asked or doesn't say")
    elif made > 1:
        used = f"{min(readings) / (1 << 20):.0f} to {max(readings) / (1 << 20):.0f} MiB in use"
        yield figure("memory", round(growth(readings), 1), f"{made} switches, {used}")


class Settling:
    """Called between frames: returns whether to wait on, until another way of running the model has not taken over for
    ``seconds``, but no longer than three times that. On a card, a faster way is made while the model plays."""

    def __init__(self, show: Show, seconds: float) -> None:
        self._show = show
        self._seconds = seconds
        self._began = self._changed = show.clock.now()
        self._runtime = ""

    def __call__(self) -> bool:
        now, runtime = self._show.clock.now(), str(self._show.layers[0].model.child.info.get("runtime", ""))
        if runtime != self._runtime:
            self._runtime, self._changed = runtime, now
        return now - self._changed < self._seconds and now - self._began < 3 * self._seconds


def _bank(order: Order) -> tuple[Entry, ...]:
    """Returns the models to switch among: those of the catalogue that are here, an untrained one, and none at all."""
    others = (johnson_checkpoint(order.folder), find("identity"))
    if order.rehearsal:
        return others
    style, note = stand_in("style26", order.folder)
    painting = find("painting")
    here = (style, *([painting] if painting.present and not note else []), *others)
    return tuple({entry.name: entry for entry in here}.values())


def _options(order: Order, size: Size) -> Options:
    """Returns the options of a show without a window. A rehearsal names the backend, as timing all takes long."""
    runtime = "torch" if order.rehearsal else "auto"
    return Options(
        headless=True, size=size, model_size=size, fps=DISPLAY, network_options=UNLISTED, runtime=runtime, autosave=0.0
    )
