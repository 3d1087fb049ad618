"""A layer whose look is trained: what its trainer looks at, what is told of it, and the model that is loaded for it."""

from collections.abc import Mapping

import moderngl
import pytest

from tests.layers.made import BLUE, RED, SIZE, MadeLayer
from tests.layers.test_training import FakeTrainer
from vj.gl.canvas import Canvas
from vj.layers import layer as layers
from vj.layers.training import LayerTraining
from vj.params.control_queue import Change
from vj.params.param import Value


class Stage:
    """One layer, with a trainer that does what the test says."""

    def __init__(self, ctx: moderngl.Context) -> None:
        self.trainer = FakeTrainer()
        self.played: list[Mapping[str, Value]] = []
        training = LayerTraining(1, self.trainer, self.played.append, lambda: "")
        self.made = MadeLayer(Canvas(ctx, SIZE), training=training)
        self.prepared: list[str] = []
        self.made.switcher.prepare = self.prepared.append  # type: ignore[method-assign]
        self.handlers = self.made.layer.handlers(self.made.table)

    def frame(self) -> Mapping[str, Value]:
        self.made.model(BLUE, of=self.made.shoot(RED))
        return self.made.frame()

    def fire(self, name: str) -> None:
        address = f"/layer/1/train/{name}"
        self.handlers[address](Change(address, "fire"), 1.0)


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx)


def test_nothing_is_trained_or_loaded_before_it_is_asked_for(stage: Stage) -> None:
    assert stage.frame() == {}
    assert (stage.trainer.slots, stage.prepared) == ([], [])


def test_the_trainer_sees_what_the_engines_see_also_in_a_freeze(stage: Stage) -> None:
    stage.fire("keep")
    assert stage.frame()["/layer/1/train/state"] == "cold"
    stage.made.launch()
    stage.made.frame(frozen=True)
    assert stage.trainer.slots == [0, 1]


def test_the_model_that_plays_looks_is_loaded_aside_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "LOOK", "style26")
    stage.fire("arm")
    for _ in range(3):
        stage.frame()
    assert stage.prepared == ["style26"]


def test_what_is_wrong_with_it_is_the_layer_s_notice_and_the_end_of_the_layer_is_its_end(stage: Stage) -> None:
    stage.trainer.notice = "the painted picture is blank"
    stage.frame()
    assert stage.made.layer.notice == ""
    stage.fire("go")
    stage.frame()
    assert stage.made.layer.notice == "the painted picture is blank"
    stage.made.layer.release()
    assert stage.trainer.ended


def test_every_trigger_of_the_training_has_a_handler_and_a_layer_without_one_has_none(stage: Stage) -> None:
    triggers = {f"/layer/1/train/{name}" for name in ("arm", "keep", "painted", "go", "stop", "undo")}
    assert triggers <= stage.handlers.keys()
    assert {a for a, p in stage.made.table.items() if "/train/" in a and p.kind == "trigger"} == triggers
    stage.made.layer.training = None
    assert not triggers & stage.made.layer.handlers(stage.made.table).keys()
