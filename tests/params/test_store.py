"""The store: one immutable snapshot a frame, smoothing by time, changes relative to what is there."""

import pytest

from tests.frames import step
from vj.params.control_queue import Change, ControlBatch
from vj.params.param import Param, ParamTable, choice, toggle, trigger
from vj.params.store import Store

FRAME = 1 / 60


@pytest.fixture
def table() -> ParamTable:
    table = ParamTable()
    table.declare(
        "/a",
        [
            Param("quick", 0.0, 2.0, default=1.0),
            Param("slow", 0.0, 1.0, default=0.0, smooth=0.5),
            Param("fixed", 3.0, 3.0, default=3.0, smooth=0.5),
            Param("wedges", 0, 8, default=4, kind="int"),
            toggle("black", help=""),
            choice("style", ("mosaic", "candy", "wave"), "candy", help=""),
            trigger("go", help=""),
        ],
    )
    return table


def test_a_show_starts_on_its_own_values(table):
    started = Store(table, {"/a/quick": 0.25})
    assert started.values["/a/quick"] == 0.25
    assert started.values["/a/style"] == "candy"
    assert "/a/go" not in started.values


def test_a_posted_value_is_there_in_the_next_frame(store, queue):
    before = store.values
    queue.put("/a/quick", 0.5)
    assert step(store, queue.drain(), FRAME) == ()
    assert store.values["/a/quick"] == 0.5
    assert before["/a/quick"] == 1.0


def test_the_snapshot_stays_the_same_object_while_nothing_changes(store, queue):
    before = store.values
    step(store, queue.drain(), FRAME)
    queue.put("/a/quick", 1.0)
    step(store, queue.drain(), FRAME)
    queue.put_change(Change("/a/go", "fire"))
    step(store, queue.drain(), FRAME)
    assert store.values is before


def test_a_snapshot_can_not_be_written(store):
    with pytest.raises(TypeError):
        store.values["/a/quick"] = 2.0
    with pytest.raises(TypeError):
        store.values._values["/a/quick"] = 2.0


@pytest.mark.parametrize("frames", [1, 30, 300])
def test_smoothing_goes_by_time_and_not_by_frames(store, queue, frames):
    queue.put("/a/slow", 1.0)
    step(store, queue.drain(), 0.0)
    for _ in range(frames):
        step(store, None, 0.5 / frames)
    assert store.values.number("/a/slow") == pytest.approx(1 - 1 / 2.718281828)


def test_smoothing_arrives_and_then_rests(store, queue):
    queue.put("/a/slow", 1.0)
    queue.put("/a/fixed", 3.0)
    step(store, queue.drain(), FRAME)
    for _ in range(600):
        step(store, None, FRAME)
    arrived = store.values
    assert arrived["/a/slow"] == 1.0
    step(store, None, FRAME)
    assert store.values is arrived
    assert not store._moving


@pytest.mark.parametrize(
    ("address", "action", "amount", "value"),
    [
        ("/a/black", "toggle", 0.0, True),
        ("/a/quick", "step", 0.25, 1.5),
        ("/a/quick", "step", -9.0, 0.0),
        ("/a/wedges", "step", 0.25, 6),
        ("/a/wedges", "step", 0.05, 5),
        ("/a/wedges", "step", -0.01, 3),
        ("/a/wedges", "step", 1.0, 8),
        ("/a/style", "step", 1.0, "wave"),
        ("/a/style", "step", 2.0, "mosaic"),
        ("/a/style", "step", -2.0, "wave"),
    ],
)
def test_a_change_goes_from_what_is_there(store, queue, address, action, amount, value):
    queue.put_change(Change(address, action, amount))
    step(store, queue.drain(), FRAME)
    assert store.values[address] == value
    assert type(store.values[address]) is type(value)


def test_two_toggles_within_a_frame_are_two(store, queue):
    for _ in range(2):
        queue.put_change(Change("/a/black", "toggle"))
    step(store, queue.drain(), FRAME)
    assert store.values["/a/black"] is False


def test_steps_of_a_smoothed_value_add_up_from_its_target(store, queue):
    for _ in range(3):
        queue.put_change(Change("/a/slow", "step", 0.2))
        step(store, queue.drain(), FRAME)
    for _ in range(600):
        step(store, None, FRAME)
    assert store.values["/a/slow"] == pytest.approx(0.6)


def test_triggers_come_back_in_order_with_their_amounts(store, queue):
    for number in range(3):
        queue.put_change(Change("/a/go", "fire", float(number)))
        queue.put_change(Change("/a/black", "toggle"))
    fired = step(store, queue.drain(), FRAME)
    assert [change.amount for change in fired] == [0.0, 1.0, 2.0]
    assert store.values["/a/black"] is True


def test_one_address_can_be_reset(table, queue):
    store = Store(table, {"/a/quick": 0.25})
    queue.put("/a/quick", 2.0)
    queue.put("/a/wedges", 1)
    step(store, queue.drain(), FRAME)
    queue.put_change(Change("/a/quick", "reset"))
    step(store, queue.drain(), FRAME)
    assert store.values["/a/quick"] == 0.25
    assert store.values["/a/wedges"] == 1


def test_reset_is_at_once_and_complete(store, queue):
    known_good = dict(store.values)
    for address, value in {"/a/slow": 1.0, "/a/black": True, "/a/style": "wave"}.items():
        queue.put(address, value)
    step(store, queue.drain(), FRAME)
    moved = store.values
    store.reset(store.table)
    assert dict(store.values) == known_good
    assert store.values is not moved, "those who keep the values of a frame keep them"
    step(store, None, FRAME)
    assert dict(store.values) == known_good


def test_a_reset_leaves_other_addresses_alone() -> None:
    table = ParamTable()
    table.declare("/output", (toggle("fullscreen", help=""),))
    table.declare("/master", (toggle("blackout", help=""),))
    store = Store(table)
    step(store, ControlBatch({"/output/fullscreen": True, "/master/blackout": True}, (), {}, None), 0.01)
    store.reset(["/master/blackout"])
    assert dict(store.values) == {"/output/fullscreen": True, "/master/blackout": False}
