"""The control queue: last value wins, changes keep their order, nothing blocks."""

import threading

from vj.params.control_queue import Change, ControlQueue
from vj.params.signals import Beat, Sound


def test_an_empty_mailbox_has_nothing():
    assert ControlQueue().drain() is None


def test_the_last_value_of_an_address_wins():
    queue = ControlQueue()
    for number in range(5):
        queue.put("/a", number)
    queue.put("/b", "wave")
    assert queue.drain()[0] == {"/a": 4, "/b": "wave"}
    assert queue.drain() is None


def test_changes_all_come_in_order():
    queue = ControlQueue()
    sent = [Change("/cue/go", "fire", float(number)) for number in range(5)] + [Change("/a", "toggle")] * 2
    for change in sent:
        queue.put_change(change)
    assert list(queue.drain()[1]) == sent


def test_a_full_mailbox_counts_what_it_drops_and_takes_again_after_a_drain():
    queue = ControlQueue(capacity=3)
    for number in range(5):
        queue.put_change(Change("/cue/go", "fire", float(number)))
    assert queue.dropped == 2
    assert [change.amount for change in queue.drain()[1]] == [2.0, 3.0, 4.0]
    queue.put_change(Change("/cue/go", "fire", 9.0))
    assert [change.amount for change in queue.drain()[1]] == [9.0]


def test_what_was_drained_is_not_written_to_any_more():
    queue = ControlQueue()
    queue.put("/a", 1)
    values, changes, *_ = queue.drain()
    queue.put("/a", 2)
    queue.put_change(Change("/a", "reset"))
    assert values == {"/a": 1}
    assert not changes


def test_nothing_is_lost_between_threads():
    queue, posters, each = ControlQueue(capacity=10**6), 4, 2000

    def post(place):
        for number in range(each):
            queue.put_change(Change(f"/{place}", "fire", float(number)))
            queue.put(f"/{place}", number)

    threads = [threading.Thread(target=post, args=(place,)) for place in range(posters)]
    for thread in threads:
        thread.start()
    values, fired = {}, []
    while any(thread.is_alive() for thread in threads) or not fired:
        batch = queue.drain()
        if batch:
            values |= batch[0]
            fired += batch[1]
    for thread in threads:
        thread.join()
    batch = queue.drain()
    if batch:
        values |= batch[0]
        fired += batch[1]
    for place in range(posters):
        assert [change.amount for change in fired if change.address == f"/{place}"] == list(range(each))
        assert values[f"/{place}"] == each - 1


def test_of_beats_and_sounds_the_newest_counts():
    queue = ControlQueue()
    queue.put_beat("midi", Beat(1.0, 4.0, 120.0))
    queue.put_beat("midi", Beat(2.0, 6.0, 120.0))
    queue.put_beat("link", Beat(2.0, 1.0, 90.0))
    queue.put_sound(Sound(level=0.25))
    queue.put_sound(Sound(level=0.5))
    batch = queue.drain()
    assert batch.beats == {"midi": Beat(2.0, 6.0, 120.0), "link": Beat(2.0, 1.0, 90.0)}
    assert batch.sound == Sound(level=0.5)
    assert queue.drain() is None


def test_a_value_makes_what_was_relative_to_an_earlier_one_meaningless():
    queue = ControlQueue()
    queue.put_change(Change("/a", "add", 1.0))
    queue.put_change(Change("/b", "add", 2.0))
    queue.put_change(Change("/a", "fire"))
    queue.put("/a", 0.5)
    queue.put_change(Change("/a", "add", 3.0))
    batch = queue.drain()
    assert batch.values == {"/a": 0.5}
    assert [(change.address, change.amount) for change in batch.changes] == [("/b", 2.0), ("/a", 0.0), ("/a", 3.0)]


def pieces(queue: ControlQueue) -> list[tuple[dict[str, object], list[str]]]:
    return [(dict(values), [change.address for change in changes]) for values, changes, *_ in queue.drain().pieces()]


def test_values_and_triggers_come_in_pieces_in_their_order():
    queue = ControlQueue()
    queue.put("/a", 1)
    queue.put_change(Change("/recall", "fire"))
    queue.put_change(Change("/panic", "fire"))
    queue.put("/b", 2)
    queue.put_change(Change("/x", "toggle"))
    queue.put_change(Change("/store", "fire"))
    queue.put_change(Change("/y", "toggle"))
    assert pieces(queue) == [({"/a": 1}, ["/recall", "/panic"]), ({"/b": 2}, ["/x", "/store"]), ({}, ["/y"])]


def test_of_an_address_only_the_last_place_counts():
    queue = ControlQueue()
    queue.put("/a", 1)
    queue.put_change(Change("/recall", "fire"))
    queue.put("/a", 2)
    assert pieces(queue) == [({}, ["/recall"]), ({"/a": 2}, [])]


def test_a_batch_has_its_own_order_behind_what_was_there():
    queue = ControlQueue()
    queue.put_change(Change("/first", "fire"))
    queue.put_all({"/a": 1, "/b": 2}, [Change("/recall", "fire")], {"/b": 1})
    assert pieces(queue) == [({}, ["/first"]), ({"/a": 1}, ["/recall"]), ({"/b": 2}, [])]


def test_places_are_right_where_changes_fell_away():
    queue = ControlQueue()
    queue.put_change(Change("/a", "toggle"))  # replaced by the value
    queue.put_change(Change("/recall", "fire"))
    queue.put("/a", True)
    queue.put_change(Change("/panic", "fire"))
    assert pieces(queue) == [({}, ["/recall"]), ({"/a": True}, ["/panic"])]
