"""Values that come with a model, and whose word counts for more."""

import pytest

from vj.model.files.library import Entry
from vj.params.param import Value
from vj.preset.layer_plan import LayerPlan
from vj.preset.model_settings import ModelSettings

LOW = "/layer/1/model/condition/low"
USUAL = 20.0


def entry(name: str, **settings: Value) -> Entry:
    about = {"model": {"set": {f"condition/{key}": value for key, value in settings.items()}}}
    return Entry(name, "pix2pix", {}, about=about)


@pytest.fixture
def settings() -> ModelSettings:
    return ModelSettings(1, LayerPlan((), (entry("tiny", low=33.0), entry("plain")), (entry("other", low=44.0),)))


def test_a_show_starts_with_the_first_models(settings: ModelSettings) -> None:
    assert settings.start == {LOW: 33.0}


def test_they_follow_the_model_and_go_back_to_the_usual_with_one_that_wants_nothing(settings: ModelSettings) -> None:
    assert settings.model == "tiny"
    assert settings.change_model("other", {LOW: 33.0}) == {LOW: 44.0}
    assert settings.change_model("plain", {LOW: 44.0}) == {LOW: USUAL}
    assert settings.change_model("tiny", {LOW: USUAL}) == {LOW: 33.0}


def test_what_the_performer_moved_stays(settings: ModelSettings) -> None:
    assert settings.change_model("other", {LOW: 70.0}) == {}
    assert settings.change_model("tiny", {LOW: 70.0}) == {}


def test_what_a_preset_or_a_panic_set_stays(settings: ModelSettings) -> None:
    assert settings.change_model("other", {LOW: 99.0}) == {}
    assert settings.change_model("tiny", {LOW: 33.0}) == {}, "panic: the start's values, which are the model's own"
