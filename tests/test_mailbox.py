"""The mailbox: last value wins, changes keep their order, nothing blocks."""

import threading

from vj.params.control_queue import Change, ControlQueue
from vj.params.signals import Beat, Sound


def test_an_empty_mailbox_has_nothing():
    assert ControlQueue().drain() is None


def test_the_last_value_of_an_address_wins():
    mailbox = ControlQueue()
    for number in range(5):
        mailbox.post("/a", number)
    mailbox.post("/b", "wave")
    assert mailbox.drain()[0] == {"/a": 4, "/b": "wave"}
    assert mailbox.drain() is None


def test_changes_all_come_in_order():
    mailbox = ControlQueue()
    sent = [Change("/cue/go", "fire", float(number)) for number in range(5)] + [Change("/a", "toggle")] * 2
    for change in sent:
        mailbox.change(change)
    assert list(mailbox.drain()[1]) == sent


def test_a_full_mailbox_counts_what_it_drops_and_takes_again_after_a_drain():
    mailbox = ControlQueue(capacity=3)
    for number in range(5):
        mailbox.change(Change("/cue/go", "fire", float(number)))
    assert mailbox.dropped == 2
    assert [change.amount for change in mailbox.drain()[1]] == [2.0, 3.0, 4.0]
    mailbox.change(Change("/cue/go", "fire", 9.0))
    assert [change.amount for change in mailbox.drain()[1]] == [9.0]


def test_what_was_drained_is_not_written_to_any_more():
    mailbox = ControlQueue()
    mailbox.post("/a", 1)
    values, changes, *_ = mailbox.drain()
    mailbox.post("/a", 2)
    mailbox.change(Change("/a", "reset"))
    assert values == {"/a": 1}
    assert not changes


def test_nothing_is_lost_between_threads():
    mailbox, posters, each = ControlQueue(capacity=10**6), 4, 2000

    def post(place):
        for number in range(each):
            mailbox.change(Change(f"/{place}", "fire", float(number)))
            mailbox.post(f"/{place}", number)

    threads = [threading.Thread(target=post, args=(place,)) for place in range(posters)]
    for thread in threads:
        thread.start()
    values, fired = {}, []
    while any(thread.is_alive() for thread in threads) or not fired:
        mail = mailbox.drain()
        if mail:
            values |= mail[0]
            fired += mail[1]
    for thread in threads:
        thread.join()
    mail = mailbox.drain()
    if mail:
        values |= mail[0]
        fired += mail[1]
    for place in range(posters):
        assert [change.amount for change in fired if change.address == f"/{place}"] == list(range(each))
        assert values[f"/{place}"] == each - 1


def test_of_beats_and_sounds_the_newest_counts():
    mailbox = ControlQueue()
    mailbox.beat("midi", Beat(1.0, 4.0, 120.0))
    mailbox.beat("midi", Beat(2.0, 6.0, 120.0))
    mailbox.beat("link", Beat(2.0, 1.0, 90.0))
    mailbox.hear(Sound(level=0.25))
    mailbox.hear(Sound(level=0.5))
    mail = mailbox.drain()
    assert mail.beats == {"midi": Beat(2.0, 6.0, 120.0), "link": Beat(2.0, 1.0, 90.0)}
    assert mail.sound == Sound(level=0.5)
    assert mailbox.drain() is None


def test_a_value_makes_what_was_relative_to_an_earlier_one_meaningless():
    mailbox = ControlQueue()
    mailbox.change(Change("/a", "add", 1.0))
    mailbox.change(Change("/b", "add", 2.0))
    mailbox.change(Change("/a", "fire"))
    mailbox.post("/a", 0.5)
    mailbox.change(Change("/a", "add", 3.0))
    mail = mailbox.drain()
    assert mail.values == {"/a": 0.5}
    assert [(change.address, change.amount) for change in mail.changes] == [("/b", 2.0), ("/a", 0.0), ("/a", 3.0)]


def pieces(mailbox: ControlQueue) -> list[tuple[dict[str, object], list[str]]]:
    return [(dict(values), [change.address for change in changes]) for values, changes, *_ in mailbox.drain().pieces()]


def test_values_and_triggers_come_in_pieces_in_their_order():
    mailbox = ControlQueue()
    mailbox.post("/a", 1)
    mailbox.change(Change("/recall", "fire"))
    mailbox.change(Change("/panic", "fire"))
    mailbox.post("/b", 2)
    mailbox.change(Change("/x", "toggle"))
    mailbox.change(Change("/store", "fire"))
    mailbox.change(Change("/y", "toggle"))
    assert pieces(mailbox) == [({"/a": 1}, ["/recall", "/panic"]), ({"/b": 2}, ["/x", "/store"]), ({}, ["/y"])]


def test_of_an_address_only_the_last_place_counts():
    mailbox = ControlQueue()
    mailbox.post("/a", 1)
    mailbox.change(Change("/recall", "fire"))
    mailbox.post("/a", 2)
    assert pieces(mailbox) == [({}, ["/recall"]), ({"/a": 2}, [])]


def test_a_batch_has_its_own_order_behind_what_was_there():
    mailbox = ControlQueue()
    mailbox.change(Change("/first", "fire"))
    mailbox.post_all({"/a": 1, "/b": 2}, [Change("/recall", "fire")], {"/b": 1})
    assert pieces(mailbox) == [({}, ["/first"]), ({"/a": 1}, ["/recall"]), ({"/b": 2}, [])]


def test_places_are_right_where_changes_fell_away():
    mailbox = ControlQueue()
    mailbox.change(Change("/a", "toggle"))  # replaced by the value
    mailbox.change(Change("/recall", "fire"))
    mailbox.post("/a", True)
    mailbox.change(Change("/panic", "fire"))
    assert pieces(mailbox) == [({}, ["/recall"]), ({"/a": True}, ["/panic"])]
