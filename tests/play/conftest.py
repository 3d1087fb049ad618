"""A show of one layer that is played frame by frame, at 120 beats a minute, with times that the test gives."""

import math
from collections.abc import Callable, Iterable, Mapping

import pytest

from vj.model.common_params import WORKING
from vj.params.control_queue import Change, ControlBatch
from vj.params.param import Param, ParamTable, Value, choice, picture, scoped, text, toggle, trigger
from vj.params.scope import HELD_DOWN, MUSIC, ROOM
from vj.params.store import Store
from vj.play.cue_list import Cue
from vj.play.macros import Macro
from vj.play.params import HISTORY, MORPH, RANDOM, SNAPSHOT, cue_params, macro_params
from vj.play.play import Plan, Play
from vj.play.snapshots import StoredSnapshot

STYLES = ("mosaic", "candy", "rain", "udnie", "wave")
DEPTH, SPEED, WEDGES = "/layer/1/model/depth", "/layer/1/source/speed", "/layer/1/model/wedges"
STYLE, INVERT, WORDS = "/layer/1/model/style", "/layer/1/model/invert", "/layer/1/model/units"
START = 1000.0


def show_table(cues: int = 0, macros: Iterable[Macro] = ()) -> ParamTable:
    table = ParamTable()
    table.declare(
        "/layer/1",
        [Param("opacity", default=1.0, smooth=0.05), choice("model", ("style26", "dream"), "style26", help="")],
    )
    table.declare("/layer/1/source", [Param("speed", -4.0, 4.0, default=1.0), trigger("seek", 0, 1, help="")])
    table.declare(
        "/layer/1/model",
        [
            Param("depth", default=0.0),
            *scoped(WORKING, Param("rate", 0.0, 120.0, default=15.0)),
            Param("wedges", 1, 12, default=6, kind="int"),
            choice("style", STYLES, "candy", help=""),
            toggle("invert", help=""),
            text("units", help=""),
            picture("painting", help=""),
            trigger("restart", help=""),
        ],
    )
    table.declare("/modulate/1", [Param("depth", -1.0, 1.0, default=0.0)])
    table.declare(
        "/master",
        [Param("opacity", default=1.0), *scoped(HELD_DOWN, toggle("blackout", help="")), trigger("panic", help="")],
    )
    table.declare("/output", scoped(ROOM, toggle("hud", help="")))
    table.declare("/clock", scoped(MUSIC, Param("bpm", 20.0, 300.0, default=120.0)))
    for prefix, params in (("/snapshot", SNAPSHOT), ("/morph", MORPH), ("/random", RANDOM), ("/history", HISTORY)):
        table.declare(prefix, params)
    table.declare("/cue", cue_params(cues))
    table.declare("/macro", macro_params(tuple(macros)))
    return table


class SteadyTempo:
    """Beat 0 at ``start``; four to the bar, sixteen to the phrase."""

    bar, phrase = 4.0, 16.0

    def __init__(self, bpm: float = 120.0, start: float = START) -> None:
        self.bpm, self.start = bpm, start

    def next(self, every: float, after: float) -> float:
        beats = (after - self.start) * self.bpm / 60.0
        return self.start + (math.floor(beats / every + 1e-9) + 1) * every * 60.0 / self.bpm


class Stage:
    """Plays as the loop does: see `vj.play.play.Play`."""

    def __init__(
        self,
        snapshots: Mapping[int, StoredSnapshot] | None = None,
        cues: Iterable[Cue] = (),
        macros: Iterable[Macro] = (),
        start: Mapping[str, Value] | None = None,
    ) -> None:
        self.plan = plan = Plan(snapshots or {}, tuple(cues), tuple(macros))
        self.store = Store(show_table(len(plan.cues), plan.macros), start)
        self.tempo, self.now, self.fired, self.lookahead = SteadyTempo(), START, [], 0.0
        self.play = Play(self.store, self.tempo, plan, self.fire)

    def fire(self, change: Change) -> None:
        self.play.follow_knobs(self.now)
        handlers = {**self.play.handlers, "/master/panic": lambda change, now: self.play.panic()}
        if handler := handlers.get(change.address):
            handler(change, self.now)
        else:
            self.fired.append((change.address, change.amount))

    def frame(self, seconds: float = 0.0, values: Mapping[str, Value] | None = None, *triggers: str | Change) -> None:
        """``seconds`` later: ``values`` and triggers (``ADDRESS`` or ``ADDRESS=ARGUMENT``) have come."""
        self.now = round(self.now + seconds, 9)  # a thousand steps of 1 ms are a second
        batch = ControlBatch(values or {}, [_change(item) for item in triggers], {}, None)
        self.play.note_touched(batch, self.now)
        for change in self.store.apply_values(batch.values, batch.changes):
            self.fire(change)
        self.play.advance(self.now, self.lookahead)
        self.store.advance(seconds)

    def do(self, *triggers: str | Change, after: float = 0.0) -> None:
        self.frame(after, None, *triggers)

    def hand(self, address: str, value: Value, after: float = 0.0) -> None:
        self.frame(after, {address: value})

    def __getitem__(self, address: str) -> Value:
        return self.store.targets[address]


def _change(item: str | Change) -> Change:
    if isinstance(item, Change):
        return item
    address, _, argument = item.partition("=")
    return Change(address, "fire", float(argument or 0.0))


@pytest.fixture
def table() -> ParamTable:
    return show_table()


@pytest.fixture
def stage() -> Callable[..., Stage]:
    return Stage
