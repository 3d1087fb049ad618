"""Launches of clips at the desk: they set which one plays, wait for their beat, and go through columns."""

from types import SimpleNamespace

import pytest

from vj.base.errors import BadInput
from vj.params.control_queue import Change, ControlBatch, ControlQueue
from vj.params.store import Store
from vj.play.cue_list import Cue
from vj.play.play import Plan
from vj.play.snapshots import StoredSnapshot
from vj.preset.show_table import PLACES, show_table
from vj.show.cued_clips import cued_clips
from vj.show.desk import Desk
from vj.show.dropped_clips import DroppedClips

FRAME = 1 / 30
PLAN = Plan({1: StoredSnapshot("", {"/layer/1/clip": 4})}, (Cue("", set={"/layer/1/clip": 3}),))


class Stage:
    """A desk with two layers; layer 2 has no clip in place 2."""

    def __init__(self, **values: object) -> None:
        model = SimpleNamespace(name="identity", params=(), settings={})
        self.table = show_table([(("pattern",), [model])] * 2, PLAN)  # type: ignore[list-item]
        filled = {f"/layer/1/clip/{place}/source": "pattern" for place in (1, 2, 3)}
        filled |= {f"/layer/2/clip/{place}/source": "pattern" for place in (1, 3)}
        self.desk = Desk(Store(self.table, {**filled, **values}), PLAN, 0.0)
        self.now, self.launched = 0.0, list[str]()
        for layer in (1, 2):
            launches = [f"/layer/{layer}/clip/{place}" for place in PLACES]
            self.desk.connect(dict.fromkeys(launches, lambda change, now: self.launched.append(change.address)))

    def frame(self, *fired: str, lookahead: float = 0.0, **values: object) -> list[object]:
        """One frame; returns which clips play."""
        self.now += FRAME
        changes = [Change(address, "fire") for address in fired]
        named = {address.replace("__", "/"): value for address, value in values.items()}
        self.launched.clear()
        self.desk.advance_frame(ControlBatch(named, changes, {}, None), self.now, FRAME, lookahead)  # type: ignore[arg-type]
        return [self.desk.values[f"/layer/{layer}/clip"] for layer in (1, 2)]


def test_a_launch_sets_which_clip_plays_and_is_handed_on() -> None:
    stage = Stage()
    assert stage.frame("/layer/1/clip/2") == [2, 1]
    assert stage.launched == ["/layer/1/clip/2"]
    assert stage.frame("/layer/1/clip/2") == [2, 1]
    assert stage.launched == ["/layer/1/clip/2"], "a second time begins it anew"


def test_a_value_is_no_launch() -> None:
    stage = Stage()
    assert stage.frame(__layer__2__clip=3) == [1, 3]
    assert stage.launched == []


def test_a_column_launches_the_clips_that_are_there() -> None:
    stage = Stage()
    assert stage.frame("/column/2") == [2, 1]
    assert stage.launched == ["/layer/1/clip/2"]
    assert stage.frame("/column/3") == [3, 3]
    assert sorted(stage.launched) == ["/layer/1/clip/3", "/layer/2/clip/3"]
    assert stage.frame("/column/9") == [3, 3]


@pytest.mark.parametrize("address", ["/layer/1/clip/3", "/column/3"])
def test_it_waits_for_its_bar_and_is_seen_on_it(address: str) -> None:
    stage = Stage(**{"/clock/quantise": "bar", "/clock/bpm": 120.0})
    assert stage.frame("/layer/1/clip/2", "/layer/2/clip/2")[0] == 1
    assert stage.frame(address)[0] == 1
    assert address in stage.desk.indicators.waiting
    while stage.now < 2.0 - 0.09 - 1.5 * FRAME:
        assert stage.frame(lookahead=0.09)[0] == 1
    stage.frame(lookahead=0.09)
    assert stage.frame(lookahead=0.09)[0] == 3, "the newest of those that waited"


def test_snapshots_and_cues_play_clips() -> None:
    stage = Stage()
    assert stage.frame("/snapshot/1") == [4, 1]
    assert stage.frame("/cue/go") == [3, 1]


def test_lights_tell_what_is_there_and_what_plays() -> None:
    stage = Stage()
    stage.frame("/layer/1/clip/3")
    lit = stage.desk.indicators
    assert {address for address in lit.there if "/layer/2/clip" in address} == {"/layer/2/clip/1", "/layer/2/clip/3"}
    assert {"/column/1", "/column/2", "/column/3"} <= lit.there
    assert "/column/4" not in lit.there
    assert {"/layer/1/clip/3", "/layer/2/clip/1"} <= lit.on
    assert not lit.on & {"/column/1", "/column/3", "/layer/1/clip/1"}, "of each column only one plays"
    stage.frame("/column/3")
    assert "/column/3" in stage.desk.indicators.on


def test_a_fade_goes_from_one_clip_to_the_next_without_those_between() -> None:
    stage = Stage(**{"/snapshot/time": 1.0})
    played = {stage.frame("/snapshot/1")[0], *(stage.frame()[0] for _ in range(40))}
    assert played == {4}


def test_chance_leaves_clips_alone() -> None:
    stage = Stage(**{"/random/amount": 1.0, "/random/what": "everything"})
    for _ in range(5):
        assert stage.frame("/random/go") == [1, 1]


def test_the_clips_that_cues_name_are_known() -> None:
    plan = Plan(
        {2: StoredSnapshot("", {"/layer/2/clip": 5, "/layer/1/opacity": 1.0})},
        (Cue("", snapshot=2), Cue("", set={"/layer/1/clip": 7}), Cue("", fire=("/layer/1/clip/9", "/column/3"))),
    )
    assert cued_clips(plan, layers=2) == {2: [5, 3], 1: [7, 9, 3]}
    assert cued_clips(Plan()) == {}


def test_dropped_files_take_the_first_empty_places(queue: ControlQueue) -> None:
    stage, bank = Stage(), SimpleNamespace(number=1, places={1: "pattern", 3: "movie:/a.mp4"})
    dropped = DroppedClips(stage.table, queue, lambda: bank)
    dropped.add("/films/one.mp4")
    dropped.add("/films/two.png")
    batch = queue.drain()
    assert batch is not None
    assert batch.values == {
        "/layer/1/clip/2/source": "movie:/films/one.mp4",
        "/layer/1/clip/4/source": "still:/films/two.png",
    }
    assert [change.address for change in batch.changes] == ["/layer/1/clip/2", "/layer/1/clip/4"]
    bank.places = dict.fromkeys(PLACES, "pattern")
    with pytest.raises(BadInput, match="all 16 places"):
        dropped.add("/films/three.mp4")
    with pytest.raises(BadInput, match="unknown source"):
        dropped.add("/films/nothing")


def test_dropped_files_go_to_the_lowest_layer_whatever_its_number(queue: ControlQueue) -> None:
    model = SimpleNamespace(name="identity", params=(), settings={})
    table = show_table([(["pattern"], [model])], numbers=[2])  # type: ignore[list-item]
    bank = SimpleNamespace(number=2, places={1: "pattern"})
    DroppedClips(table, queue, lambda: bank).add("/films/one.mp4")
    batch = queue.drain()
    assert batch is not None
    assert batch.values == {"/layer/2/clip/2/source": "movie:/films/one.mp4"}
    assert [change.address for change in batch.changes] == ["/layer/2/clip/2"]
