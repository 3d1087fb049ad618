"""Which clip plays: one that waits, or one that is opened while another plays; and which sources are open."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from vj.base.errors import BadInput
from vj.layers.clip_pool import MOST_WARM, ClipPool
from vj.layers.clip_switcher import ClipSwitcher
from vj.layers.layer_worker import LayerWorker
from vj.params.param import Value
from vj.preset.show_table import show_table

KINDS = ("movie", "pattern", "camera")


def fake(spec: str) -> Any:
    child = SimpleNamespace(refused="", restarts=0, fault="", info={}, sent=deque())
    child.send = child.sent.append
    output = SimpleNamespace(published=0, rested=0)
    worker = LayerWorker(child, output, SimpleNamespace(), "/layer/1/source")  # type: ignore[arg-type]
    worker.spec = spec  # type: ignore[attr-defined]
    return worker


def give(worker: Any) -> None:
    """A source that waits has given the picture with which it will begin."""
    worker.output.published += 1
    worker.output.rested = worker.output.published


class Rig:
    """Layers that play ``a`` at first, and a pool whose processes are the test's own."""

    def __init__(self, *clips: str, layers: int = 1) -> None:
        self.table = show_table([(KINDS, [SimpleNamespace(name="identity", params=(), settings={})])] * layers)  # type: ignore[list-item]
        self.values: dict[str, Value] = {a: p.default for a, p in self.table.items() if p.kind != "trigger"}
        self.opened: list[Any] = []
        self.ended: list[str] = []
        self.room = True
        self.pool = ClipPool(self._start, lambda worker: self.ended.append(worker.spec))
        self.layers = []
        for number in range(1, layers + 1):
            for place, spec in enumerate(clips, start=1):
                self.values[f"/layer/{number}/clip/{place}/source"] = spec
            first = fake(clips[0])
            first.output.published = 1
            self.layers.append(ClipSwitcher(number, self.pool, first, clips[0]))
        self.clips = self.layers[0]

    def set(self, **values: Value) -> None:
        """Values below ``/layer/1/clip``: ``set(_2__in=1.0)``."""
        self.values |= {f"/layer/1/clip{name.replace('__', '/').replace('_', '/', 1)}": v for name, v in values.items()}

    def play(self, place: int, layer: int = 1) -> None:
        self.values[f"/layer/{layer}/clip"] = place
        self.layers[layer - 1].launch(place)
        self.frame()

    def frame(self) -> None:
        values = dict(self.values)
        for layer in self.layers:
            self.values |= layer.follow(values.get)

    def settle(self) -> None:
        """Frames until everything that was begun has given its first picture."""
        for _ in range(40):
            for worker in self.opened:
                give(worker)
            self.frame()

    def one(self, spec: str) -> Any:
        return next(worker for worker in self.opened if worker.spec == spec)

    @property
    def warm(self) -> list[str]:
        return [opened.spec for opened in self.pool.opened]

    def _start(self, spec: str, layer: int) -> Any:
        if spec == "movie:absent":
            raise BadInput("there is no file absent")
        if not self.room:
            return None
        self.opened.append(fake(spec))
        return self.opened[-1]


def specs(count: int) -> list[str]:
    return [f"movie:{letter}" for letter in "abcdefghijklmnop"[:count]]


def test_neighbours_are_opened_one_after_the_other_and_wait() -> None:
    rig = Rig(*specs(3))
    rig.frame()
    assert [worker.spec for worker in rig.opened] == ["movie:b"]
    rig.frame()
    assert len(rig.opened) == 1, "the first one isn't there yet"
    rig.settle()
    assert [worker.spec for worker in rig.opened] == ["movie:b", "movie:c"]
    assert rig.clips.warm == {1, 2, 3}
    assert not any(worker.child.sent for worker in rig.opened)


def test_a_clip_that_waits_plays_in_the_frame_of_its_launch() -> None:
    rig = Rig(*specs(2))
    rig.settle()
    first, before = rig.clips.playing.worker, rig.clips.version
    rig.play(2)
    assert rig.clips.playing.worker is rig.one("movie:b")
    assert (rig.clips.place, rig.clips.notice, rig.clips.version) == (2, "", before + 1)
    assert list(rig.one("movie:b").child.sent) == [{"play": True}]
    assert list(first.child.sent) == [{"play": False}]


def test_one_that_was_left_just_now_is_not_shown_where_it_was() -> None:
    rig = Rig(*specs(3))
    rig.settle()
    rig.play(2)
    left = rig.one("movie:b")
    left.output.published += 10
    rig.play(3)
    rig.play(2)
    assert rig.clips.place == 3, "it is still on its way back to its beginning"
    left.output.published += 1
    rig.frame()
    assert rig.clips.place == 3, "that was the last picture before it heard of it"
    give(left)
    rig.frame()
    assert rig.clips.place == 2


def test_a_launch_of_what_plays_begins_it_anew_and_a_mere_value_does_not() -> None:
    rig = Rig(*specs(2))
    rig.settle()
    sent = rig.clips.playing.worker.child.sent
    rig.frame()
    assert not sent
    rig.play(1)
    rig.frame()
    assert list(sent) == [{"play": True}]


def test_a_cold_one_is_opened_while_the_other_plays_on() -> None:
    rig = Rig(*specs(12))
    rig.settle()
    far = next(place for place in range(2, 12) if place not in rig.clips.warm)
    rig.play(far)
    assert rig.clips.place == 1
    assert rig.clips.notice == f"opening clip {far}"
    assert not rig.clips.playing.worker.child.sent
    rig.settle()
    assert (rig.clips.place, rig.clips.notice) == (far, "")


def test_at_most_eight_are_open_and_they_are_those_around_what_plays() -> None:
    rig = Rig(*specs(16))
    rig.settle()
    assert len(rig.warm) == MOST_WARM
    assert set(rig.warm) == {f"movie:{letter}" for letter in "abcdemnop"} - {"movie:m"}
    rig.play(8)
    rig.settle()
    assert set(rig.warm) == {f"movie:{letter}" for letter in "efghijkl"}
    assert len(rig.opened) - len(rig.ended) + 1 == MOST_WARM, "the others have ended"


def test_what_cues_name_is_warm_before_what_is_far_off() -> None:
    rig = Rig(*specs(16))
    rig.pool.named = {1: [9]}
    rig.settle()
    assert "movie:i" in rig.warm
    assert {"movie:b", "movie:p"} < set(rig.warm)
    assert len(rig.warm) == MOST_WARM


@pytest.mark.parametrize("how", ["absent", "refused", "dies"])
def test_one_that_can_not_be_opened_changes_nothing_and_says_why(how: str) -> None:
    rig = Rig("movie:a", *[""] * 14, "movie:absent" if how == "absent" else "movie:bad")
    rig.frame()
    rig.play(16)
    if how == "refused":
        rig.one("movie:bad").child.refused = "no film"
    elif how == "dies":
        rig.one("movie:bad").child.restarts, rig.one("movie:bad").child.fault = 1, "ended with status -9"
    rig.frame()
    assert rig.values["/layer/1/clip"] == 1
    assert rig.clips.place == rig.clips.wanted == 1
    why = {"absent": "there is no file absent", "refused": "no film", "dies": "ended with status -9"}[how]
    assert rig.clips.notice == f"clip 16: {why}"
    for _ in range(5):
        rig.frame()
    assert len(rig.opened) <= 1, "it isn't tried again by itself"
    assert not rig.clips.playing.worker.child.sent


def test_an_empty_place_can_not_be_played() -> None:
    rig = Rig(*specs(2))
    rig.play(5)
    assert rig.values["/layer/1/clip"] == 1
    assert rig.clips.notice == "there is no clip 5"


def test_the_last_of_several_that_are_opened_counts() -> None:
    rig = Rig(*specs(16))
    rig.settle()
    rig.play(7)
    rig.play(10)
    late = rig.one("movie:g")
    rig.settle()
    assert rig.clips.place == 10
    assert not late.child.sent


def test_a_clip_that_is_removed_while_it_plays_plays_on_until_another_one_does() -> None:
    rig = Rig(*specs(2))
    rig.settle()
    rig.set(_1__source="")
    rig.settle()
    assert (rig.clips.place, rig.clips.playing.spec, rig.ended) == (1, "movie:a", [])
    rig.play(2)
    rig.frame()
    assert rig.clips.playing.spec == "movie:b"
    assert rig.ended == ["movie:a"]


def test_a_place_with_another_content_is_opened_aside() -> None:
    rig = Rig("movie:a")
    rig.settle()
    rig.set(_1__source="movie:z")
    rig.frame()
    assert rig.clips.playing.spec == "movie:a"
    rig.settle()
    assert (rig.clips.place, rig.clips.playing.spec, rig.ended) == (1, "movie:z", ["movie:a"])


def test_when_there_is_no_room_what_plays_goes_on() -> None:
    rig = Rig(*specs(2))
    rig.room = False
    rig.play(2)
    assert rig.clips.place == 1
    rig.room = True
    rig.settle()
    assert rig.clips.place == 2


def test_layers_share_a_film_until_their_settings_differ() -> None:
    rig = Rig("pattern", "movie:b", layers=2)
    rig.values["/layer/2/clip/1/source"] = "pattern:other"
    rig.settle()
    assert [worker.spec for worker in rig.opened].count("movie:b") == 1
    rig.play(2, layer=1)
    rig.play(2, layer=2)
    shared = rig.clips.playing
    assert rig.layers[1].playing is shared
    assert list(shared.worker.child.sent) == [{"play": True}], "it isn't begun again in the midst"
    rig.values["/layer/2/clip/2/speed"] = 2.0
    rig.frame()
    assert rig.layers[1].playing is shared, "until its own one is there"
    rig.settle()
    own = rig.layers[1].playing
    assert own is not shared
    assert (own.spec, own.worker.prefix) == ("movie:b", "/layer/2/source")
    assert shared.players == {1}
    assert own.worker.elsewhere["clip/speed"] == "/layer/2/clip/2/speed"


def test_a_camera_is_never_opened_twice() -> None:
    rig = Rig("pattern", "camera:one", layers=2)
    rig.values["/layer/2/clip/2/speed"] = 2.0
    rig.settle()
    rig.play(2, layer=1)
    rig.play(2, layer=2)
    rig.settle()
    assert [worker.spec for worker in rig.opened].count("camera:one") == 1
    assert rig.layers[0].playing is rig.layers[1].playing
    rig.play(1, layer=1)
    assert {"play": False} not in rig.one("camera:one").child.sent, "the other layer shows it"


def test_a_layer_that_leaves_takes_only_what_is_its_own() -> None:
    rig = Rig("movie:a", "movie:b", layers=2)
    rig.values["/layer/2/clip/1/source"] = "movie:c"
    rig.settle()
    rig.play(2, layer=1)
    rig.play(2, layer=2)
    shared = rig.layers[1].playing
    assert shared.owner.layer == 1
    rig.pool.leave(rig.layers.pop(0))
    rig.settle()
    assert "movie:a" in rig.ended
    assert "movie:b" not in rig.ended
    assert (shared.owner, shared.players, shared.worker.prefix) == ((2, 2), {2}, "/layer/2/source")


def test_two_cuts_of_one_film_are_two_sources() -> None:
    rig = Rig("movie:a", "movie:a")
    rig.set(_2__in=3.0)
    rig.settle()
    assert rig.warm == ["movie:a", "movie:a"]
    assert rig.one("movie:a").elsewhere["clip/in"] == "/layer/1/clip/2/in"
