"""Floods: what is coalesced, what is bounded, and what gets through. The work is counted, not timed."""

import math

import pytest

from tests.control.osc.osc_bytes import bundle, message
from tests.control.osc.test_dispatcher import STRENGTH, STYLE, play
from vj.base.clock import FakeClock
from vj.control.osc.dispatcher import OscDispatcher
from vj.params.control_queue import Change, ControlQueue
from vj.params.param import Param, ParamTable, trigger


@pytest.fixture
def dispatcher(table, queue):
    return OscDispatcher(table, queue, dict, clock=FakeClock(0.0))


class TestFloods:
    def test_only_the_newest_of_an_address_is_parsed_and_every_trigger_fires(self, dispatcher):
        packets = []
        for number in range(1000):
            packets += [message(STRENGTH, number / 1000), bundle(message(STYLE, number % 5))]
            packets += [message("/snapshot/recall", number % 8 + 1)]
        values, changes = play(dispatcher, *packets)
        assert values == {STRENGTH: pytest.approx(0.999), STYLE: "wave"}
        assert [change.amount for change in changes] == [number % 8 + 1 for number in range(1000)]
        assert (dispatcher.received, dispatcher.applied, dispatcher.superseded) == (3000, 1002, 1998)

    def test_a_broken_newest_does_not_hide_the_valid_one_before_it(self, dispatcher):
        broken = [message(STRENGTH, math.nan), message(STRENGTH, "x"), message(STRENGTH)[:-1]]
        assert play(dispatcher, message(STRENGTH, 0.25), message(STRENGTH, 0.75), *broken)[0] == {STRENGTH: 0.75}
        assert dispatcher.refused == 3

    def test_broken_triggers_do_not_hide_the_valid_one_before_them(self, dispatcher):
        packets = [message("/snapshot/recall", 3), *[message("/snapshot/recall", math.nan)] * 50]
        assert play(dispatcher, *packets)[1] == [Change("/snapshot/recall", "fire", 3.0)]

    def test_triggers_of_one_batch_are_bounded(self, table):
        queue = ControlQueue(10**6)
        dispatcher = OscDispatcher(table, queue, dict)
        for _ in range(5000):
            dispatcher.enqueue_packet(message("/master/panic"))
        dispatcher.flush_batch()
        assert len(queue.drain()[1]) == 4096
        assert dispatcher.refused == 904


class Counted(OscDispatcher):
    """How often a target was looked at."""

    reached = 0

    def _hand(self, *arguments):
        self.reached += 1
        super()._hand(*arguments)


class TestFloodsOfPatterns:
    @pytest.fixture
    def wide(self):
        table = ParamTable()
        table.declare("/a", [trigger(f"t{number}", help="") for number in range(40)])
        table.declare("/a", [Param(f"p{number}") for number in range(300)])
        return Counted(table, ControlQueue(10**6), dict)

    @pytest.mark.parametrize("argument", [0.5, "+0.5", "toggle"])
    def test_the_work_of_a_batch_is_bounded(self, wide, argument):
        values, _ = play(wide, message("/a/p1", 0.25), *[message("/a/*", argument)] * 2000)
        assert wide.reached < 3 * 1024
        assert wide.refused > 1900
        assert "patterns reach" in wide.reason
        assert values["/a/p1"] == (0.5 if argument == 0.5 else 0.25)

    def test_one_alone_is_never_too_much(self, wide):
        for _ in range(3):
            values, changes = play(wide, message("/a/*", 1.0))
            assert (len(values), len(changes)) == (300, 40)
        assert wide.refused == 0

    def test_settled_values_are_not_walked_again(self, wide):
        play(wide, *[message("/a/*", 0.5)] * 10)
        assert wide.reached == 340 + 9 * 40
        assert wide.applied == 10

    def test_questions_are_bounded_and_plain_ones_answered(self, wide):
        wide._read = lambda: {f"/a/p{number}": 0.0 for number in range(300)}
        for packet in (message("/a/p1", "?"), *[message("/a/p*", "?")] * 50):
            wide.enqueue_packet(packet)
        assert wide.flush_batch() == [(message("/a/p1", 0.0), None)]
        assert wide.refused == 50
        assert "patterns reach" in wide.reason

    def test_triggers_past_the_bound_are_not_even_parsed(self, wide):
        play(wide, *[message("/a/t1")] * 5000)
        assert (wide.reached, wide.applied, wide.refused) == (4096, 4096, 904)
        assert "triggers at once" in wide.reason
