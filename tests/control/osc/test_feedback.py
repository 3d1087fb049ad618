"""What is told to whom, and when: with a fake clock, two shows, and no socket."""

import pytest

from tests.control.osc.osc_bytes import message
from tests.frames import step
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.control.osc import packets as wire
from vj.control.osc.dispatcher import OscDispatcher
from vj.control.osc.feedback import ECHO_REST, MOST_A_PASS, MOST_CLIENTS, PERIOD, Client, OscFeedback
from vj.control.osc.subscriptions import CONVENTION_PORT, SILENCE, Subscriptions, resolve
from vj.params.control_queue import ControlQueue
from vj.params.param import Param, ParamTable, choice, toggle, trigger
from vj.params.store import Store

X, STYLE, PANIC = "/a/x", "/a/style", "/a/panic"
DESK, TABLET, FADER = ("127.0.0.1", 9000), ("192.168.1.7", 53211), ("192.168.1.8", 40000)


class Stage(OscDispatcher):
    """A show without a socket: packets go in by `hear`, what would go out is in ``sent``."""

    def __init__(self, clock, extra=(), aliases=None):
        table = ParamTable()
        table.declare("/a", [Param("x", 0.0, 1.0), choice("style", ("wave", "rain"), "wave", help="")])
        table.declare("/a", [toggle("on", help=""), trigger("panic", help=""), *extra])
        self.queue, self.store, self.sent, self.full = ControlQueue(), Store(table), [], False
        super().__init__(table, self.queue, lambda: self.store.targets, aliases, clock)
        self.clock = clock
        self.feedback = OscFeedback(
            lambda: self.store.targets, lambda: self.store.revision, self.messages, clock, table
        )
        self.subscriptions = Subscriptions(self.feedback, self.send, clock, lambda: 7000)
        self._listened = True
        self._note_heard, self._request = self.subscriptions.hear, self.subscriptions.request

    def send(self, packet, target):
        if self.full:
            return False
        self.sent += [(target[:2], raw) for raw in wire.messages(packet)]
        return True

    def hear(self, sender, *packets):
        for packet in packets:
            self.enqueue_packet(packet, sender)
        self.flush_batch()

    def frame(self, seconds=PERIOD):
        """One frame of the show, one look of the OSC thread; what was told, by target and address."""
        step(self.store, self.queue.drain(), seconds)
        self.clock.sleep(seconds)
        self.feedback.tell()
        told, self.sent = self.sent, []
        return [(target, wire.address_of(raw).decode(), *wire.arguments(raw)) for target, raw in told]

    def move(self, address, value):
        self.queue.put(address, value)


@pytest.fixture
def stage():
    return Stage(FakeClock())


def test_nobody_to_tell_costs_nothing(stage):
    stage.move(X, 0.5)
    assert stage.feedback.wait() is None
    assert stage.frame() == []


def test_a_change_goes_to_everybody_but_the_one_that_made_it(stage):
    stage.subscriptions.name([DESK])
    stage.frame()
    stage.hear(TABLET, message(X, 0.5))
    assert stage.frame() == [(DESK, X, 0.5)]
    assert stage.frame(ECHO_REST) == []
    stage.hear(DESK, message(X, 0.25))
    assert stage.frame() == [((TABLET[0], CONVENTION_PORT), X, 0.25)]


def test_who_was_named_is_told_everything_first(stage):
    stage.subscriptions.name([DESK])
    assert stage.frame() == [(DESK, X, 0.0), (DESK, STYLE, "wave"), (DESK, "/a/on", False)]
    assert stage.frame() == []


def test_a_fader_is_not_fought_and_then_told_where_it_was_clamped(stage):
    stage.hear(TABLET, message(X, 7.0))
    back = (TABLET[0], CONVENTION_PORT)
    assert stage.frame(ECHO_REST / 2) == []
    stage.hear(TABLET, message(X, 8.0))
    assert stage.frame(ECHO_REST / 2) == []
    assert stage.frame(ECHO_REST / 2) == [(back, X, 1.0)]
    stage.hear(TABLET, message(X, 9.0))  # the value doesn't move any more, the fader did
    stage.frame(ECHO_REST / 2)
    assert stage.frame(ECHO_REST / 2) == [(back, X, 1.0)]


def test_an_encoder_is_told_where_it_got_to_at_once(stage):
    stage.hear(TABLET, message(X, "+", 0.5))
    assert stage.frame() == [((TABLET[0], CONVENTION_PORT), X, 0.5)]


def test_whoever_was_overtaken_in_the_same_batch_is_told(stage):
    for sender in (TABLET, FADER):
        stage.hear(sender, message(STYLE, "wave"))
    stage.enqueue_packet(message(X, 0.25), TABLET)
    stage.enqueue_packet(message(X, 0.75), FADER)
    stage.flush_batch()
    assert stage.frame() == [((TABLET[0], CONVENTION_PORT), X, 0.75)]


def test_whoever_was_overtaken_by_a_pattern_is_told_of_its_values(stage):
    """Nothing moves: only the overtaken one's own faders stand elsewhere now."""
    for sender in (TABLET, FADER):
        stage.hear(sender, message("/a/*", 0.75))
    stage.frame()
    assert stage.frame(ECHO_REST) == []
    stage.enqueue_packet(message("/a/*", 0.25), TABLET)
    stage.enqueue_packet(message("/a/*", 0.75), FADER)
    stage.flush_batch()
    told = stage.frame() + stage.frame(ECHO_REST)
    assert ((TABLET[0], CONVENTION_PORT), X, 0.75) in told
    assert {address for _, address, _ in told} <= {X, STYLE, "/a/on"}


def test_triggers_are_not_told(stage):
    stage.subscriptions.name([DESK])
    stage.frame()
    stage.hear(TABLET, message(PANIC))
    assert stage.frame() == []


def test_an_alias_is_told_as_its_fader_shows_it():
    stage = Stage(FakeClock(), [Param("wide", -2.0, 6.0)], {"/1/fader": "/a/wide"})
    stage.subscriptions.name([DESK])
    stage.frame()
    stage.move("/a/wide", 2.0)
    assert stage.frame() == [(DESK, "/a/wide", 2.0), (DESK, "/1/fader", 0.5)]
    stage.hear(DESK, message("/1/fader", 0.75))
    assert stage.frame() + stage.frame(ECHO_REST) == []


def test_passes_and_what_is_told_in_one_are_bounded():
    many = [f"/a/p{number}" for number in range(600)]
    stage = Stage(FakeClock(), [Param(f"p{number}") for number in range(600)])
    stage.subscriptions.name([DESK])
    while stage.frame():
        pass
    for address in many:
        stage.move(address, 0.5)
    first = stage.frame()
    for address in many:
        stage.move(address, 0.75)
    assert stage.frame(PERIOD / 2) == []
    rest = []
    while told := stage.frame():
        rest.append(told)
    assert max(map(len, (first, *rest))) == MOST_A_PASS
    assert {address: value for told in (first, *rest) for _, address, value in told} == dict.fromkeys(many, 0.75)


def test_packets_fit_into_a_frame_of_the_network(stage):
    packets = wire.bundles(wire.encode(f"/layer/1/model/parameter{number}", 0.5) for number in range(500))
    assert max(map(len, packets)) <= wire.LONGEST_BUNDLE
    assert sum(len(wire.messages(packet)) for packet in packets) == 500
    assert wire.bundles([b"/a\0\0"]) == [b"/a\0\0"]
    assert wire.bundles([]) == []


def test_what_could_not_be_sent_is_told_later_and_newest(stage):
    stage.subscriptions.name([DESK])
    stage.frame()
    stage.full = True
    stage.move(X, 0.5)
    assert stage.frame() == []
    stage.full = False
    stage.move(X, 0.75)
    assert stage.frame() == [(DESK, X, 0.75)]


class TestWishes:
    def test_full_state_and_changes_go_to_the_port_that_was_asked_for(self, stage):
        stage.hear(TABLET, message("/osc/feedback", 9001))
        assert {target for target, *_ in stage.frame()} == {(TABLET[0], 9001)}
        stage.hear(TABLET, message(X, 0.5))
        assert stage.frame() == []
        stage.move(X, 0.75)
        assert stage.frame(ECHO_REST) == [((TABLET[0], 9001), X, 0.75)]

    @pytest.mark.parametrize("arguments", [(), (-1,)])
    def test_back_to_where_it_came_from(self, stage, arguments):
        stage.hear(TABLET, message("/osc/feedback", *arguments))
        assert {target for target, *_ in stage.frame()} == {TABLET}

    def test_no_more(self, stage):
        stage.hear(TABLET, message("/osc/feedback", 9001))
        stage.hear((TABLET[0], 60000), message("/osc/feedback", 0))
        stage.move(X, 0.5)
        assert stage.frame() == []

    @pytest.mark.parametrize("arguments", [(70000,), (-2,), ("9000",), (True,), (9000, 9001), (0.5,)])
    def test_broken_ones_are_refused(self, stage, arguments):
        stage.hear(TABLET, message("/osc/feedback", *arguments))
        assert stage.refused == 1
        assert stage.frame() == []

    def test_on_this_machine_each_port_is_somebody_else(self, stage):
        one, two = ("127.0.0.1", 9001), ("127.0.0.1", 9002)
        for sender in (one, two):
            stage.hear(sender, message("/osc/feedback"))
        stage.frame()
        stage.hear(one, message(X, 0.5))
        assert stage.frame() == [(two, X, 0.5)]
        stage.hear(("127.0.0.1", 50000), message(X, 0.25))
        assert sorted(stage.frame(ECHO_REST)) == [(one, X, 0.25), (two, X, 0.25)]

    def test_a_flood_of_them_is_one_each_and_not_more_than_some(self, stage):
        stage.hear(TABLET, *[message("/osc/feedback", 9001)] * 100)
        assert (stage.applied, stage.superseded) == (1, 99)
        stage.hear(TABLET, *[message("/osc/feedback", 20000 + number) for number in range(100)])
        assert (stage.applied, stage.refused) == (33, 68)
        assert "ask to be told" in stage.reason

    def test_the_newest_are_kept(self, stage):
        stage.hear(TABLET, *[message("/osc/feedback", 20000 + number) for number in range(100)])
        assert {target for target, *_ in stage.frame()} == {(TABLET[0], port) for port in range(20068, 20100)}

    def test_whoever_waits_for_everything_is_not_asked_about_again(self, stage, monkeypatch):
        expected = []
        monkeypatch.setattr(Client, "expect", lambda self, addresses: expected.append(addresses))
        stage.hear(TABLET, message("/osc/feedback", 9001))
        next(iter(stage.feedback.clients)).pending = dict.fromkeys(expected[0])
        stage.hear(TABLET, message("/osc/feedback", 9001))
        assert expected == [[X, STYLE, "/a/on"]]

    def test_who_asked_for_its_own_port_is_forgotten_when_silent_and_others_are_not(self, stage):
        stage.hear(TABLET, message("/osc/feedback"))
        stage.hear(FADER, message("/osc/feedback", 9001))
        stage.clock.sleep(SILENCE + 1)
        stage.hear(DESK, message(X, 0.5))
        stage.frame()
        stage.move(X, 0.75)
        assert stage.frame() == [((FADER[0], 9001), X, 0.75)]

    def test_the_show_never_feeds_itself(self, stage):
        stage.hear(("127.0.0.1", 50000), message("/osc/feedback", 7000))
        assert "listens itself" in stage.reason
        assert not stage.feedback.clients


def test_clients_are_bounded_and_the_longest_silent_goes_first(stage):
    stage.subscriptions.name([DESK])
    for number in range(1, MOST_CLIENTS + 20):
        stage.clock.sleep(1.0)
        stage.hear((f"192.168.1.{number}", 5000), message("/osc/feedback", 9001))
    assert len(stage.feedback.clients) == MOST_CLIENTS
    told = {target for target, *_ in stage.frame()}
    assert {DESK, ("192.168.1.51", 9001)} <= told
    assert ("192.168.1.1", 9001) not in told


def test_on_this_machine_nobody_is_told_by_convention(stage):
    for host in ("127.0.0.1", "127.0.0.2", "::1"):
        stage.hear((host, 5000), message(X, 0.5))
    assert not stage.feedback.clients


def test_one_that_comes_another_way_makes_room_too(stage):
    for number in range(MOST_CLIENTS):
        stage.clock.sleep(1.0)
        stage.hear((f"192.168.1.{number}", 5000), message("/osc/feedback", 9001))
    client = Client(lambda packet: True)
    stage.subscriptions.admit(client)
    assert client in stage.feedback.clients
    assert len(stage.feedback.clients) == MOST_CLIENTS
    assert ("192.168.1.0", 9001) not in {target for target, *_ in stage.frame()}


def test_guarded_values_are_told_to_nobody(stage):
    everything = {**stage.store.targets, "/show/load": "secret"}
    stage.feedback._read = lambda: everything
    stage.subscriptions.name([DESK])
    assert {address for _, address, _ in stage.frame()} == {X, STYLE, "/a/on"}
    everything.update({"/show/load": "other", X: 0.5})
    stage.feedback._revision = lambda: 7
    assert stage.frame() == [(DESK, X, 0.5)]


def test_only_so_many_can_be_named(stage):
    with pytest.raises(BadInput, match="at most"):
        stage.subscriptions.name([("127.0.0.1", port) for port in range(1, MOST_CLIENTS + 2)])


def test_a_silent_host_is_forgotten(stage):
    stage.hear(TABLET, message(X, 0.5))
    assert len(stage.feedback.clients) == 1
    stage.clock.sleep(SILENCE + 1)
    stage.hear(FADER, message(X, 0.25))
    assert {target for target, *_ in stage.frame()} <= {(FADER[0], CONVENTION_PORT)}
    assert len(stage.feedback.clients) == 1


def test_a_sender_of_nothing_valid_is_never_told(stage):
    stage.hear(TABLET, message(X, "nonsense"), message("/nowhere", 1), b"garbage")
    assert not stage.feedback.clients


def test_two_shows_that_feed_each_other_come_to_rest():
    clock = FakeClock()
    one, two = Stage(clock), Stage(clock, aliases={"/b": X})
    ends = {one: ("10.0.0.1", 7000), two: ("10.0.0.2", 7000)}
    for stage, other in ((one, two), (two, one)):
        stage.subscriptions.name([ends[other]])
    one.move(X, 0.1)  # not exact as a 32-bit float: what comes back differs
    two.move(STYLE, "rain")
    messages = []
    for _ in range(60):
        for stage, other in ((one, two), (two, one)):
            told = stage.frame()
            messages.append(len(told))
            other.hear(ends[stage], *[wire.encode(address, value) for _, address, value in told])
    assert sum(messages[-40:]) == 0
    assert one.store.targets[X] == pytest.approx(two.store.targets[X])


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", ":9000", "no such host:9000", "1:x"])
def test_what_is_no_place_to_tell_is_refused(text):
    with pytest.raises(BadInput, match="host and a port"):
        resolve(text, 2)


def test_what_comes_is_told_and_what_goes_is_forgotten(stage):
    stage.hear(TABLET, message("/osc/feedback", 9000))
    stage.frame()
    stage.frame()
    stage.store.change_table([X], [("/b", [Param("new", default=0.25)])])
    assert [told for told in stage.frame() if told[1] == "/b/new"]
    assert not [told for told in stage.frame() if told[1] == X]
    client = next(iter(stage.feedback.clients))
    assert X not in client.known
    assert X not in client.pending
    stage.store.change_table((), [("/a", [Param("x", default=0.75)])])
    assert [told for told in stage.frame() if told[1] == X]


def test_a_client_that_listens_to_what_has_just_gone_is_told_nothing(stage):
    changed = []
    client = Client(lambda packet: True, wants=set(), table_changed=lambda: changed.append(True))
    stage.feedback.join(client)
    stage.frame()
    client.listen(X)
    stage.store.change_table([X], ())
    stage.frame()
    assert changed == [True]
    assert X not in client.known
