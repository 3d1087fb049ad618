"""The desk: what hands, beats and sounds do to the values of a show, from frame to frame."""

import pytest

from vj.control.audio.params import PARAMS as AUDIO
from vj.modulate.params import MODULATOR
from vj.params.control_queue import Change, ControlBatch, ControlQueue
from vj.params.param import Param, ParamTable, choice, scoped, toggle, trigger
from vj.params.scope import HELD_DOWN, ROOM
from vj.params.signals import Beat, Sound
from vj.params.store import Store
from vj.play.cue_list import Cue
from vj.play.macros import Macro, MacroTarget
from vj.play.params import HISTORY, MORPH, RANDOM, SNAPSHOT, cue_params, macro_params
from vj.play.play import Plan
from vj.play.snapshots import StoredSnapshot
from vj.show.desk import Desk
from vj.tempo.params import CLOCK

FRAME = 1 / 30
STRENGTH, MODEL = "/layer/1/model/strength", "/layer/1/model"
PLAN = Plan(
    {1: StoredSnapshot("low", {STRENGTH: 0.25}), 2: StoredSnapshot("high", {STRENGTH: 0.75})},
    (Cue("one", set={STRENGTH: 0.5}, fire=("/layer/1/source/seek=0.5",)), Cue("two", fire=("/layer/1/bank/2",))),
    (Macro("all", (MacroTarget(STRENGTH),)),),
)


class Stage:
    """A desk that is played frame by frame."""

    def __init__(self, **values: object) -> None:
        table = ParamTable()
        table.declare("/layer/1", [choice("model", ("a", "b", "c"), "a", help="")])
        table.declare("/layer/1/model", [Param("strength", default=1.0), Param("slow", smooth=0.5)])
        table.declare("/layer/1/source", [trigger("seek", 0.0, 1.0, help="")])
        table.declare("/layer/1/bank", [trigger(str(slot), launch=True, help="") for slot in (1, 2, 3)])
        table.declare(
            "/master", [*scoped(HELD_DOWN, toggle("blackout", help="")), trigger("panic", heavy=True, help="")]
        )
        table.declare("/output", scoped(ROOM, toggle("fullscreen", help="")))
        table.declare("/audio", AUDIO[:1])
        rooms = {"/clock": CLOCK, "/snapshot": SNAPSHOT, "/morph": MORPH, "/random": RANDOM, "/history": HISTORY}
        for room, params in {**rooms, "/cue": cue_params(2), "/macro": macro_params(PLAN.macros)}.items():
            table.declare(room, params)
        for number in (1, 2):
            table.declare(f"/modulate/{number}", MODULATOR)
        self.desk = Desk(Store(table, values), PLAN, 0.0)
        self.now, self.others = 0.0, list[str]()
        others = (address for address, param in table.items() if param.kind == "trigger")
        left = [address for address in others if address not in self.desk._handlers]
        self.desk.connect(dict.fromkeys(left, lambda change, now: self.others.append(change.address)))

    def frame(self, *fired: object, lookahead: float = 0.0, beats=None, sound=None, **values: object) -> list[str]:
        """One frame; returns the triggers that were others' business."""
        self.now += FRAME
        changes = [fire if isinstance(fire, Change) else Change(fire, "fire") for fire in fired]
        self.others.clear()
        self.desk.advance_frame(ControlBatch(values, changes, beats or {}, sound), self.now, FRAME, lookahead)
        return list(self.others)

    def until(self, when: float, **told: object) -> None:
        while self.now < when - FRAME / 2:
            self.frame(**told)

    def __getitem__(self, address: str) -> object:
        return self.desk.values[address]


def set_(stage: Stage, **values: object) -> list[str]:
    return stage.frame(**{address.replace("__", "/"): value for address, value in values.items()})


def test_an_idle_desk_gives_the_same_snapshot_again():
    stage = Stage()
    stage.frame()
    before = stage.desk.values
    stage.now += FRAME
    stage.desk.advance_frame(None, stage.now, FRAME)
    assert stage.desk.values is before


def test_values_are_there_in_the_same_frame_and_others_triggers_are_handed_on():
    stage = Stage()
    assert set_(stage, __layer__1__model__strength=0.5) == []
    assert stage[STRENGTH] == 0.5
    assert stage.frame(Change("/layer/1/source/seek", "fire", 0.5)) == ["/layer/1/source/seek"]


def test_a_bank_slot_plays_its_model():
    stage = Stage()
    assert stage.frame("/layer/1/bank/3") == []
    assert stage[MODEL] == "c"


def test_what_a_cue_fires_is_done_in_the_same_frame():
    stage = Stage()
    assert stage.frame("/cue/go") == ["/layer/1/source/seek"]
    assert stage[STRENGTH] == 0.5
    assert stage.frame("/cue/go") == []
    assert stage[MODEL] == "b"


@pytest.mark.parametrize("lookahead", [0.0, 0.09])
def test_a_launch_waits_for_its_bar_and_is_seen_on_it(lookahead):
    stage = Stage(**{"/clock/quantise": "bar", "/clock/bpm": 120.0})
    stage.until(0.5)
    stage.frame("/snapshot/1", lookahead=lookahead)
    assert stage.desk.quantiser.waiting == [("/snapshot/1", 4.0)]
    while stage[STRENGTH] == 1.0:
        stage.frame(lookahead=lookahead)
    assert stage.now + lookahead == pytest.approx(2.0, abs=FRAME)
    assert stage.frame("/layer/1/source/seek") == ["/layer/1/source/seek"], "only what is launched waits"


def test_trim_makes_launches_earlier():
    stage = Stage(**{"/clock/quantise": "beat", "/clock/bpm": 60.0, "/clock/trim": 200.0})
    stage.frame("/snapshot/2")
    stage.until(0.75)
    assert stage[STRENGTH] == 1.0
    stage.until(0.85)
    assert stage[STRENGTH] == 0.75


def test_taps_count_from_when_they_came():
    stage = Stage()
    for at in (1.003, 1.603, 2.203):
        stage.until(at)
        stage.frame(Change("/clock/tap", "fire", at=at))
    assert stage["/clock/bpm"] == pytest.approx(100.0, abs=0.01)
    assert stage.desk.tempo_control.tempo.beat(2.203) == pytest.approx(
        round(stage.desk.tempo_control.tempo.beat(2.203))
    )


def test_a_followed_clock_is_told_as_the_tempo():
    stage = Stage(**{"/clock/source": "midi"})
    stage.frame(beats={"midi": Beat(0.0, 2.0, 140.0)})
    assert stage["/clock/bpm"] == 140.0
    stage.until(3.0)
    assert stage["/clock/bpm"] == 140.0, "the tempo stays when the clock falls silent"


def test_modulation_is_shown_and_not_kept():
    stage = Stage(**{"/modulate/1/to": STRENGTH, "/modulate/1/shape": "square", "/modulate/1/width": 1.0})
    set_(stage, __modulate__1__depth=-0.5)
    assert stage[STRENGTH] == 0.5
    assert stage.desk.store.targets[STRENGTH] == 1.0


def test_a_modulator_sets_triggers_off_in_the_next_frame():
    stage = Stage(**{"/modulate/1/to": "/snapshot/2", "/modulate/1/by": "audio", "/modulate/1/band": "kick"})
    set_(stage, __modulate__1__depth=1.0)
    stage.frame(sound=Sound(kick=1.0))
    stage.until(stage.now + 0.1)
    assert stage[STRENGTH] == 0.75


def test_a_modulated_macro_moves_what_it_moves_and_keeps_nothing():
    stage = Stage(**{"/modulate/1/to": "/macro/1", "/modulate/1/shape": "square", "/modulate/1/width": 1.0})
    set_(stage, __macro__1=0.25)
    stage.frame()
    assert stage.desk.store.targets[STRENGTH] == pytest.approx(0.25)
    assert stage[STRENGTH] == pytest.approx(0.75)


def test_a_modulated_morph_goes_between_its_snapshots():
    stage = Stage(**{"/modulate/1/to": "/morph/position", "/modulate/1/shape": "square", "/modulate/1/width": 1.0})
    set_(stage, __layer__1__model__strength=0.25, __modulate__1__depth=1.0)
    assert stage[STRENGTH] == pytest.approx(0.75)
    assert stage.desk.store.targets[STRENGTH] == 0.25


def test_whole_snapshots_hold_texts_and_a_modulated_morph_leaves_them_alone():
    stage = Stage(**{"/modulate/1/to": "/morph/position", "/modulate/1/depth": 1.0, "/morph/a": 5, "/morph/b": 6})
    stage.frame(Change("/snapshot/store", "fire", 5.0))
    set_(stage, __modulate__2__to=STRENGTH, __layer__1__model__strength=0.0)
    stage.frame(Change("/snapshot/store", "fire", 6.0))
    set_(stage, __modulate__2__to="/nowhere")
    stage.until(stage.now + 1.0)
    assert stage["/modulate/2/to"] == "/nowhere"


def test_both_sides_of_a_modulated_pad_count_at_once():
    corners = {1: 0.0, 2: 1.0, 3: 0.0, 4: 0.0}
    stage = Stage(**{"/morph/y": 0.0})
    for slot, strength in corners.items():
        set_(stage, __layer__1__model__strength=strength)
        stage.frame(Change("/snapshot/store", "fire", float(slot)))
    for number, knob in ((1, "/morph/x"), (2, "/morph/y")):
        told = {"to": knob, "shape": "square", "width": 1.0, "depth": 1.0}
        set_(stage, **{f"__modulate__{number}__{name}": value for name, value in told.items()})
    stage.frame()
    assert stage[STRENGTH] == pytest.approx(1.0), "the corner at the upper right"


def test_a_trigger_is_set_off_at_the_depth_that_a_modulator_starts_with():
    stage = Stage(**{"/modulate/1/to": "/snapshot/2", "/modulate/1/rate": 1.0})
    stage.until(1.5)
    assert stage[STRENGTH] == 0.75


@pytest.mark.parametrize("began", [0.0, 5.3, 1000.0])
def test_beats_count_from_the_beginning_of_the_show(began):
    stage = Stage(**{"/clock/bpm": 128.0})
    stage.desk.begin(began)
    assert stage.desk.tempo_control.tempo.beat(began + 60.0 / 128.0) == pytest.approx(1.0)


def test_what_comes_after_a_panic_counts():
    stage = Stage()
    set_(stage, __layer__1__model__strength=0.1)
    stage.frame("/master/panic", "/snapshot/2")
    assert stage[STRENGTH] == 0.75


def test_panic_brings_everything_back_but_output_and_clock():
    stage = Stage(**{"/clock/bpm": 100.0})
    set_(stage, __layer__1__model__strength=0.1, __output__fullscreen=True, __clock__bpm=150.0, __clock__quantise="bar")
    stage.frame("/snapshot/1")
    assert stage.desk.quantiser.waiting
    stage.frame("/master/panic")
    assert stage[STRENGTH] == 1.0
    assert (stage["/output/fullscreen"], stage["/clock/bpm"]) == (True, 150.0)
    stage.until(stage.now + 3.0)
    assert stage[STRENGTH] == 1.0, "nothing that waited comes after a panic"


def test_sound_is_wanted_only_where_something_goes_by_it():
    assert not Stage().desk.wants_sound
    assert Stage(**{"/clock/source": "audio"}).desk.wants_sound
    assert Stage(**{"/audio/device": "USB"}).desk.wants_sound
    assert not Stage(**{"/audio/device": "none"}).desk.wants_sound
    stage = Stage(**{"/modulate/1/to": STRENGTH, "/modulate/1/by": "envelope", "/modulate/1/on": "kick"})
    stage.frame()
    assert stage.desk.wants_sound


def test_the_same_mails_at_the_same_times_give_the_same_values():
    plays = []
    for _ in range(2):
        stage = Stage(**{"/modulate/1/to": STRENGTH, "/modulate/1/shape": "random", "/clock/quantise": "beat"})
        seen = []
        for frame in range(120):
            fired = {10: ["/snapshot/1"], 40: ["/random/go"], 60: ["/cue/go"], 90: ["/history/undo"]}.get(frame, [])
            stage.frame(*fired)
            seen.append(dict(stage.desk.values))
        plays.append(seen)
    assert plays[0] == plays[1]


def lit(stage: Stage) -> set[str]:
    return set(stage.desk.indicators.on)


def test_lamps_tell_what_plays_whoever_chose_it():
    stage = Stage()
    assert lit(stage) == {"/layer/1/bank/1"}
    stage.frame("/layer/1/bank/2")
    assert lit(stage) == {"/layer/1/bank/2"}
    set_(stage, __layer__1__model="c")
    assert lit(stage) == {"/layer/1/bank/3"}
    stage.frame("/snapshot/2")
    assert lit(stage) == {"/layer/1/bank/3", "/snapshot/2"}
    set_(stage, __layer__1__model__strength=0.1)
    assert lit(stage) == {"/layer/1/bank/3", "/snapshot/2"}, "it is still that scene, played"
    stage.frame("/cue/go")
    assert lit(stage) == {"/layer/1/bank/3", "/cue/1"}
    stage.frame(Change("/snapshot/store", "fire", 5.0))
    assert lit(stage) == {"/layer/1/bank/3", "/cue/1", "/snapshot/5"}
    assert {"/snapshot/1", "/snapshot/2", "/snapshot/5", "/cue/2", "/layer/1/bank/1"} <= stage.desk.indicators.there
    assert "/snapshot/3" not in stage.desk.indicators.there
    for gone in (Change("/snapshot/clear", "fire", 5.0), "/history/undo", "/master/panic"):
        stage.frame("/snapshot/1")
        stage.frame(Change("/snapshot/store", "fire", 5.0))
        stage.frame(gone)
        assert not any(address.startswith("/snapshot") for address in lit(stage)), gone


def test_lamps_tell_what_waits_for_its_beat():
    stage = Stage(**{"/clock/quantise": "bar"})
    stage.frame()
    stage.frame("/layer/1/bank/2")
    assert stage.desk.indicators.waiting == {"/layer/1/bank/2"}
    assert lit(stage) == {"/layer/1/bank/1"}
    stage.until(2.5)
    assert stage.desk.indicators.waiting == frozenset()
    assert lit(stage) == {"/layer/1/bank/2"}


def in_order(stage: Stage, *items: object) -> None:
    """One frame with values and triggers, in this order."""
    queue = ControlQueue()
    for item in items:
        if isinstance(item, tuple):
            queue.put(*item)
        else:
            queue.put_change(item if isinstance(item, Change) else Change(str(item), "fire"))
    stage.now += FRAME
    stage.desk.advance_frame(queue.drain(), stage.now, FRAME)


@pytest.mark.parametrize(
    ("items", "strength"),
    [
        (("/snapshot/1", (STRENGTH, 0.9)), 0.9),
        (((STRENGTH, 0.9), "/snapshot/1"), 0.25),
        (("/master/panic", (STRENGTH, 0.5)), 0.5),
        (("/cue/go", (STRENGTH, 0.1)), 0.1),
        (("/history/undo", (STRENGTH, 0.3)), 0.3),
        (("/snapshot/1", Change(STRENGTH, "add", 0.1)), 0.35),
        (((STRENGTH, 0.4), "/snapshot/1", (STRENGTH, 0.6), "/snapshot/2"), 0.75),
        (("/snapshot/1", "/snapshot/2", "/snapshot/1"), 0.25),
    ],
)
def test_within_a_frame_things_are_done_in_their_order(items: tuple[object, ...], strength: float):
    stage = Stage()
    in_order(stage, *items)
    assert stage[STRENGTH] == pytest.approx(strength)


def test_a_value_after_a_glide_began_stays():
    stage = Stage(**{"/snapshot/time": 1.0})
    in_order(stage, "/snapshot/1", (STRENGTH, 0.9))
    stage.until(2.0)
    assert stage[STRENGTH] == 0.9


def test_what_is_stored_is_what_stood_there_then():
    stage = Stage(**{STRENGTH: 0.6})
    in_order(stage, Change("/snapshot/store", "fire", 5.0), (STRENGTH, 0.2))
    assert stage[STRENGTH] == 0.2
    stage.frame(Change("/snapshot/recall", "fire", 5.0))
    assert stage[STRENGTH] == 0.6


def test_panic_counts_for_more_than_what_falls_due_in_its_frame():
    stage = Stage(**{"/clock/quantise": "beat", STRENGTH: 0.8})
    stage.frame("/snapshot/1")
    stage.until(0.5 - FRAME)
    assert stage[STRENGTH] == 0.8
    stage.frame("/master/panic", lookahead=FRAME)
    stage.until(2.0)
    assert stage[STRENGTH] == 0.8


def test_a_flood_of_heavy_triggers_is_spread_and_bounded():
    stage = Stage()
    shuffled: list[float] = []
    shuffle = stage.desk._handlers["/random/go"]

    def shuffles(change: Change, now: float) -> None:
        shuffled.append(now)
        shuffle(change, now)

    stage.desk._handlers["/random/go"] = shuffles
    in_order(stage, *(["/random/go"] * 500))
    assert len(shuffled) == 1, "the same again, with nothing in between"
    in_order(stage, *(["/random/go", "/snapshot/1"] * 500))
    assert len(shuffled) <= 6
    for _ in range(20):
        in_order(stage, *(["/random/go", "/snapshot/1"] * 500))
    assert len(stage.desk._waiting) <= 1024
    assert stage.desk.dropped > 10_000
    in_order(stage, "/master/panic")
    for _ in range(300):
        in_order(stage)
    assert not stage.desk._waiting
    assert stage[STRENGTH] == 1.0
