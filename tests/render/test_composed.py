"""A show of three layers with all that composes them, rendered again: the same film."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.conftest import CLIP
from tests.render.test_render import FPS, Mails, Pictures, first_change, rendered
from vj.base.errors import Unavailable
from vj.model.dreams.masks import Segmenter
from vj.model.files import weights

LAYERS: list[dict[str, Any]] = [
    {"sources": [f"movie:{CLIP}"], "bank": ["identity"], "effects": ["kaleidoscope", "trails"]},
    {"sources": ["shader:clouds"], "bank": ["identity"], "clips": ["shader:clouds", "shader:bars"]},
    {"sources": ["shader:plasma"], "bank": ["identity"]},
]
COMPOSED: dict[str, Any] = {
    "/layer/1/effect/kaleidoscope/mix": 0.8,
    "/layer/2/blend": "difference",
    "/layer/2/mask": "layer",
    "/layer/2/mask_layer": 3,
    "/layer/2/transition": "soft-wipe",
    "/layer/2/transition_time": 0.5,
    "/layer/2/bus": "A",
    "/layer/3/key": "luma",
    "/layer/3/key_tolerance": 0.4,
    "/layer/3/scale": 0.8,
    "/layer/3/rotate": 20.0,
    "/layer/3/bus": "B",
    "/master/crossfader": 0.3,
}
"""How the show begins."""
LAUNCH, FADE = 3, 8
"""The frames in which another clip is launched, and the crossfader begins to move."""


MOVES: Mails = (
    {"t": LAUNCH / FPS, "v": {"/layer/2/clip": 2}},
    *({"t": (FADE + step) / FPS, "v": {"/master/crossfader": 0.4 + 0.1 * step}} for step in range(3)),
    {"t": 12 / FPS},
)


def show(folder: Path, *left_out: str) -> Pictures:
    """The film, without the values ``left_out``."""
    begins = {address: value for address, value in COMPOSED.items() if address not in left_out}
    return rendered(folder, MOVES, {"layers": LAYERS, "values": begins})


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    return show(tmp_path_factory.mktemp("film"))


def test_a_composed_show_is_the_same_film_each_time(film: Pictures, tmp_path: Path) -> None:
    again = show(tmp_path)
    assert len(film) == 13
    assert all(map(np.array_equal, film, again))
    assert len({picture.tobytes() for picture in film}) == len(film)


@pytest.mark.parametrize(
    ("left_out", "first"),
    [
        ("/layer/1/effect/kaleidoscope/mix", 0),
        ("/layer/2/blend", 0),
        ("/layer/2/mask", 0),
        ("/layer/2/transition", LAUNCH),
        ("/layer/3/key", 0),
        ("/layer/3/rotate", 0),
        ("/layer/3/bus", 0),
    ],
)
def test_each_part_of_it_counts(film: Pictures, tmp_path: Path, left_out: str, first: int) -> None:
    assert first_change(film, show(tmp_path, left_out)) == first


def people(tmp_path: Path, **values: object) -> Pictures:
    """A portrait over a generator, of which only the person is shown from the second frame on."""
    portrait = tmp_path / "portrait.png"
    Image.fromarray(data.astronaut()[:288]).save(portrait)
    layers = [{"sources": [source], "bank": ["identity"]} for source in ("shader:plasma", f"still:{portrait}")]
    begins = {"/layer/2/model/strength": 0.0, **values}
    batches: Mails = [{"t": 1 / FPS, "v": {"/layer/2/mask": "person"}}, {"t": 6 / FPS}]
    return rendered(tmp_path, batches, {"layers": layers, "values": begins})


def test_a_person_is_masked_in_the_frame_of_the_command_and_the_same_each_time(tmp_path: Path) -> None:
    """The person is in the middle, before a flag and a rocket."""
    weights.fetch(weights.PARTS["people"], lambda doing, part: None)
    once, again, turned = people(tmp_path), people(tmp_path), people(tmp_path, **{"/layer/2/mask_invert": True})
    assert all(map(np.array_equal, once, again))
    face, rocket = (slice(45, 60), slice(66, 76)), (slice(10, 60), slice(120, 150))
    for shown in once[1:]:
        assert np.abs(shown[face].astype(int) - once[0][face]).max() <= 3
        assert np.abs(shown[rocket].astype(int) - once[0][rocket]).mean() > 20
    for shown in turned[1:]:
        assert np.abs(shown[face].astype(int) - once[0][face]).mean() > 20


def test_without_what_finds_people_it_says_what_to_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(segmenter: Segmenter) -> Path:
        raise Unavailable("it isn't here; fix: vj models fetch people")

    monkeypatch.setattr(Segmenter, "_file", missing)
    with pytest.raises(Unavailable, match="vj models fetch people"):
        people(tmp_path)
