"""From OSC messages to the store: values, triggers, patterns, aliases, questions, floods. No socket."""

import gc
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.conftest import STYLES
from tests.control.osc.osc_bytes import EXPLODING_PATTERN, FUTURE, NEGATIVE_SIZE, bundle, message
from tests.frames import step
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.control.osc import packets as wire
from vj.control.osc.dispatcher import OscDispatcher
from vj.params.control_queue import Change, ControlQueue
from vj.params.param import Param, ParamTable, choice, command, toggle, trigger
from vj.params.store import Store

NOW = FakeClock(0.0)
STRENGTH, STYLE, BLACKOUT = "/layer/1/model/strength", "/layer/1/model/style", "/master/blackout"


@pytest.fixture
def dispatcher(table, queue, store):
    return OscDispatcher(table, queue, lambda: store.values, clock=NOW)


def play(dispatcher, *packets):
    """Take ``packets`` as one batch; the values and changes that were posted."""
    for packet in packets:
        dispatcher.enqueue_packet(packet)
    dispatcher.flush_batch()
    values, changes, *_ = dispatcher._queue.drain() or ({}, ())
    return values, list(changes)


LOOSE = {
    "float": Param("x", -1.0, 3.0, default=0.0),
    "int": Param("x", 1, 12, default=6, kind="int"),
    "bool": toggle("x", help=""),
    "choice": choice("x", STYLES, "candy", help=""),
    "trigger": trigger("x", 1, 8, help=""),
    "place trigger": trigger("x", 0.0, 1.0, help=""),
    "bare trigger": trigger("x", help=""),
    "command": command("x", help=""),
}
"""One of every kind."""


ARGUMENTS = {
    "float": [(0.5, 0.5), (2, 2.0), (9.0, 3.0), (-9, -1.0)],
    "int": [(3, 3), (3.6, 4), (99, 12), (-5.0, 1)],
    "bool": [(True, True), (False, False), (1, True), (0.0, False), (7, True)],
    "choice": [("wave", "wave"), (0, "mosaic"), (2.0, "rain"), (1.6, "rain"), (-1, "mosaic"), (999, STYLES[-1])],
    "trigger": [(3, 3.0), (2.5, 2.5), (8.0, 8.0), (0, None), (0.0, None), (False, None)],
    "place trigger": [(0.5, 0.5), (0, 0.0), (7.0, 1.0), (-1, 0.0)],
    "bare trigger": [(1, 0.0), (0.7, 0.0), (True, 0.0), (0, None), (0.0, None), (False, None)],
    "command": [("mirror", "mirror"), (3, "3"), (2.0, "2"), (0, None), (0.0, None)],
}
REFUSED = {
    "float": ["0.5", True],
    "int": ["3", False],
    "bool": ["on"],
    "choice": ["Wave", True],
    "trigger": ["3", True, 99, 0.9, -3, 8.5],
    "place trigger": ["0.5", True],
    "bare trigger": ["go"],
    "command": [True, 0.5, "x" * 1001],
}


def alone(kind):
    table, queue = ParamTable(), ControlQueue()
    table.declare("/a", [LOOSE[kind]])
    return OscDispatcher(table, queue, dict, clock=NOW)


@pytest.mark.parametrize(("kind", "raw", "value"), [(kind, *case) for kind in LOOSE for case in ARGUMENTS[kind]])
def test_every_kind_takes_its_values(kind, raw, value):
    dispatcher = alone(kind)
    values, changes = play(dispatcher, message("/a/x", raw))
    if LOOSE[kind].kind == "trigger":
        expected = {"text": value} if isinstance(value, str) else {"amount": pytest.approx(value)}
        assert changes == ([] if value is None else [Change("/a/x", "fire", **expected)])
    else:
        assert values == {"/a/x": pytest.approx(value)}
        assert type(values["/a/x"]) is type(value)
    assert (dispatcher.applied, dispatcher.refused) == (1, 0)


@pytest.mark.parametrize("kind", LOOSE)
def test_every_kind_refuses_what_it_does_not_take(kind):
    dispatcher = alone(kind)
    bad = [*REFUSED[kind], math.nan, math.inf, -math.inf]
    packets = [message("/a/x", raw) for raw in bad] + [message("/a/x", 1, 2), message("/a/x", b"1", tags="b")]
    packets += [message("/a/x")] * (kind != "bare trigger")
    for count, packet in enumerate(packets, start=1):
        assert play(dispatcher, packet) == ({}, [])
        assert dispatcher.refused == count
        assert dispatcher.reason
    assert dispatcher.applied == 0


@pytest.mark.parametrize(
    ("kind", "raw", "count"),
    [("float", 9.0, 1), ("float", 3.0, 0), ("int", -5, 1), ("choice", -1, 1), ("choice", 999, 1), ("choice", 1.6, 0)],
)
def test_what_is_clamped_is_counted(kind, raw, count):
    dispatcher = alone(kind)
    play(dispatcher, message("/a/x", raw))
    assert (dispatcher.applied, dispatcher.clamped) == (1, count)


def test_what_the_preset_does_not_allow_is_forbidden_with_the_line_that_would():
    table, clock = ParamTable(), FakeClock()
    table.declare("/a", [Param("x")])
    dispatcher = OscDispatcher(
        table, ControlQueue(), dict, clock=clock, forbidden={"/show/quit": "[allow] quit = true"}
    )
    play(dispatcher, message("/show/quit", 1))
    assert (dispatcher.forbidden, dispatcher.unknown) == (1, 0)
    assert dispatcher.last_forbidden == "/show/quit is not allowed by OSC; the preset can: [allow] quit = true"
    assert dispatcher.notice == f"OSC: {dispatcher.last_forbidden}"
    clock.sleep(10.0)
    assert dispatcher.notice == ""


def test_an_unknown_address_is_told_with_the_nearest():
    table, clock = ParamTable(), FakeClock()
    table.declare("/layer/1/model", [Param("strength")])
    dispatcher = OscDispatcher(table, ControlQueue(), dict, clock=clock)
    play(dispatcher, message("/layer/1/model/strenth", 1.0))
    assert (dispatcher.unknown, dispatcher.last_unknown) == (1, "/layer/1/model/strenth")
    assert dispatcher.notice == ("OSC: unknown address /layer/1/model/strenth (did you mean /layer/1/model/strength?)")
    play(dispatcher, message("/nothing/like/it", 1.0))
    assert dispatcher.notice == "OSC: unknown address /nothing/like/it"


def test_a_bare_trigger_needs_no_argument(dispatcher):
    packets = [message("/master/panic"), b"/master/panic\0\0\0", message("/master/panic", 1.0)]
    assert play(dispatcher, *packets)[1] == [Change("/master/panic", "fire", 0.0)] * 3


def test_a_trigger_says_when_it_came(table, queue):
    clock = FakeClock(5.0)
    dispatcher = OscDispatcher(table, queue, dict, clock=clock)
    play(dispatcher, message("/master/panic"))
    clock.sleep(0.5)
    assert [change.at for change in play(dispatcher, message("/master/panic"))[1]] == [5.5]


def test_an_impulse_fires(dispatcher):
    assert play(dispatcher, b"/master/panic\0\0\0,I\0\0")[1] == [Change("/master/panic", "fire")]


def test_an_unknown_address_is_counted_and_named(dispatcher):
    assert play(dispatcher, message("/layer/9/model/strength", 0.5)) == ({}, [])
    assert (dispatcher.unknown, dispatcher.refused, dispatcher.last_unknown) == (1, 0, "/layer/9/model/strength")


def test_bundles_are_applied_at_once_whatever_their_time(dispatcher):
    values, changes = play(dispatcher, FUTURE, bundle(message(STYLE, "wave"), bundle(message("/master/panic"))))
    assert values == {STRENGTH: 0.5, STYLE: "wave"}
    assert len(changes) == 1


def test_no_frame_sees_a_part_of_a_bundle(table, store):
    class Looking(ControlQueue):
        """A frame wants its batch between any two posts."""

        def put_all(self, *posted):
            super().put_all(*posted)
            drained.append(self.drain())

    drained = []
    dispatcher = OscDispatcher(table, Looking(), lambda: store.values, clock=NOW)
    dispatcher.enqueue_packet(bundle(message(STRENGTH, 0.5), message(STYLE, "wave"), message("/master/panic")))
    dispatcher.flush_batch()
    assert [(batch.values, len(batch.changes)) for batch in drained] == [({STRENGTH: 0.5, STYLE: "wave"}, 1)]


def test_a_bundle_keeps_its_order(dispatcher):
    sent = [message(STYLE, "wave"), message("/master/panic"), message(STRENGTH, 0.5), message(STRENGTH, "+0.1")]
    dispatcher.enqueue_packet(bundle(*sent))
    dispatcher.flush_batch()
    pieces = [(dict(m.values), [c.action for c in m.changes]) for m in dispatcher._queue.drain().pieces()]
    assert pieces == [({STYLE: "wave"}, ["fire"]), ({STRENGTH: 0.5}, ["add"])]


def test_the_hostile_three_do_no_harm(dispatcher):
    values, _ = play(dispatcher, NEGATIVE_SIZE, EXPLODING_PATTERN, FUTURE, message(STRENGTH, 0.25))
    assert values == {STRENGTH: 0.25}
    assert (dispatcher.refused, dispatcher.unknown) == (1, 1)


def test_a_broken_bundle_counts_as_a_whole(dispatcher):
    good = message(STRENGTH, 0.5)
    assert play(dispatcher, bundle(good, good + b"\1\2\3\4")[:-8] + b"\xff\xff\xff\xfc") == ({}, [])
    assert (dispatcher.received, dispatcher.refused) == (1, 1)


class TestPatterns:
    def test_reach_every_address_they_mean(self, dispatcher):
        values, _ = play(dispatcher, message("/layer/*/model/strength", 0.5))
        assert values == {STRENGTH: 0.5, "/layer/2/model/strength": 0.5}

    def test_are_last_wins_with_plain_addresses(self, dispatcher):
        pattern = message("/layer/[12]/model/strength", 0.5)
        assert play(dispatcher, pattern, message(STRENGTH, 0.25))[0] == {STRENGTH: 0.25, "/layer/2/model/strength": 0.5}
        assert play(dispatcher, message(STRENGTH, 0.25), pattern)[0] == {STRENGTH: 0.5, "/layer/2/model/strength": 0.5}

    def test_leave_alone_those_that_refuse(self, dispatcher):
        values, _ = play(dispatcher, message("/layer/1/model/*", "wave"))
        assert values == {STYLE: "wave"}
        assert (dispatcher.applied, dispatcher.refused) == (1, 0)

    def test_broken_ones_are_refused(self, dispatcher):
        play(dispatcher, message("/layer/[1/model", 0.5))
        assert dispatcher.refused == 1

    def test_their_cache_is_bounded(self, dispatcher):
        for number in range(1000):
            play(dispatcher, message(f"/layer/*/model/{number}", 0.5))
        assert len(dispatcher._patterns) <= 256
        assert dispatcher.unknown == 1000


class TestAliases:
    @pytest.mark.parametrize(
        ("address", "raw", "value"),
        [
            ("/layer/1/model/offset", 0.0, -2.0),
            ("/layer/1/model/offset", 0.5, 2.0),
            ("/layer/1/model/offset", 7.0, 6.0),
            ("/layer/1/model/wedges", 1, 12),
            (STYLE, 0.0, "mosaic"),
            (STYLE, 0.5, "rain"),
            (STYLE, 1.0, "wave"),
            (STYLE, "udnie", "udnie"),
            (BLACKOUT, 1.0, True),
            (BLACKOUT, False, False),
        ],
    )
    def test_a_fader_is_spread_over_the_range(self, table, queue, address, raw, value):
        dispatcher = OscDispatcher(table, queue, dict, {"/1/fader1": address})
        assert play(dispatcher, message("/1/fader1", raw))[0] == {address: value}

    def test_a_button_fires_and_its_release_does_not(self, table, queue):
        dispatcher = OscDispatcher(
            table, queue, dict, clock=NOW, aliases={"/1/push1": "/master/panic", "/1/fader2": "/snapshot/recall"}
        )
        pressed = [message("/1/push1", 1.0), message("/1/push1", 0.0), message("/1/fader2", 1.0)]
        assert play(dispatcher, *pressed)[1] == [
            Change("/master/panic", "fire"),
            Change("/snapshot/recall", "fire", 8.0),
        ]

    def test_an_alias_and_the_address_itself_are_last_wins(self, table, queue):
        dispatcher = OscDispatcher(table, queue, dict, {"/1/fader1": STRENGTH})
        assert play(dispatcher, message("/1/fader1", 0.5), message(STRENGTH, 0.25))[0] == {STRENGTH: 0.25}
        assert play(dispatcher, message(STRENGTH, 0.25), message("/1/fader1", 0.5))[0] == {STRENGTH: 0.5}

    @pytest.mark.parametrize(
        "aliases", [{"/1/fader1": "/nowhere"}, {"1": STRENGTH}, {"/*": STRENGTH}, {STYLE: STRENGTH}]
    )
    def test_to_nowhere_or_in_the_way_are_refused(self, table, queue, aliases):
        with pytest.raises(BadInput, match="alias"):
            OscDispatcher(table, queue, dict, aliases)


class TestQuestions:
    @pytest.mark.parametrize(
        ("address", "value"), [(STRENGTH, 1.0), ("/layer/1/model/wedges", 6), (BLACKOUT, False), (STYLE, "candy")]
    )
    def test_are_answered_to_who_asked(self, dispatcher, address, value):
        dispatcher.enqueue_packet(message(address, "?"), "the sender")
        assert dispatcher.flush_batch() == [(wire.encode(address, value), "the sender")]
        assert dispatcher.applied == 1

    def test_are_heard_among_values_for_the_same_address(self, dispatcher):
        for packet in (message(STRENGTH, 0.25), message(STRENGTH, "?"), message(STRENGTH, 0.75)):
            dispatcher.enqueue_packet(packet, "the sender")
        assert len(dispatcher.flush_batch()) == 1
        assert dispatcher._queue.drain()[0] == {STRENGTH: 0.75}

    def test_a_pattern_asks_for_all_that_have_a_value(self, dispatcher):
        dispatcher.enqueue_packet(message("/master/*", "?"))
        assert [reply for reply, _ in dispatcher.flush_batch()] == [
            message(BLACKOUT, False),
            message("/master/freeze", False),
        ]

    def test_a_trigger_has_no_answer(self, dispatcher):
        dispatcher.enqueue_packet(message("/master/panic", "?"))
        assert dispatcher.flush_batch() == []
        assert dispatcher.refused == 1
        assert dispatcher._queue.drain() is None

    def test_answers_are_bounded(self, dispatcher):
        for _ in range(1000):
            dispatcher.enqueue_packet(message(STRENGTH, "?"))
        assert len(dispatcher.flush_batch()) == 256
        assert dispatcher.refused == 1000 - 256


VALID = [
    message(STRENGTH, 0.5),
    message(STYLE, "wave"),
    message(STYLE, 3),
    message(BLACKOUT, True),
    message("/master/panic"),
    message("/snapshot/recall", 3),
    message("/layer/{1,2}/model/s*", 0.5),
    message(STRENGTH, "?"),
    bundle(message(STRENGTH, 0.5), message(BLACKOUT, 1), bundle(message(STYLE, "rain"))),
]


@st.composite
def mutated(draw):
    """A valid packet with some bytes changed, cut or put in."""
    packet = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(packet)))
        cut = draw(st.integers(0, 4))
        packet[place : place + cut] = draw(st.binary(max_size=4))
    return bytes(packet)


def make_show():
    table = ParamTable()
    table.declare("/layer/1/model", [Param("strength"), choice("style", STYLES, "candy", help="")])
    table.declare("/layer/2/model", [Param("strength")])
    table.declare("/master", [toggle("blackout", help=""), trigger("panic", help="")])
    table.declare("/snapshot", [trigger("recall", 1, 8, help="")])
    return table


def test_refusing_leaves_nothing_for_a_garbage_collector_that_is_off(dispatcher):
    bad = [NEGATIVE_SIZE, EXPLODING_PATTERN, message(STRENGTH, math.nan), message(STRENGTH, "x"), message("/no", 1)]
    bad += [message("/layer/[", 1), message(STYLE, "waves"), message("/layer/1/*/s*", True), message(STRENGTH)]
    bad += [b"/layer/1/model/style\0\0\0\0,s\0\0\xff\0\0\0", message(STRENGTH, "?")[:-4], message("/master/panic", "?")]
    play(dispatcher, *bad)
    gc.collect()
    gc.disable()
    try:
        for packet in bad:
            play(dispatcher, packet)
        assert gc.collect() == 0
    finally:
        gc.enable()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(mutated() | st.binary(max_size=60) | st.sampled_from(VALID), max_size=6))
def test_no_bytes_upset_the_inbox_or_the_types_of_the_values(packets):
    table, queue = make_show(), ControlQueue()
    store = Store(table)
    dispatcher = OscDispatcher(table, queue, lambda: store.values)
    for packet in packets:
        dispatcher.enqueue_packet(packet)
    dispatcher.flush_batch()
    dispatcher.enqueue_packet(message("/layer/2/model/strength", 0.125))
    dispatcher.flush_batch()
    step(store, queue.drain(), 1 / 60)
    assert store.values["/layer/2/model/strength"] == 0.125
    for address, value in store.values.items():
        assert table[address].check(value, strict=True) == value
        assert type(value) is type(table[address].default)
    counted = dispatcher.applied + dispatcher.refused + dispatcher.unknown + dispatcher.superseded
    assert counted == dispatcher.received


def test_commands_are_all_carried_out_in_their_order(table, queue, store):
    table.declare("/layer/1/effect", [command("add", help="")])
    dispatcher = OscDispatcher(table, queue, lambda: store.values, clock=NOW)
    names = ("mirror", "glitch", "mirror")
    _, changes = play(dispatcher, *(message("/layer/1/effect/add", name) for name in names))
    assert [change.text for change in changes] == list(names)


def test_what_the_show_tells_is_asked_for_and_not_set(table, queue, store):
    table.declare("/layer/1/train", [Param("seconds", 0.0, 60.0, told=True)])
    dispatcher = OscDispatcher(table, queue, lambda: {"/layer/1/train/seconds": 12.0}, clock=NOW)
    for arguments in ((3.0,), ("+", 1), ("-2",)):
        assert play(dispatcher, message("/layer/1/train/seconds", *arguments)) == ({}, [])
        assert dispatcher.reason
    assert dispatcher.refused == 3
    dispatcher.enqueue_packet(message("/layer/1/train/seconds", "?"), "me")
    assert wire.arguments(dispatcher.flush_batch()[0][0]) == [12.0]


class TestChanges:
    """The table changes between two batches."""

    NEW, GONE = "/layer/1/effect/mirror/mix", "/layer/2/model/stretch"

    @pytest.fixture
    def dispatcher(self, table, queue, store):
        aliases = {"/1/fader1": STRENGTH, "/1/fader2": self.GONE}
        return OscDispatcher(table, queue, lambda: store.targets, aliases, clock=NOW)

    def test_what_comes_is_reached_by_address_pattern_and_question(self, dispatcher, store):
        assert play(dispatcher, message("/layer/1/effect/*/mix", 0.5)) == ({}, [])
        store.change_table((), [("/layer/1/effect/mirror", [Param("mix", default=1.0)])])
        assert play(dispatcher, message(self.NEW, 0.25)) == ({self.NEW: 0.25}, [])
        assert play(dispatcher, message("/layer/1/effect/*/mix", 0.5)) == ({self.NEW: 0.5}, [])
        dispatcher.enqueue_packet(message(self.NEW, "?"), "me")
        assert wire.arguments(dispatcher.flush_batch()[0][0]) == [1.0]

    def test_what_goes_is_unknown_and_its_alias_rests_until_it_is_back(self, dispatcher, store):
        param = store.table[self.GONE]
        play(dispatcher, message("/layer/2/model/*", 1.0))
        store.change_table([self.GONE], ())
        for address in (self.GONE, "/1/fader2", "/layer/2/model/str?tch"):
            assert play(dispatcher, message(address, 0.5)) == ({}, [])
        assert play(dispatcher, message("/layer/2/model/*", 0.5)) == ({"/layer/2/model/strength": 0.5}, [])
        assert play(dispatcher, message("/1/fader1", 0.5)) == ({STRENGTH: 0.5}, [])
        store.change_table((), [("/layer/2/model", [param])])
        assert play(dispatcher, message("/1/fader2", 0.5)) == ({self.GONE: 0.5}, [])

    MIX, ADD = "/layer/1/effect/mirror/mix", "/layer/1/effect/add"

    @pytest.fixture
    def early(self, table, queue, store):
        """A dispatcher with a clock of its own, in a show that can add effects."""
        table.declare("/layer/1/effect", [command("add", help="")])
        return OscDispatcher(table, queue, lambda: store.targets, clock=FakeClock(0.0))

    def come(self, store):
        """Do what a frame makes of the command."""
        store.change_table((), [("/layer/1/effect/mirror", [Param("mix", default=1.0), trigger("hit", help="")])])

    @pytest.mark.parametrize("in_one_bundle", [True, False])
    def test_what_comes_with_the_command_that_brings_its_address_waits_for_that(self, early, store, in_one_bundle):
        add, low, high = message(self.ADD, "mirror"), message(self.MIX, 0.25), message(self.MIX, 0.75)
        if in_one_bundle:
            assert play(early, bundle(add, low, high)) == ({}, [Change(self.ADD, "fire", text="mirror")])
        else:
            play(early, add)
            assert play(early, low, high) == ({}, [])
        assert play(early) == ({}, [])
        assert early.holds
        self.come(store)
        assert play(early, message("/layer/1/effect/mirror/hit", 1)) == (
            {self.MIX: 0.75},
            [Change("/layer/1/effect/mirror/hit", "fire")],
        )
        assert (early.received, early.unknown, early.holds, early.notice) == (4, 0, False, "")

    def test_a_newer_value_replaces_one_that_waited(self, early, store):
        play(early, message(self.ADD, "mirror"), message(self.MIX, 0.25))
        self.come(store)
        assert play(early, message(self.MIX, 0.5)) == ({self.MIX: 0.5}, [])

    def test_it_waits_on_while_other_things_come_first(self, early, store):
        play(early, message(self.ADD, "x"), message(self.ADD, "mirror"), message(self.MIX, 0.25))
        store.change_table((), [("/layer/1/effect/x", [Param("mix", default=1.0)])])
        assert play(early) == ({}, [])
        assert early.holds
        self.come(store)
        assert play(early) == ({self.MIX: 0.25}, [])

    def test_what_never_comes_is_unknown_soon(self, early, store):
        play(early, message(self.ADD, "nope"), message("/layer/1/effect/nope/mix", 0.25))
        assert (early.unknown, early.holds) == (0, True)
        early._clock.sleep(0.5)
        assert play(early) == ({}, [])
        assert (early.unknown, early.holds) == (1, False)
        assert early.notice.startswith("OSC: unknown address /layer/1/effect/nope/mix")
        self.come(store)
        assert play(early) == ({}, [])

    def test_what_no_command_can_bring_is_unknown_at_once(self, early):
        play(early, message(self.MIX, 0.5))
        play(early, message(self.ADD, "mirror"), message("/layer/1/model/strenth", 0.5), message("/nothing", 1.0))
        assert (early.unknown, early.holds) == (3, False)

    def test_a_flood_of_what_may_come_is_bounded(self, early, store):
        play(early, message(self.ADD, "mirror"), *(message(self.MIX, 0.25) for _ in range(5000)))
        assert early.unknown == 5000 - 256
        self.come(store)
        assert play(early) == ({self.MIX: 0.25}, [])
