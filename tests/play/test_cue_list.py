"""The cue list, to the millisecond of a clock that the test winds."""

import pytest

from tests.play.conftest import DEPTH, INVERT, SPEED, START, STYLE, WEDGES, Stage, show_table
from vj.base.errors import BadInput
from vj.play.cue_list import Cue, check
from vj.play.macros import Macro, MacroTarget
from vj.play.play import Plan, Play
from vj.play.snapshots import StoredSnapshot
from vj.tempo.tempo import Tempo

MS = 0.001


def when(stage: Stage, address: str, limit: float = 60.0) -> float:
    """Milliseconds until ``address`` first differs, stepping one by one; minus one if it never does."""
    before = stage[address]
    for step in range(1, round(limit / MS) + 1):
        stage.do(after=MS)
        if stage[address] != before:
            return step
    return -1


def test_go_by_go():
    stage = Stage(cues=[Cue("one", set={DEPTH: 0.5}), Cue("two", set={STYLE: "rain"})])
    assert stage.play.lines() == ["cue 0/2, next cue 1 one"]
    stage.do("/cue/go")
    assert (stage[DEPTH], stage[STYLE]) == (0.5, "candy")
    stage.do("/cue/go")
    assert (stage[DEPTH], stage[STYLE]) == (0.5, "rain")
    assert stage.play.lines() == ["cue 2/2 two"]
    stage.do("/cue/go")
    assert stage.play.notice == "no cue is left"


def test_two_presses_in_one_frame_are_two_cues():
    stage = Stage(cues=[Cue(set={DEPTH: 0.5}, fade=1.0), Cue(set={SPEED: 2.0})])
    stage.do("/cue/go", "/cue/go")
    assert stage[SPEED] == 2.0
    stage.do(after=1.0)
    assert stage[DEPTH] == 0.5, "a cue that says nothing about it lets it fade on"


def test_a_fade_takes_its_time():
    stage = Stage(cues=[Cue("slow", fade=4.0, set={DEPTH: 1.0, WEDGES: 8})])
    stage.do("/cue/go")
    stage.do(after=1.0)
    assert (stage[DEPTH], stage[WEDGES]) == (0.25, 6)
    assert stage.play.lines() == ["cue 1/1 slow", "cue 1 slow: 75 % left"]
    stage.do(after=2.999)
    assert stage[DEPTH] < 1.0
    stage.do(after=MS)
    assert (stage[DEPTH], stage[WEDGES]) == (1.0, 8)


def test_waits_and_follow_ons_come_to_the_millisecond():
    stage = Stage(
        cues=[
            Cue("one", wait=0.25, fade=0.5, follow=0.125, set={STYLE: "rain", DEPTH: 1.0}),
            Cue("two", wait=0.0625, set={STYLE: "wave"}, follow=0.0),
            Cue("three", set={INVERT: True}),
        ]
    )
    stage.do("/cue/go")
    assert when(stage, STYLE) == 250
    assert when(stage, STYLE) == pytest.approx(500 + 125 + 62.5, abs=1)
    assert stage[INVERT] is True
    assert stage[DEPTH] == 1.0


@pytest.mark.parametrize("frame", [MS, 1 / 60, 0.21, 100.0])
def test_a_chain_does_not_drift_with_the_frames(frame):
    """However late a frame is, every cue begins when it was due, from what was there just then."""
    chain = [Cue(f"{n}", fade=0.3, wait=0.1, follow=0.1, set={DEPTH: n % 2 * 1.0}) for n in range(1, 20)]
    stage = Stage(cues=[*chain, Cue("last", fade=100.0, set={SPEED: -4.0})])
    stage.do("/cue/go")
    while stage.now < START + 40.0 - 1e-9:
        stage.do(after=min(frame, START + 40.0 - stage.now))
    assert stage.play.state()["cue"]["number"] == 20
    assert stage[SPEED] == pytest.approx(1.0 - 5.0 * (40.0 - 19 * 0.5) / 100.0)


@pytest.mark.parametrize(
    ("quantise", "pressed", "lands"),
    [
        ("none", 0.3, 0.3),
        ("beat", 0.3, 0.5),
        ("beat", 0.5, 1.0),
        ("bar", 0.3, 2.0),
        ("bar", 2.001, 4.0),
        ("phrase", 0.3, 8.0),
        ("phrase", 8.5, 16.0),
    ],
)
def test_a_quantised_cue_lands_on_its_beat(quantise, pressed, lands):
    stage = Stage(cues=[Cue(quantise=quantise, set={STYLE: "rain"})])
    stage.do("/cue/go", after=pressed)
    stage.do(after=max(0.0, lands - pressed - MS))
    assert stage[STYLE] == ("rain" if lands == pressed else "candy")
    stage.do(after=MS)
    assert stage[STYLE] == "rain"


def test_a_fade_begins_on_the_beat_and_not_with_the_frame_after_it():
    stage = Stage(cues=[Cue(quantise="beat", fade=1.0, set={DEPTH: 1.0})])
    stage.do("/cue/go", after=0.4)
    stage.do(after=0.35)
    assert stage[DEPTH] == pytest.approx(0.25)


def test_the_wait_comes_after_the_beat_and_a_follow_on_is_quantised_too():
    stage = Stage(
        cues=[Cue(wait=0.25, quantise="bar", follow=0.5, set={STYLE: "rain"}), Cue(quantise="bar", set={DEPTH: 1})]
    )
    stage.do("/cue/go", after=MS)
    assert when(stage, STYLE) == 2249
    assert when(stage, DEPTH) == 1750


def test_a_waiting_cue_follows_the_tempo():
    stage = Stage(cues=[Cue(quantise="phrase", set={STYLE: "rain"})])
    stage.do("/cue/go", after=1.0)
    assert stage.play.lines() == ["cue 0/1, cue 1 in 7.0 s"]
    stage.tempo.bpm = 240.0
    stage.do(after=1.0)
    assert stage.play.lines() == ["cue 0/1, cue 1 in 2.0 s"]
    stage.tempo.start -= 1.5  # somebody taps the one
    stage.do(after=0.5)
    assert stage[STYLE] == "rain"


def test_a_beat_that_is_moved_into_the_past_is_waited_for_again():
    stage = Stage(cues=[Cue(quantise="bar", fade=1.0, set={DEPTH: 1.0})])
    stage.do("/cue/go", after=0.1)
    stage.do(after=0.9)
    stage.tempo.start -= 1.05  # the bar that was to come in 1 s came 50 ms ago
    stage.do(after=0.05)
    assert (stage[DEPTH], stage.play.lines()[0]) == (0.0, "cue 0/1, cue 1 in 1.9 s")
    stage.do(after=1.9)
    stage.do(after=0.5)
    assert stage[DEPTH] == pytest.approx(0.5)


@pytest.mark.parametrize(("pressed", "begins"), [(0.1, 1.95), (1.96, 1.96), (2.0, 3.95)])
def test_a_cue_on_the_beat_begins_early_enough_to_be_seen_on_it(pressed, begins):
    stage = Stage(cues=[Cue(quantise="bar", fade=10.0, set={DEPTH: 1.0})])
    stage.lookahead = 0.05
    stage.do(after=pressed)
    stage.do("/cue/go")
    for _ in range(5):
        stage.do(after=1.0)
    assert stage[DEPTH] == pytest.approx((pressed + 5.0 - begins) / 10.0)


def test_the_show_s_own_clock_counts_the_same():
    stage = Stage(cues=[Cue(quantise="bar", set={STYLE: "rain"}), Cue(quantise="phrase", set={STYLE: "wave"})])
    tempo = Tempo(128.0, START)
    stage.play = Play(stage.store, tempo, Plan(cues=stage.plan.cues), stage.fire)
    stage.do("/cue/go", after=0.1)
    assert START + when(stage, STYLE) * MS + 0.1 == pytest.approx(tempo.at(4.0), abs=MS)
    stage.do("/cue/go")
    when(stage, STYLE)
    assert stage.now == pytest.approx(tempo.at(16.0), abs=MS)


def test_go_once_more_does_not_wait():
    stage = Stage(cues=[Cue(quantise="phrase", wait=3.0, set={STYLE: "rain"}), Cue(set={STYLE: "wave"})])
    stage.do("/cue/go", after=1.0)
    stage.do("/cue/go", after=0.1)
    assert stage[STYLE] == "rain"
    stage.do(after=30.0)
    assert stage[STYLE] == "rain", "the beat that it waited for must not bring it again"


def test_go_does_not_wait_for_a_follow_on():
    stage = Stage(cues=[Cue(follow=10.0, set={STYLE: "rain"}), Cue(set={STYLE: "wave"}), Cue(set={STYLE: "udnie"})])
    stage.do("/cue/go")
    stage.do("/cue/go", after=1.0)
    assert stage[STYLE] == "wave"
    stage.do(after=30.0)
    assert stage[STYLE] == "wave"


def test_stop_holds_everything_where_it_is():
    stage = Stage(cues=[Cue(fade=1.0, follow=0.0, set={DEPTH: 1.0}), Cue(set={STYLE: "rain"})])
    stage.do("/cue/go")
    stage.do("/cue/stop", after=0.5)
    held = stage[DEPTH]
    stage.do(after=9.0)
    assert (stage[DEPTH], stage[STYLE]) == (held, "candy")
    stage.do("/cue/go")
    assert stage[STYLE] == "rain"


def test_back_is_the_state_of_the_cue_before():
    stage = Stage(
        cues=[
            Cue("one", set={DEPTH: 0.25}),
            Cue("two", set={STYLE: "rain"}),
            Cue("three", fade=2.0, set={DEPTH: 1.0, SPEED: 3.0}),
        ],
        start={SPEED: 2.0},
    )
    stage.do("/cue/go", "/cue/go", "/cue/go")
    stage.do(after=2.0)
    stage.hand(STYLE, "wave")
    stage.do("/cue/back")
    assert stage[STYLE] == "rain", "as cue two has it"
    stage.do(after=1.0)
    assert (stage[DEPTH], stage[SPEED]) == (0.625, 2.5), "in the time of the cue that is left"
    stage.do(after=1.0)
    assert (stage[DEPTH], stage[SPEED]) == (0.25, 2.0), "where no cue has said anything: as it was before"
    stage.do("/cue/back", "/cue/back")
    assert (stage[DEPTH], stage[STYLE], stage[SPEED]) == (0.0, "candy", 2.0)
    assert stage.play.lines() == ["cue 0/3, next cue 1 one"]
    before = dict(stage.store.targets)
    stage.do("/cue/back")
    assert dict(stage.store.targets) == before


def test_what_was_before_is_taken_anew_when_the_list_begins_again():
    stage = Stage(cues=[Cue(set={DEPTH: 1.0})])
    stage.do("/cue/go", "/cue/back")
    stage.hand(DEPTH, 0.5)
    stage.do("/cue/go", "/cue/back")
    assert stage[DEPTH] == 0.5


def test_back_calls_a_waiting_cue_off():
    stage = Stage(cues=[Cue(set={DEPTH: 1.0}), Cue(quantise="bar", set={STYLE: "rain"})])
    stage.do("/cue/go")
    stage.do("/cue/go", after=0.1)
    stage.do("/cue/back", after=0.1)
    stage.do(after=9.0)
    assert (stage[DEPTH], stage[STYLE]) == (1.0, "candy")
    assert stage.play.lines() == ["cue 1/2, next cue 2"]


@pytest.mark.parametrize("trigger", ["/cue/3", "/cue/goto=3"])
@pytest.mark.parametrize("first", [(), ("/cue/go",), ("/cue/4",)])
def test_goto_has_the_state_that_all_before_it_make(trigger, first):
    stage = Stage(
        cues=[
            Cue(set={DEPTH: 0.25}),
            Cue(set={STYLE: "rain"}),
            Cue(set={INVERT: True}),
            Cue(set={DEPTH: 1.0, WEDGES: 9}),
        ]
    )
    stage.do(*first)
    stage.do(trigger)
    assert (stage[DEPTH], stage[STYLE], stage[INVERT], stage[WEDGES]) == (0.25, "rain", True, 6)
    stage.do("/cue/go")
    assert (stage[DEPTH], stage[WEDGES]) == (1.0, 9)


def test_goto_nowhere_says_so():
    stage = Stage(cues=[Cue()])
    stage.do("/cue/goto=7")
    assert stage.play.notice == "there is no cue 7: 1 in all"


def test_a_cue_takes_a_snapshot_and_its_own_values_over_it():
    stage = Stage(
        {4: StoredSnapshot("Verse", {DEPTH: 0.5, STYLE: "rain"})}, [Cue("c", snapshot=4, set={STYLE: "wave"})]
    )
    stage.do("/cue/go")
    assert (stage[DEPTH], stage[STYLE]) == (0.5, "wave")


def test_a_cue_whose_snapshot_is_empty_goes_all_the_same():
    stage = Stage(cues=[Cue("c", snapshot=4, set={STYLE: "wave"})])
    stage.do("/cue/go")
    assert stage[STYLE] == "wave"
    assert stage.play.notice == "cue 1 c: snapshot 4 is empty"


def test_triggers_fire_when_the_fade_begins_in_their_order():
    stage = Stage(cues=[Cue(wait=1.0, fire=("/layer/1/source/seek=0.5", "/layer/1/model/restart"))])
    stage.do("/cue/go")
    stage.do(after=0.999)
    assert stage.fired == []
    stage.do(after=MS)
    assert stage.fired == [("/layer/1/source/seek", 0.5), ("/layer/1/model/restart", 0.0)]


def test_a_cue_may_recall_shuffle_and_even_panic():
    stage = Stage(
        {2: StoredSnapshot("", {DEPTH: 0.5})},
        [Cue(fire=("/snapshot/2",)), Cue(fire=("/master/panic",), follow=1.0), Cue()],
    )
    stage.do("/cue/go")
    assert stage[DEPTH] == 0.5
    stage.do("/cue/go")
    assert stage[DEPTH] == 0.0
    assert stage.play.lines() == ["cue 2/3, next cue 3"]


def test_a_cue_may_fade_a_macro():
    stage = Stage(cues=[Cue(fade=1.0, set={"/macro/1": 1.0})], macros=[Macro("", (MacroTarget(DEPTH, 0.0, 0.5),))])
    stage.do("/cue/go")
    stage.do(after=0.5)
    assert stage[DEPTH] == pytest.approx(0.25)
    stage.do(after=0.5)
    assert stage[DEPTH] == 0.5


def test_a_hand_takes_its_address_over_and_the_rest_fades_on():
    stage = Stage(cues=[Cue(fade=1.0, set={DEPTH: 1.0, SPEED: 3.0})])
    stage.do("/cue/go")
    stage.hand(DEPTH, 0.1, after=0.5)
    stage.do(after=0.5)
    assert (stage[DEPTH], stage[SPEED]) == (0.1, 3.0)


@pytest.mark.parametrize(
    ("cue", "complaint"),
    [
        (Cue("x", fade=-1.0), "cue 2 x: fade takes 0..3600 s, not -1.0"),
        (Cue("x", wait=float("nan")), "cue 2 x: wait takes"),
        (Cue("x", follow=float("inf")), "cue 2 x: follow takes"),
        (
            Cue("x", quantise="bars"),
            "cue 2 x: unknown quantise 'bars'.*did you mean 'bar'.*choices: bar, beat, none, phrase",
        ),
        (Cue("x", snapshot=17), "cue 2 x: there is no snapshot 17"),
        (Cue("x", set={"/layer/9/opacity": 1.0}), "cue 2 x: unknown address"),
        (Cue("x", set={STYLE: "wav"}), "cue 2 x: .*did you mean 'wave'"),
        (Cue("x", set={"/master/panic": 1}), "cue 2 x: /master/panic is a trigger"),
        (Cue("x", fire=("/master/blackout",)), "cue 2 x: /master/blackout is no trigger but a bool"),
        (Cue("x", fire=("/cue/go",)), "a cue can't fire /cue/go"),
        (Cue("x", fire=("/history/undo",)), "a cue can't fire /history/undo"),
        (Cue("x", fire=("/layer/1/source/seek",)), "takes an argument in 0..1: /layer/1/source/seek=0"),
        (Cue("x", fire=("/layer/1/source/seek=2",)), "seek takes 0..1"),
        (Cue("x", fire=("/layer/1/source/seek=fast",)), "seek takes a number"),
        (Cue("x", fire=("/master/panic=1",)), "takes no argument"),
        (Cue("x\n"), "a name is one line"),
    ],
)
def test_a_cue_of_the_preset_that_can_not_be_is_refused(cue, complaint):
    with pytest.raises(BadInput, match=complaint):
        check(2, cue, show_table(cues=2))


def test_there_are_so_many_at_most():
    check(500, Cue(), show_table())
    with pytest.raises(BadInput, match="at most 500 cues"):
        check(501, Cue(), show_table())


def test_a_show_without_cues_has_no_addresses_for_them():
    assert not [address for address in show_table() if address.startswith("/cue/")]
    assert Stage().play.lines() == []
