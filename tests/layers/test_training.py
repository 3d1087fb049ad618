"""The training of a layer's look as a performer steers it: names, what the trainer is sent, and when a look plays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from vj.base.paths import PRESETS, library
from vj.child.process import Message
from vj.layers.training import LayerTraining, paint_where_awaited
from vj.params.control_queue import Change
from vj.params.param import ParamTable, Value
from vj.preset.layer_plan import TrainPlan
from vj.preset.train_params import TRAIN

TRAIN_PREFIX, MODEL = "/layer/2/train", "/layer/2/model"


class FakeTrainer:
    """Notes what it is asked, and tells what the test says."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.runs = False
        self.notice = ""
        self.slots: list[int] = []
        self.sent: list[Message] = []
        self.ended = False

    def ask(self, slot: int) -> None:
        self.slots.append(slot)

    def send(self, message: Message) -> None:
        self.sent.append(message)

    def end(self) -> None:
        self.ended = True


class Stage:
    """Layer 2's training."""

    def __init__(self) -> None:
        self.trainer = FakeTrainer()
        self.played: list[Mapping[str, Value]] = []
        self.opened: list[Path] = []
        self.training = LayerTraining(2, self.trainer, self.played.append, lambda: self.name, self.opened.append)
        self.table = ParamTable()
        self.table.declare(TRAIN_PREFIX, TRAIN)
        self.handlers = self.training.handlers(self.table)
        self.name = ""

    def fire(self, name: str, text: str = "", amount: float = 0.0) -> None:
        self.handlers[f"{TRAIN_PREFIX}/{name}"](Change(f"{TRAIN_PREFIX}/{name}", "fire", amount, text=text), 1.0)

    def frame(self, **told: object) -> Mapping[str, Value]:
        """One frame, before which the trainer ``told`` something and is there. Returns what the show is to tell."""
        self.trainer.runs = True
        self.trainer.told |= told
        return self.training.follow(slot=5)

    def do(self, name: str, text: str = "") -> Message:
        """Fire a trigger in a frame, and return what the trainer gets."""
        self.frame()
        self.fire(name, text)
        return self.trainer.sent[-1]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    return Stage()


def test_every_trigger_has_a_handler(stage: Stage) -> None:
    triggers = {address for address, param in stage.table.items() if param.kind == "trigger"}
    assert stage.handlers.keys() == triggers


def test_nothing_starts_before_it_is_asked_for(stage: Stage) -> None:
    stage.frame()
    assert (stage.trainer.slots, stage.training.state, stage.training.notice) == ([], "", "")
    stage.fire("arm")
    stage.frame()
    assert stage.trainer.slots == [5]
    assert stage.trainer.sent == []


def test_a_look_is_kept_painted_trained_and_played_once_its_first_weights_are_there(stage: Stage) -> None:
    assert stage.do("keep") == {"do": "keep", "name": "look-1"}
    stage.frame(state="kept", look="look-1", kept="/looks/look-1/01.png", keyframes=0)
    assert stage.opened == [Path("/looks/look-1/01.png")]
    assert stage.training.waits
    stage.frame()
    assert len(stage.opened) == 1
    stage.training.paint("/home/me/painted.png")
    assert stage.trainer.sent[-1] == {"do": "painted", "name": "look-1", "path": "/home/me/painted.png"}
    stage.frame(keyframes=1)
    assert not stage.training.waits
    assert stage.do("go") == {"do": "go", "name": "look-1"}
    stage.frame()
    assert stage.played == []
    stage.frame(state="learning", seconds=0.4, mean_error=31.5)
    stage.frame(seconds=1.0)
    assert stage.played == [{f"{MODEL}/look": "look-1", MODEL: "look"}], "once: a hand may choose another model then"


def test_another_look_s_learning_is_not_played_in_its_place(stage: Stage) -> None:
    stage.name = "new"
    stage.frame(state="learning", look="old")
    stage.fire("go")
    stage.frame()
    assert stage.played == []
    stage.frame(look="new")
    assert [values[f"{MODEL}/look"] for values in stage.played] == ["new"]


def test_one_that_is_stopped_at_once_isn_t_played(stage: Stage) -> None:
    stage.do("go")
    assert stage.do("stop") == {"do": "stop"}
    stage.frame(state="learning", look="look-1")
    assert stage.played == []


def test_pictures_add_up_until_the_look_is_stopped(stage: Stage) -> None:
    (library("models")).mkdir(parents=True)
    (library("models") / "look-1.safetensors").touch()
    (library("looks") / "look-3").mkdir(parents=True)
    assert stage.do("keep")["name"] == "look-2"
    assert stage.do("keep")["name"] == "look-2"
    stage.do("stop")
    assert stage.do("go")["name"] == "look-2", "the stopped one goes on"
    assert stage.do("keep")["name"] == "look-2"
    stage.do("stop")
    (library("looks") / "look-2").mkdir()
    assert stage.do("keep")["name"] == "look-4"
    assert stage.do("go")["name"] == "look-4"


def test_a_name_that_is_given_counts_until_it_is_changed(stage: Stage) -> None:
    stage.name = "Fire 2"
    assert stage.do("keep")["name"] == "Fire 2"
    stage.do("stop")
    assert stage.do("keep")["name"] == "Fire 2"
    stage.name = "water"
    assert stage.do("go")["name"] == "water"


@pytest.mark.parametrize("name", ["../up", "a/b", "a\\b", "C:x", ".hidden", "x" * 61, "a\nb"])
def test_a_name_that_is_no_file_s_is_refused(stage: Stage, name: str) -> None:
    stage.name = name
    stage.frame()
    stage.fire("keep")
    stage.fire("go")
    assert stage.trainer.sent == []
    assert f"{TRAIN_PREFIX}/go: " in stage.training.notice
    assert "no name of a look" in stage.training.notice
    stage.name = "good"
    assert stage.do("go")["name"] == "good"
    assert stage.training.notice == ""


def test_a_painted_picture_comes_from_the_library_only(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "looks" / "look-1").mkdir(parents=True)
    (tmp_path / "looks" / "look-1" / "mine.png").touch()
    assert stage.do("painted", "look-1/mine.png")["path"] == str(tmp_path / "looks" / "look-1" / "mine.png")
    assert stage.do("painted", "woodcut_wave.jpg")["path"] == str(PRESETS / "paintings" / "woodcut_wave.jpg")
    (tmp_path / "secret.png").touch()
    before = len(stage.trainer.sent)
    for bad in ("../secret.png", str(tmp_path / "secret.png"), "nowhere.png", "", "look-1"):
        stage.fire("painted", bad)
        assert "there is no picture" in stage.training.notice, bad
    assert len(stage.trainer.sent) == before


def test_a_dropped_picture_goes_to_the_first_that_waits_for_one(stage: Stage) -> None:
    other = Stage()
    assert not paint_where_awaited("/a.png", (stage.training, other.training))
    other.do("keep")
    other.frame(state="kept", kept="/x/01.png", keyframes=0)
    assert paint_where_awaited("/a.png", (stage.training, other.training))
    assert stage.trainer.sent == []
    assert other.trainer.sent[-1] == {"do": "painted", "name": "look-1", "path": "/a.png"}


def test_undo_says_how_far(stage: Stage) -> None:
    stage.frame()
    stage.fire("undo", amount=3.0)
    assert stage.trainer.sent == [{"do": "undo", "seconds": 3.0}]


def test_a_preset_begins_by_itself(stage: Stage) -> None:
    stage.training.begin(TrainPlan("paint-me", (("/a.png", "/b.png"), ("/c.png", "/d.png"))), slot=3)
    assert stage.trainer.slots == [3]
    assert stage.trainer.sent == [
        {"do": "keyframe", "name": "paint-me", "source": "/a.png", "painted": "/b.png"},
        {"do": "keyframe", "name": "paint-me", "source": "/c.png", "painted": "/d.png"},
        {"do": "go", "name": "paint-me", "anew": True},
    ]
    stage.frame(state="learning", look="paint-me", keyframes=2)
    assert stage.played == [{f"{MODEL}/look": "paint-me", MODEL: "look"}]
    other = Stage()
    other.training.begin(TrainPlan("paint-me", (("/a.png", "/b.png"),), go=False), slot=3)
    assert [message["do"] for message in other.trainer.sent] == ["keyframe"]


def test_lights_say_what_can_be_done(stage: Stage) -> None:
    def lit() -> list[set[str]]:
        return [{address.removeprefix(f"{TRAIN_PREFIX}/") for address in found} for found in stage.training.indicators]

    assert lit() == [set(), set(), set()]
    stage.fire("arm")
    assert lit() == [set(), {"arm"}, {"arm"}]
    stage.frame(state="kept", kept="/x/01.png")
    assert lit() == [{"arm", "keep"}, set(), {"arm", "keep"}]
    stage.fire("go")
    stage.frame(keyframes=1)
    assert lit() == [{"arm"}, {"go"}, {"arm", "keep", "go"}]
    stage.frame(state="learning", look="look-1")
    assert lit() == [{"arm", "go"}, set(), {"arm", "keep", "go", "stop", "undo"}]


def test_what_is_told_of_it(stage: Stage) -> None:
    assert stage.training.described()["state"] == ""
    stage.fire("go")
    assert stage.training.state == "cold"
    stage.frame(state="learning", seconds=2.345, mean_error=11.111, keyframes=1)
    told = {"name": "look-1", "state": "learning", "keyframes": 1, "kept": "", "notice": "", "seconds": 2.3}
    assert stage.training.described() == {**told, "error": 11.11}
    stage.trainer.notice = "the painted picture has nothing to do with the frame"
    assert stage.training.notice == stage.trainer.notice
    stage.training.end()
    assert stage.trainer.ended


def test_how_far_it_is_is_told_by_address_when_it_changes(stage: Stage) -> None:
    assert stage.frame() == {}
    stage.fire("go")
    assert stage.frame(state="cold")[f"{TRAIN_PREFIX}/state"] == "cold"
    told = {"state": "learning", "seconds": 3.0, "error": 11.0, "keyframes": 2}
    changed = stage.frame(state="learning", seconds=2.6, mean_error=11.4, keyframes=2)
    assert changed == {f"{TRAIN_PREFIX}/{name}": value for name, value in told.items()}
    assert stage.frame(seconds=2.7, mean_error=11.3) == {}, "whole numbers only: each one is sent to every client"
