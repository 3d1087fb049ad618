"""Which engine plays: the bank's, or a guest that is loaded while it plays."""

from types import SimpleNamespace
from typing import Any

import pytest

from vj.base.errors import Unavailable
from vj.layers.layer_worker import LayerWorker
from vj.layers.model_switcher import IDLE, ModelSwitcher
from vj.model.files.library import MODEL


def fake(name: str) -> Any:
    child = SimpleNamespace(refused="", restarts=0, fault="", info={"title": name})
    return LayerWorker(child, SimpleNamespace(published=0), SimpleNamespace(), "/layer/1/model")  # type: ignore[arg-type]


class Rig:
    def __init__(self) -> None:
        self.bank = fake("one")
        self.guests: list[Any] = []
        self.dismissed: list[Any] = []
        self.switcher = ModelSwitcher(self.bank, ("one", "two"), "one", self.invite, self.dismissed.append)

    def invite(self, name: str) -> Any:
        if name == "absent":
            raise Unavailable("absent isn't here yet")
        self.guests.append(fake(name))
        return self.guests[-1]

    def ready(self, guest: Any) -> None:
        guest.output.published += 1
        assert self.switcher.check_engines() is None


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_inside_the_bank_it_is_a_value(rig: Rig) -> None:
    before = rig.switcher.version
    assert rig.switcher.ask_for("two") is None
    assert rig.switcher.playing is rig.bank
    assert rig.bank.own[MODEL] == "two"
    assert rig.switcher.version > before
    assert not rig.guests


def test_another_is_loaded_aside_and_then_takes_over(rig: Rig) -> None:
    assert rig.switcher.ask_for("other") is None
    (guest,) = rig.guests
    assert rig.switcher.playing is rig.bank
    assert rig.bank.own[MODEL] == "one", "it plays on meanwhile"
    assert guest.own[MODEL] == "other"
    assert rig.switcher.notice == "loading other"
    rig.ready(guest)
    assert rig.switcher.playing is guest
    assert rig.bank.own[MODEL] == IDLE
    assert rig.switcher.notice == ""


def test_back_to_the_bank_and_to_the_guest_again_without_loading(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    rig.ready(rig.guests[0])
    rig.switcher.ask_for("two")
    assert rig.switcher.playing is rig.guests[0], "until the bank has made a picture of it"
    rig.ready(rig.bank)
    assert rig.switcher.playing is rig.bank
    assert rig.guests[0].own[MODEL] == IDLE
    rig.switcher.ask_for("other")
    rig.ready(rig.guests[0])
    assert rig.switcher.playing is rig.guests[0]
    assert len(rig.guests) == 1
    assert not rig.dismissed


def test_a_bank_that_has_died_meanwhile_is_waited_for(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    rig.ready(rig.guests[0])
    rig.bank.child.restarts = 1
    rig.switcher.ask_for("two")
    assert rig.switcher.check_engines() is None
    assert rig.switcher.playing is rig.guests[0]


def test_a_second_guest_sends_the_first_away_only_when_it_is_ready(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    first = rig.guests[0]
    rig.ready(first)
    rig.switcher.ask_for("third")
    assert rig.switcher.playing is first
    assert not rig.dismissed
    rig.ready(rig.guests[1])
    assert rig.switcher.playing is rig.guests[1]
    assert rig.dismissed == [first]
    assert rig.switcher.all == [rig.bank, rig.guests[1]]


def test_one_that_fails_changes_nothing_and_says_why(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    rig.guests[0].child.refused = "a pickle with code"
    assert rig.switcher.check_engines() == "one"
    assert rig.switcher.playing is rig.bank
    assert rig.switcher.notice == "other: a pickle with code"
    assert rig.dismissed == rig.guests
    assert rig.bank.own[MODEL] == "one"


def test_one_that_dies_while_it_loads_is_not_tried_for_ever(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    rig.guests[0].child.restarts, rig.guests[0].child.fault = 1, "ended with status -9"
    assert rig.switcher.check_engines() == "one"
    assert "status -9" in rig.switcher.notice


def test_one_that_loads_but_gives_no_picture_is_left(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    rig.guests[0].child.info = {"failed": "other", "why": "it gives no picture", "failures": 1}
    assert rig.switcher.check_engines() == "one"
    assert rig.switcher.notice == "other: it gives no picture"
    assert rig.dismissed == rig.guests


def test_a_guest_that_dies_again_and_again_gives_way_to_the_bank(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    guest = rig.guests[0]
    rig.ready(guest)
    guest.child.restarts, guest.child.fault = 3, "ended with status -9"
    assert rig.switcher.check_engines() == "one"
    rig.ready(rig.bank)
    assert rig.switcher.playing is rig.bank
    assert rig.switcher.name == "one"


def test_one_that_is_not_here_is_refused(rig: Rig) -> None:
    assert rig.switcher.ask_for("absent") == "one"
    assert rig.switcher.notice == "absent isn't here yet"


def test_a_change_of_mind_while_loading(rig: Rig) -> None:
    rig.switcher.ask_for("other")
    rig.switcher.ask_for("two")
    assert rig.dismissed == [rig.guests[0]]
    assert rig.bank.own[MODEL] == "two"
    assert rig.switcher.check_engines() is None


def test_what_fails_inside_the_bank_goes_back_to_what_played_every_time(rig: Rig) -> None:
    for times in (1, 2):
        rig.switcher.ask_for("two")
        rig.bank.child.info = {"failed": "two", "why": "no such layer", "failures": times}
        assert rig.switcher.check_engines() == "one"
        assert rig.switcher.notice == "two: no such layer"
        assert rig.bank.own[MODEL] == "one"
        assert rig.switcher.check_engines() is None, "told once"


def test_an_old_failure_of_the_bank_leaves_a_guest_alone(rig: Rig) -> None:
    rig.switcher.ask_for("two")
    rig.switcher.ask_for("other")
    rig.bank.child.info = {"failed": "two", "why": "no such layer", "failures": 1}
    assert rig.switcher.check_engines() is None
    assert not rig.dismissed


def test_results_are_counted_over_all_engines(rig: Rig) -> None:
    rig.bank.output.published = 10
    for name in ("other", "third"):
        rig.switcher.ask_for(name)
        rig.ready(rig.guests[-1])
    assert rig.switcher.published == 12


def test_one_is_prepared_aside_and_takes_over_when_it_is_asked_for(rig: Rig) -> None:
    rig.switcher.prepare("two")
    assert not rig.guests, "the bank has it"
    rig.switcher.prepare("absent")
    rig.switcher.prepare("other")
    rig.switcher.prepare("other")
    (guest,) = rig.guests
    assert (rig.bank.own[MODEL], guest.own[MODEL]) == ("one", IDLE)
    assert rig.switcher.notice == ""
    rig.switcher.ask_for("other")
    assert guest.own[MODEL] == "other"
    rig.ready(guest)
    assert rig.switcher.playing is guest
    assert rig.guests == [guest]
    rig.switcher.prepare("third")
    assert rig.guests == [guest], "what plays isn't sent away"
    rig.switcher.ask_for("one")
    rig.ready(rig.bank)
    rig.switcher.prepare("third")
    assert rig.dismissed == [guest]
    assert rig.switcher.all == [rig.bank, rig.guests[1]]


def test_a_prepared_one_that_fails_leaves_the_bank_playing(rig: Rig) -> None:
    rig.switcher.prepare("other")
    rig.guests[0].child.info |= {"failures": 1, "failed": "other", "why": "out of paint"}
    rig.switcher.ask_for("other")
    assert rig.switcher.check_engines() == "one"
    assert rig.switcher.notice == "other: out of paint"
