"""The clock of beats: taps, nudges, somebody else's count; what waits for a beat."""

import random

import pytest

from vj.params.control_queue import Change
from vj.params.param import ParamTable
from vj.params.signals import Beat
from vj.params.store import Store
from vj.tempo.control import TempoControl
from vj.tempo.params import CLOCK
from vj.tempo.quantise import Quantiser
from vj.tempo.tempo import FASTEST, SLOWEST, Tempo


@pytest.mark.parametrize("bpm", [SLOWEST, 90.0, 120.0, 174.0, FASTEST])
def test_beats_and_times_are_each_others_inverse(bpm):
    tempo = Tempo(bpm, now=50.0)
    assert tempo.beat(50.0) == 0.0
    assert tempo.beat(50.0 + 60.0 / bpm) == pytest.approx(1.0)
    for beat in (0.0, 1.0, 7.25):
        assert tempo.beat(tempo.at(beat)) == pytest.approx(beat)


def test_another_speed_does_not_leap():
    tempo = Tempo(120.0)
    before = tempo.beat(10.3)
    tempo.set_bpm(90.0, 10.3)
    assert tempo.beat(10.3) == before
    assert tempo.beat(11.3) == pytest.approx(before + 1.5)


@pytest.mark.parametrize("bpm", [60.0, 90.0, 128.0, 174.0])
def test_taps_set_speed_and_place(bpm):
    tempo, uneven = Tempo(100.0), random.Random(7)
    taps = [5.0 + place * 60.0 / bpm + uneven.gauss(0.0, 0.008) for place in range(8)]
    for at in taps:
        tempo.tap(at)
    assert tempo.bpm == pytest.approx(bpm, rel=0.02)
    off = tempo.beat(5.0 + 7 * 60.0 / bpm) % 1.0
    assert min(off, 1.0 - off) < 0.03


def test_one_tap_changes_nothing_and_a_pause_begins_anew():
    tempo = Tempo(120.0)
    tempo.tap(1.0)
    assert (tempo.bpm, tempo.beat(2.0)) == (120.0, 4.0)
    tempo.tap(10.0)
    assert tempo.bpm == 120.0
    tempo.tap(10.03)  # a key that bounced
    tempo.tap(10.75)
    assert tempo.bpm == pytest.approx(80.0)


def test_nudge_scale_and_resync():
    tempo = Tempo(120.0)
    tempo.nudge(0.25)
    assert tempo.beat(0.0) == 0.25
    assert tempo.scale(2.0, 1.0)
    assert (tempo.bpm, tempo.beat(1.0)) == (240.0, 2.5), "beat 3 is half a beat's time away, as it was: now a whole one"
    assert not tempo.scale(2.0, 1.0), "480 is out of range: nothing happens"
    assert tempo.scale(0.5, 1.0)
    assert (tempo.bpm, tempo.beat(1.0)) == (120.0, 2.25)
    tempo.resync(9.9)
    assert tempo.beat(9.9) % tempo.phrase == 0.0
    assert tempo.next(tempo.bar, 9.9) == pytest.approx(9.9 + 2.0)


@pytest.mark.parametrize("after", [0.0, 0.1, 0.499999999999, 0.5, 1.3])
def test_the_next_beat_is_always_later(after):
    tempo = Tempo(120.0)
    assert 0.0 < tempo.next(1.0, after) - after <= 0.5 + 1e-9


def test_somebody_elses_count_is_followed_without_going_back():
    tempo = Tempo(120.0)
    uneven, last, now = random.Random(3), -1.0, 0.0
    for frame in range(600):
        now = frame / 30.0
        true = 4.0 + now * 126.0 / 60.0
        tempo.follow(Beat(now - 0.004, true - 0.004 * 2.1 + uneven.gauss(0.0, 0.02), 126.0), now)
        assert frame == 0 or tempo.beat(now) > last
        last = tempo.beat(now)
    assert tempo.beat(now) == pytest.approx(4.0 + now * 2.1, abs=0.05)


def test_eight_hours_of_an_uneven_count_do_not_drift():
    """A frame's time trembles by 1 ms for 8 hours; the beat of the internal and of a followed clock stays."""
    own, followed, uneven = Tempo(128.0), Tempo(128.0), random.Random(1)
    hours, rate = 8, 10
    now = 0.0
    for frame in range(hours * 3600 * rate):
        at = frame / rate + uneven.gauss(0.0, 0.001)
        now = max(now, at)
        followed.follow(Beat(at, frame / rate * 128.0 / 60.0, 128.0), now)
        if frame % 1000 == 0:
            own.set_bpm(own.bpm, now)
    end = hours * 3600.0
    for tempo in (own, followed):
        assert abs(tempo.at(end * 128.0 / 60.0) - end) < 0.005


@pytest.mark.parametrize("every", [1.0, 4.0, 16.0])
@pytest.mark.parametrize("fps", [24.0, 30.0, 59.94])
def test_every_quantised_trigger_lands_on_its_beat(every, fps):
    """Seen in the frame nearest to its beat; one that was asked for too late for that, at once."""
    tempo, uneven, half = Tempo(127.0), random.Random(5), 0.5 / fps
    quantiser, lookahead, asked = Quantiser(tempo), 0.045, []
    landed = []
    for frame in range(int(120 * fps)):
        now = frame / fps
        if not quantiser.waiting and uneven.random() < 0.05:
            asked.append(now)
            quantiser.hold(Change("/snapshot/1", "fire"), every, now)
        for change in quantiser.due(now, lookahead + half):
            beat = tempo.beat(change.at) / every
            assert beat == pytest.approx(round(beat))
            assert asked[-1] < change.at <= asked[-1] + every * 60.0 / 127.0 + 1e-6, (
                "the next one after it was asked for"
            )
            late = now + lookahead - change.at
            in_time = change.at - asked[-1] >= lookahead + half
            assert abs(late) <= half + 1e-6 if in_time else now == asked[-1]
            landed.append(change)
    assert len(landed) == len(asked) - len(quantiser.waiting) > 120 * 127 / 60 / every / 4


def test_of_those_that_exclude_each_other_the_last_is_launched():
    quantiser = Quantiser(Tempo(120.0))
    for address in ("/snapshot/1", "/cue/go", "/snapshot/2"):
        quantiser.hold(Change(address, "fire"), 4.0, 0.3)
    assert quantiser.due(1.9, 0.0) == []
    assert [change.address for change in quantiser.due(2.0, 0.0)] == ["/cue/go", "/snapshot/2"]
    assert quantiser.due(2.1, 0.0) == []


def test_what_waits_goes_with_the_tempo():
    tempo = Tempo(60.0)
    quantiser = Quantiser(tempo)
    quantiser.hold(Change("/cue/go", "fire"), 4.0, 1.0)
    tempo.set_bpm(120.0, 2.0)
    assert quantiser.due(2.9, 0.0) == []
    assert len(quantiser.due(3.0, 0.0)) == 1


@pytest.fixture
def control() -> TempoControl:
    table = ParamTable()
    table.declare("/clock", CLOCK)
    return TempoControl(Store(table, {"/clock/bpm": 100.0}), 0.0)


def fire(control: TempoControl, change: Change, now: float) -> None:
    control.handlers[change.address](change, now)


def test_the_addresses_and_the_clock_say_the_same(control):
    assert control.tempo.bpm == 100.0
    control._store.apply_values({"/clock/bpm": 140.0, "/clock/bar": 3, "/clock/phrase": 2})
    control.advance({}, 10.0)
    assert (control.tempo.bpm, control.tempo.bar, control.tempo.phrase) == (140.0, 3.0, 6.0)
    for at in (20.0, 20.5, 21.0):
        fire(control, Change("/clock/tap", "fire", at=at), 99.0)
    assert control._store.targets["/clock/bpm"] == 120.0
    control.advance({}, 22.0)
    assert control.tempo.bpm == 120.0
    assert "/cue/go" not in control.handlers


@pytest.mark.parametrize(("quantise", "beats"), [("none", 0.0), ("beat", 1.0), ("bar", 4.0), ("phrase", 16.0)])
def test_launches_wait_for_what_the_clock_says(control, quantise, beats):
    control._store.apply_values({"/clock/quantise": quantise})
    control.advance({}, 1.0)
    assert control.quantum == beats


@pytest.mark.parametrize("source", ["internal", "midi", "link", "audio"])
def test_only_the_chosen_one_is_followed(control, source):
    control._store.apply_values({"/clock/source": source})
    beats = {"midi": Beat(1.0, 8.0, 90.0), "link": Beat(1.0, 8.0, 91.0), "audio": Beat(1.0, 8.0, 92.0)}
    control.advance(beats, 1.0)
    expected = beats[source].bpm if source in beats else 100.0
    assert control.tempo.bpm == expected
    assert control._store.targets["/clock/bpm"] == expected


def test_the_beat_that_is_heard_keeps_our_bars(control):
    """What listens counts from 0 whenever it begins again."""
    control._store.apply_values({"/clock/source": "audio"})
    for frame in range(300):
        now = frame / 30.0
        control.advance({"audio": Beat(now, now * 2.0 % 7.0 if frame > 150 else now * 2.0, 120.0)}, now)
    assert control.tempo.beat(now) == pytest.approx(now * 2.0, abs=0.51)


def test_what_waits_does_not_wait_for_ever_when_the_count_begins_anew():
    tempo = Tempo(120.0)
    quantiser = Quantiser(tempo)
    quantiser.hold(Change("/cue/go", "fire"), 4.0, 100.0)
    tempo.follow(Beat(100.1, 0.0, 120.0), 100.1)
    assert quantiser.due(101.0, 0.0) == []
    assert len(quantiser.due(102.1, 0.0)) == 1


@pytest.mark.parametrize(("name", "bpm"), [("double", 180.0), ("half", 45.0)])
@pytest.mark.parametrize("source", ["audio", "midi"])
def test_what_is_followed_can_be_told_that_it_counts_every_other_beat(control, source, name, bpm):
    control._store.apply_values({"/clock/source": source})
    for frame in range(90):
        now = frame / 30.0
        if frame == 45:
            fire(control, Change(f"/clock/{name}", "fire"), now)
        control.advance({source: Beat(now, now * 1.5, 90.0)}, now)
    assert control.tempo.bpm == bpm
    assert control._store.targets["/clock/bpm"] == bpm
    off = control.tempo.beat(2.0) - 2.0 * bpm / 60.0  # beat 3 of theirs is a beat of ours, or between two
    assert off * 2 == pytest.approx(round(off * 2), abs=0.05)
    control._store.apply_values({"/clock/source": "link"})
    control.advance({"link": Beat(4.0, 7.0, 100.0)}, 4.0)
    assert control.tempo.bpm == 100.0, "another one counts for itself"


@pytest.mark.parametrize("source", ["audio", "midi", "link"])
def test_a_nudge_and_a_resync_hold_while_somebody_is_followed(control, source):
    control._store.apply_values({"/clock/source": source})
    for frame in range(200):
        now = frame / 30.0
        if frame == 60:
            fire(control, Change("/clock/nudge", "fire", 0.2), now)
        control.advance({source: Beat(now, now * 2.0, 120.0)}, now)
    assert control.tempo.beat(now) % 1.0 == pytest.approx((now * 2.0 + 0.2) % 1.0, abs=0.02)
    fire(control, Change("/clock/resync", "fire", at=now), now)
    for frame in range(200, 300):
        later = frame / 30.0
        control.advance({source: Beat(later, later * 2.0, 120.0)}, later)
    phrase = (control.tempo.beat(later) - (later - now) * 2.0) % 16.0
    assert min(phrase, 16.0 - phrase) < 0.05
    if source == "midi":
        control.advance({source: Beat(20.0, 0.0, 120.0)}, 20.0)
        assert control.tempo.beat(20.0) == pytest.approx(0.0), "whoever starts anew starts at the first beat"


def test_a_launch_at_once_takes_the_place_of_one_that_waits():
    quantiser = Quantiser(Tempo(120.0))
    quantiser.hold(Change("/snapshot/3", "fire"), 16.0, 1.0)
    quantiser.supersede(Change("/snapshot/2", "fire"))
    assert quantiser.due(9.0, 0.0) == []


class Counting:
    """Beats that stand where the test puts them, two a second."""

    def __init__(self) -> None:
        self.now_at = 0.0

    def beat(self, now: float) -> float:
        return self.now_at + 2.0 * now

    def at(self, beat: float) -> float:
        return (beat - self.now_at) / 2.0


def test_a_wait_of_a_whole_bar_is_no_restart() -> None:
    beats = Counting()
    quantiser = Quantiser(beats)
    quantiser.hold(Change("/cue/go", "fire"), 4.0, 2.0)  # on beat 4: the next is 8
    assert quantiser.due(2.0, 0.0) == []
    assert quantiser.waiting == [("/cue/go", 8.0)]
    beats.now_at = -0.0001  # the clock that is followed trembles: a little more than a bar is left
    assert quantiser.due(2.0, 0.0) == []
    beats.now_at = -4.0  # it began again
    assert quantiser.due(2.5, 0.0) == []
    assert quantiser.waiting == [("/cue/go", 4.0)]


def test_what_is_seen_on_its_beat_starts_earlier_and_knows_the_beat() -> None:
    quantiser = Quantiser(Counting())
    quantiser.hold(Change("/cue/go", "fire"), 4.0, 0.5)
    assert quantiser.due(1.9, 0.05) == []
    (launched,) = quantiser.due(1.9, 0.1)
    assert launched.at == 2.0


def test_no_more_than_so_many_wait() -> None:
    quantiser = Quantiser(Counting())
    for number in range(300):
        quantiser.hold(Change(f"/layer/{number}/bank/1", "fire"), 4.0, 0.0)
    assert len(quantiser.waiting) == 256
    quantiser.hold(Change("/layer/7/bank/2", "fire"), 4.0, 0.0)
    assert ("/layer/7/bank/2", 4.0) in quantiser.waiting, "it takes the place of its sibling"
