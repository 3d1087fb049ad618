"""What all families that play a classifier have in common, each as an engine and `vj apply` use it."""

import math

import numpy as np
import pytest

from vj.base.frame import Size
from vj.model import DREAMS
from vj.model.files.library import Entry, catalogue
from vj.params.param import Value

ENTRIES = {entry.family: entry for entry in catalogue().values() if entry.family in DREAMS}


@pytest.mark.parametrize("family", DREAMS)
def test_it_is_warmed_plays_and_changes_its_size(family: str) -> None:
    entry = ENTRIES[family]
    entry.fetch(lambda doing, part: None)
    model = Entry.from_job(entry.to_job()).make_model("openvino-f32")
    values: dict[str, Value] = {param.name: param.default for param in model.params if param.kind != "trigger"}
    values |= {name: value for name, value in {"layer": "edges", "toward": "goldfish"}.items() if name in values}
    now = 0.0
    for box in (Size(128, 64), Size(96, 64)):
        size = model.size(box, 640, 320)
        prepared = model.prepare(size, model.variant(values))
        assert prepared.warm() > 0.0
        seen = np.random.default_rng(1).integers(0, 256, (size.height, size.width, 3), np.uint8)
        for _ in range(3):
            out = np.zeros_like(seen)
            assert math.isfinite(prepared.run(seen, out, values, now))
            assert out.std() > 5
            now += 0.04
    assert model.notice == ""


@pytest.mark.parametrize("family", DREAMS)
def test_a_small_camera_is_dreamed_on_at_the_full_size(family: str) -> None:
    entry = ENTRIES[family]
    model = Entry.from_job(entry.to_job()).make_model("openvino-f32")
    assert model.size(Size(512, 288), 176, 144) == Size(352, 288)
    assert model.size(Size(512, 288), 1920, 1080) == Size(512, 288)
    assert min(model.size(Size(32, 32), 1920, 1080)) == 64, "no classifier sees anything in less"


def test_what_another_model_of_the_layer_is_told_is_not_heeded() -> None:
    """Values come merged: the mirror goes with the camera whatever the zoom's pace, noise has no octaves."""
    models = {family: ENTRIES[family].make_model() for family in ("dream_mirror", "dream_zoom", "visualise")}
    values: dict[str, Value] = {param.name: param.default for model in models.values() for param in model.params}
    moved = values | {"pace": 12.0, "octaves": 3}
    assert [models[family].pace(moved) for family in models] == [0.0, 12.0, 12.0]
    assert models["visualise"].variant(moved) == models["visualise"].variant(values)
    assert models["dream_zoom"].variant(moved) != models["dream_zoom"].variant(values)
