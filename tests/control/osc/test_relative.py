"""Relative OSC messages: what each kind makes of them, and that they keep their place among absolute ones."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.conftest import STYLES
from tests.control.osc.osc_bytes import message
from tests.control.osc.test_dispatcher import LOOSE, alone, play
from tests.frames import step
from vj.base.clock import FakeClock
from vj.control.osc.dispatcher import OscDispatcher
from vj.params.control_queue import Change, ControlQueue
from vj.params.param import Param, ParamTable, choice, text
from vj.params.store import Store

ADDS = {
    "float": [(("+", 0.5), 0.5), (("-", 0.5), -0.5), (("-", -1), 1.0), (("+0.25",), 0.25), (("-1e-1",), -0.1)],
    "float too": [(("+",), 0.2), (("-",), -0.2), (("+", 99.0), 4.0), (("-1e300",), -4.0), (("+0",), 0.0)],
    "int": [(("+", 2), 2), (("-2",), -2), (("+",), 1), (("-",), -1), (("+0.2",), 1), (("+", 0), 0), (("+", 500), 11)],
    "choice": [(("+",), 1), (("-",), -1), (("+", 2), 2), (("-3",), -3), (("+", 12), 2), (("-", 2.0), -2)],
}
ADDS["float"] += ADDS.pop("float too")
"""Arguments, and what is added: to a float of -1..3, an int of 1..12, a choice of five."""


@pytest.mark.parametrize(("kind", "arguments", "amount"), [(kind, *case) for kind in ADDS for case in ADDS[kind]])
def test_numbers_and_choices_are_moved(kind, arguments, amount):
    dispatcher = alone(kind)
    assert play(dispatcher, message("/a/x", *arguments)) == ({}, [Change("/a/x", "add", pytest.approx(amount))])
    assert (dispatcher.applied, dispatcher.refused) == (1, 0)


def test_an_on_off_is_turned_round():
    assert play(alone("bool"), message("/a/x", "toggle")) == ({}, [Change("/a/x", "toggle")])


BROKEN = [("+", "x"), ("+", True), ("+", 1, 2), ("+x",), ("--1",), ("+nan",), ("-inf",), ("+", math.nan), ("+1", 2)]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        *((kind, arguments) for kind in ADDS for arguments in BROKEN),
        ("choice", ("+0.5",)),
        ("float", ("toggle",)),
        *(("bool", arguments) for arguments in (("+",), ("+", 1), ("toggle", 1))),
        *((kind, arguments) for kind in ("trigger", "bare trigger") for arguments in (("+",), ("+", 1), ("toggle",))),
    ],
)
def test_what_makes_no_sense_is_refused(kind, arguments):
    dispatcher = alone(kind)
    assert play(dispatcher, message("/a/x", *arguments)) == ({}, [])
    assert dispatcher.refused == 1
    assert dispatcher.reason


def test_texts_and_choices_of_that_name_take_them_as_they_are():
    table = ParamTable()
    table.declare("/a", [text("name", help=""), choice("step", ("-1", "0", "+1"), "0", help="")])
    dispatcher = OscDispatcher(table, ControlQueue(), dict)
    values, changes = play(dispatcher, message("/a/name", "+abc"), message("/a/step", "+1"))
    assert (values, changes) == ({"/a/name": "+abc", "/a/step": "+1"}, [])


@pytest.mark.parametrize(("arguments", "amount"), [(("+", 0.25), 2.0), (("-0.5",), -4.0), (("+",), 0.4)])
def test_an_alias_goes_by_parts_of_the_range(table, queue, arguments, amount):
    dispatcher = OscDispatcher(table, queue, dict, {"/1/knob": "/layer/1/model/offset"}, FakeClock())
    changes = play(dispatcher, message("/1/knob", *arguments))[1]
    assert changes == [Change("/layer/1/model/offset", "add", pytest.approx(amount))]


def test_a_pattern_moves_all_it_means(table, queue):
    dispatcher = OscDispatcher(table, queue, dict)
    moved = play(dispatcher, message("/layer/*/model/strength", "-"))[1]
    assert [change.address for change in moved] == ["/layer/2/model/strength", "/layer/1/model/strength"]


def test_an_encoder_in_a_flood_is_one_change():
    dispatcher = alone("float")
    changes = play(dispatcher, *[message("/a/x", "+", 0.001)] * 5000)[1]
    assert changes == [Change("/a/x", "add", pytest.approx(4.0))]


KINDS = {
    "float": Param("x", -1.0, 3.0, default=0.0),
    "int": LOOSE["int"],
    "bool": LOOSE["bool"],
    "choice": choice("x", STYLES, "candy", help=""),
}
STEPS = {
    "float": st.integers(-512, 512).map(lambda n: n / 64) | st.integers(-64, 64).map(lambda n: ("+", n / 64)),
    "int": st.integers(-2, 15) | st.integers(-4, 4).map(lambda n: ("+", n)),
    "bool": st.booleans() | st.just(("toggle",)),
    "choice": st.sampled_from(STYLES) | st.integers(-7, 7).map(lambda n: ("+", n)),
}


def after(param, value, step):
    """What ``value`` becomes, one message at a time."""
    if not isinstance(step, tuple):
        return param.check(step)
    if step == ("toggle",):
        return not value
    if param.kind == "choice":
        return STYLES[(STYLES.index(value) + step[1]) % len(STYLES)]
    return param.check(value + step[1])


def played(kind, batches):
    """What the store comes to when ``batches`` are played within one frame, and what it should come to."""
    table, queue = ParamTable(), ControlQueue()
    table.declare("/a", [KINDS[kind]])
    store, dispatcher = Store(table), OscDispatcher(table, queue, dict)
    expected = KINDS[kind].default
    for batch in batches:
        for wanted in batch:
            dispatcher.enqueue_packet(message("/a/x", *(wanted if isinstance(wanted, tuple) else (wanted,))))
            expected = after(KINDS[kind], expected, wanted)
        dispatcher.flush_batch()
    step(store, queue.drain(), 1 / 60)
    assert dispatcher.refused == 0
    return store.values["/a/x"], expected


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_relative_and_absolute_keep_their_order_in_a_batch(kind, data):
    value, expected = played(kind, [data.draw(st.lists(STEPS[kind], max_size=8))])
    assert value == expected


def test_relative_and_absolute_keep_their_order_in_a_frame():
    value, expected = played("float", [[("+", 0.5)], [1.0]])
    assert value == expected
