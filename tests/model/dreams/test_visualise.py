"""Feature visualisation, with the catalogue's own classifier."""

from collections.abc import Mapping

import numpy as np
import pytest

from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.model.dreams.visualise import Visualise
from vj.model.files.library import Entry, find
from vj.model.files.weights import fetch
from vj.params.param import Value

SIZE = Size(96, 64)
BLACK = np.zeros((64, 96, 3), np.uint8)


@pytest.fixture(scope="module")
def model() -> Visualise:
    entry = find("from-noise")
    for asset in entry.assets:
        fetch(asset, lambda doing, part: None)
    made = Entry.from_job(entry.to_job()).make_model("torch")
    assert isinstance(made, Visualise)
    return made


def values(model: Visualise, **wanted: Value) -> Mapping[str, Value]:
    return {**{param.name: param.default for param in model.params}, "layer": "textures", **wanted}


def run(model: Visualise, count: int, **wanted: Value) -> Pixels:
    """The picture after ``count`` pictures more."""
    out, said = np.empty_like(BLACK), values(model, **wanted)
    prepared = model.prepare(SIZE, model.variant(said))
    for _ in range(count):
        assert 0.0 < prepared.run(BLACK, out, said, 0.0) < 1.0
    return out


def anew(model: Visualise, count: int, **wanted: Value) -> Pixels:
    model.handle_trigger("restart", 1.0)
    return run(model, count, **wanted)


def test_a_unit_comes_out_of_noise(model: Visualise) -> None:
    pictures = [out.copy() for out in model.develop(BLACK, values(model, unit=7), 20)]
    layer = model.steps.layer("textures")
    before, after = (
        model.steps.features(picture, [layer])[0].mean((0, 2, 3)) for picture in (pictures[0], pictures[-1])
    )
    assert len(pictures) == 21
    assert int((after - before).argmax()) == 7
    assert after[7] > 5.0 * before.abs().mean()


def test_a_class_comes_out_of_noise(model: Visualise) -> None:
    *_, picture = model.develop(BLACK, values(model, toward="goldfish"), 20)
    (scores,) = model.steps.features(picture, [model.steps.layer("classes")])
    assert model.steps.classifier.labels[int(scores.argmax())] == "goldfish"


def test_it_begins_with_noise_and_rests_when_told_to(model: Visualise) -> None:
    start = anew(model, 3, stop=0)
    assert 5.0 < start.std() < 60.0
    further = run(model, 4, stop=3)
    assert np.abs(further.astype(int) - start).mean() > 1.0
    assert np.array_equal(run(model, 2, stop=3), further)
    assert np.array_equal(run(model, 1, stop=0), start)  # a checkpoint that has passed comes again
    assert np.array_equal(run(model, 4, stop=3), further)
    assert not np.array_equal(run(model, 1, stop=-1), further)


def test_restart_is_other_noise(model: Visualise) -> None:
    assert np.abs(anew(model, 1, stop=0).astype(int) - anew(model, 1, stop=0)).mean() > 5.0


def test_another_wish_goes_on_from_the_picture(model: Visualise) -> None:
    def moved(renew: float) -> float:
        before = anew(model, 10, unit=3).astype(int)
        return float(np.abs(run(model, 1, unit=4, renew=renew, learning=0.0, decay=0.0) - before).mean())

    assert moved(0.0) < 1.0 < moved(0.3) < moved(1.0)


def test_another_size_shows_the_same(model: Visualise) -> None:
    import cv2

    before, larger = anew(model, 10, unit=3), np.empty((96, 128, 3), np.uint8)
    said = values(model, unit=3, learning=0.0, decay=0.0)
    model.prepare(Size(128, 96), model.variant(said)).run(larger, larger, said, 0.0)
    assert np.abs(larger.astype(int) - cv2.resize(before, (128, 96))).mean() < 6.0


def test_an_unknown_layer_is_refused(model: Visualise) -> None:
    plays = model.prepare(SIZE, model.variant(values(model)))  # so that something can go on instead
    with pytest.raises(BadInput, match="patterns"):
        model.prepare(SIZE, model.variant(values(model, layer="nothing")))
    assert plays.why


def test_a_layer_that_there_is_none_of_at_the_start_gives_the_usual_picture_and_says_so() -> None:
    made = Entry.from_job(find("from-noise").to_job()).make_model("torch")
    assert isinstance(made, Visualise)
    said = values(made, layer="mixed4a")
    prepared = made.prepare(SIZE, made.variant(said))
    assert 0.0 < prepared.run(BLACK, np.empty_like(BLACK), said, 0.0) < 1.0
    assert "unknown layer 'mixed4a'" in made.notice
    with pytest.raises(BadInput, match="unknown layer 'mixed4a'"):
        next(made.develop(BLACK, said, 2))
