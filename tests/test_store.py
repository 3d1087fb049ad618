"""The store: one immutable snapshot a frame, smoothing by time, changes relative to what is there."""

import pytest

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
    assert started.snapshot["/a/quick"] == 0.25
    assert started.snapshot["/a/style"] == "candy"
    assert "/a/go" not in started.snapshot


def test_a_posted_value_is_there_in_the_next_frame(store, mailbox):
    before = store.snapshot
    mailbox.post("/a/quick", 0.5)
    assert store.step(mailbox.drain(), FRAME) == ()
    assert store.snapshot["/a/quick"] == 0.5
    assert before["/a/quick"] == 1.0


def test_the_snapshot_stays_the_same_object_while_nothing_changes(store, mailbox):
    before = store.snapshot
    store.step(mailbox.drain(), FRAME)
    mailbox.post("/a/quick", 1.0)
    store.step(mailbox.drain(), FRAME)
    mailbox.change(Change("/a/go", "fire"))
    store.step(mailbox.drain(), FRAME)
    assert store.snapshot is before


def test_a_snapshot_can_not_be_written(store):
    with pytest.raises(TypeError):
        store.snapshot["/a/quick"] = 2.0
    with pytest.raises(TypeError):
        store.snapshot._values["/a/quick"] = 2.0


@pytest.mark.parametrize("frames", [1, 30, 300])
def test_smoothing_goes_by_time_and_not_by_frames(store, mailbox, frames):
    mailbox.post("/a/slow", 1.0)
    store.step(mailbox.drain(), 0.0)
    for _ in range(frames):
        store.step(None, 0.5 / frames)
    assert store.snapshot.number("/a/slow") == pytest.approx(1 - 1 / 2.718281828)


def test_smoothing_arrives_and_then_rests(store, mailbox):
    mailbox.post("/a/slow", 1.0)
    mailbox.post("/a/fixed", 3.0)
    store.step(mailbox.drain(), FRAME)
    for _ in range(600):
        store.step(None, FRAME)
    arrived = store.snapshot
    assert arrived["/a/slow"] == 1.0
    store.step(None, FRAME)
    assert store.snapshot is arrived
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
def test_a_change_goes_from_what_is_there(store, mailbox, address, action, amount, value):
    mailbox.change(Change(address, action, amount))
    store.step(mailbox.drain(), FRAME)
    assert store.snapshot[address] == value
    assert type(store.snapshot[address]) is type(value)


def test_two_toggles_within_a_frame_are_two(store, mailbox):
    for _ in range(2):
        mailbox.change(Change("/a/black", "toggle"))
    store.step(mailbox.drain(), FRAME)
    assert store.snapshot["/a/black"] is False


def test_steps_of_a_smoothed_value_add_up_from_its_target(store, mailbox):
    for _ in range(3):
        mailbox.change(Change("/a/slow", "step", 0.2))
        store.step(mailbox.drain(), FRAME)
    for _ in range(600):
        store.step(None, FRAME)
    assert store.snapshot["/a/slow"] == pytest.approx(0.6)


def test_triggers_come_back_in_order_with_their_amounts(store, mailbox):
    for number in range(3):
        mailbox.change(Change("/a/go", "fire", float(number)))
        mailbox.change(Change("/a/black", "toggle"))
    fired = store.step(mailbox.drain(), FRAME)
    assert [change.amount for change in fired] == [0.0, 1.0, 2.0]
    assert store.snapshot["/a/black"] is True


def test_one_address_can_be_reset(table, mailbox):
    store = Store(table, {"/a/quick": 0.25})
    mailbox.post("/a/quick", 2.0)
    mailbox.post("/a/wedges", 1)
    store.step(mailbox.drain(), FRAME)
    mailbox.change(Change("/a/quick", "reset"))
    store.step(mailbox.drain(), FRAME)
    assert store.snapshot["/a/quick"] == 0.25
    assert store.snapshot["/a/wedges"] == 1


def test_reset_is_at_once_and_complete(store, mailbox):
    known_good = dict(store.snapshot)
    for address, value in {"/a/slow": 1.0, "/a/black": True, "/a/style": "wave"}.items():
        mailbox.post(address, value)
    store.step(mailbox.drain(), FRAME)
    version = store.snapshot.version
    store.reset()
    assert dict(store.snapshot) == known_good
    assert store.snapshot.version > version
    store.step(None, FRAME)
    assert dict(store.snapshot) == known_good


def test_panic_leaves_the_output_alone() -> None:
    table = ParamTable()
    table.declare("/output", (toggle("fullscreen", help=""),))
    table.declare("/master", (toggle("blackout", help=""),))
    store = Store(table)
    store.step(ControlBatch({"/output/fullscreen": True, "/master/blackout": True}, (), {}, None), 0.01)
    store.reset("/output/")
    assert dict(store.snapshot) == {"/output/fullscreen": True, "/master/blackout": False}
