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


class TestChanges:
    """The table changes while the values are played on."""

    NEW = ("/b", [Param("x", default=0.25, smooth=0.5), toggle("on", True, help=""), trigger("go", help="")])

    def test_what_comes_has_its_default_or_its_start_and_returns_there(self, store):
        store.change_table((), [self.NEW], {"/b/x": 0.75})
        assert (store.values["/b/x"], store.targets["/b/x"], store.values["/b/on"]) == (0.75, 0.75, True)
        assert "/b/go" not in store.targets
        store.jump_to({"/b/x": 0.0, "/b/on": False})
        store.reset(store.targets.keys())
        assert (store.values["/b/x"], store.values["/b/on"]) == (0.75, True)

    def test_what_goes_is_nowhere_and_its_changes_are_dropped(self, store):
        live, before = store.targets, store.revision
        store.apply_values({"/a/slow": 1.0})
        assert store.change_table(["/a/slow", "/a/go", "/a/style", "/nowhere"], ()) == ("/a/slow", "/a/go", "/a/style")
        assert store.revision > before
        fired = store.apply_values(
            {"/a/slow": 0.5, "/a/quick": 0.5},
            [Change("/a/slow", "step", 0.1), Change("/a/style", "step", 1), Change("/a/go", "fire")],
        )
        store.jump_to({"/a/slow": 0.5})
        store.advance(FRAME)
        store.reset(["/a/slow"])
        assert fired == ()
        assert "/a/slow" not in live
        assert "/a/slow" not in store.values
        assert store.values["/a/quick"] == 0.5

    def test_what_is_declared_again_as_it_was_keeps_its_value(self, store):
        store.apply_values({"/a/slow": 1.0, "/a/quick": 0.5})
        params = [store.table["/a/slow"], Param("quick", 0.0, 4.0, default=3.0)]
        assert store.change_table(["/a/slow", "/a/quick"], [("/a", params)]) == ("/a/quick",)
        for _ in range(1000):
            store.advance(FRAME)
        assert (store.values["/a/slow"], store.values["/a/quick"]) == (1.0, 3.0)

    @pytest.mark.parametrize("at_once", [True, False])
    def test_values_and_changes_of_what_was_there_before_are_dropped(self, store, at_once):
        black = choice("slow", ("no", "yes"), "no", help="")
        if at_once:
            store.change_table(["/a/slow"], [("/a", [black])])
        else:
            store.change_table(["/a/slow"], ())
            store.change_table((), [("/a", [black])])
        store.apply_values({"/a/slow": 0.5}, [Change("/a/slow", "toggle")])
        store.jump_to({"/a/slow": 0.25})
        assert store.targets["/a/slow"] == "no"
        store.apply_values({"/a/slow": "yes"}, [Change("/a/slow", "step", 1.0)])
        assert store.targets["/a/slow"] == "no"
        store.apply_values({"/a/slow": "yes"})
        assert store.targets["/a/slow"] == "yes"
