"""`vj data from` and `vj data two`: films and folders, and filters that are those of the show."""

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.drawn import drawn, saved, silent
from tests.films import coloured
from vj.base.errors import BadInput
from vj.data.builder import DataPlan
from vj.data.filters import FILTERS, PictureFilter, find_filter
from vj.data.gathering import make_from, make_two
from vj.data.pictures import Cover
from vj.data.png import read_png
from vj.data.reader import DataSet
from vj.model.files.manifest import Manifest
from vj.model.preprocess import PARAMS, Preprocessor

PLAN = DataPlan(side=32)


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_is_what_the_show_does_before_a_model(name: str) -> None:
    by, picture = FILTERS[name], drawn(1, 128, 72)
    told = Manifest.model_validate({"condition": by.condition, "set": dict(by.set)})
    live = Preprocessor().apply(picture, {param.name: param.default for param in PARAMS} | told.values, 0.0)
    assert (by.apply(picture, 72) == live).all()
    assert (by.apply(picture, 72) != picture).any()


def test_lengths_are_those_of_what_is_cut_out() -> None:
    picture = drawn(1, 144, 144)
    assert (FILTERS["blur"].apply(picture, 128) != FILTERS["blur"].apply(picture, 144)).any()


def test_settings_of_a_filter() -> None:
    by = find_filter("edges", ["low=30", "high=90"])
    assert dict(by.set) == {"condition/invert": True, "condition/low": 30.0, "condition/high": 90.0}
    for settings, said in (
        (["hihg=3"], "unknown setting of a filter 'hihg' .did you mean 'high'"),
        (["low"], "'low' sets nothing: write low=VALUE"),
        (["low=many"], "low.*'many'"),
        (["low=300"], "low.*255"),
    ):
        with pytest.raises(BadInput, match=said):
            find_filter("edges", settings)
    with pytest.raises(
        BadInput, match=r"unknown filter 'edge' .did you mean 'edges'.*blur, drawing, edges, grey, pixels"
    ):
        find_filter("edge")


def test_a_film_with_its_edges(clip: Path, tmp_path: Path) -> None:
    made = make_from(clip, tmp_path / "data", PLAN, silent, FILTERS["edges"], rate=6.0)
    about = made.description
    assert (about.kind, about.condition, about.set) == ("pairs", "canny", {"condition/invert": True})
    assert about.train["a"] + about.test["a"] + about.left_out["between"] == pytest.approx(31, abs=1)
    assert about.left_out.keys() == {"between"}
    pictures = {
        part: {int(name.split("-")[1]): name for name in DataSet.open(tmp_path / "data", part).names["b"]}
        for part in ("train", "test")
    }
    for time in pictures["test"]:
        assert min(abs(time - other) for other in pictures["train"]) > 500, "half a second lies between"
    name = DataSet.open(tmp_path / "data").names["a"][0]
    a, b = (read_png(tmp_path / "data" / "train" / letter / f"{name}.png") for letter in "ab")
    assert b.shape == (36, 64, 3)
    assert (FILTERS["edges"].apply(b, 32) == a).all()


def test_a_film_is_read_in_its_order_and_at_its_rate(clip: Path, tmp_path: Path) -> None:
    make_from(clip, tmp_path / "data", DataPlan(side=32, test=0.0), silent, rate=2.0)
    times = [int(name.split("-")[1]) for name in DataSet.open(tmp_path / "data").names["a"]]
    assert times[0] == 0
    assert len(times) == pytest.approx(11, abs=1)
    assert all(step == pytest.approx(500, abs=45) for step in np.diff(times))


def test_no_more_than_asked_for_from_all_of_a_film(clip: Path, tmp_path: Path) -> None:
    make_from(clip, tmp_path / "data", DataPlan(side=32, test=0.0), silent, rate=25.0, most=5)
    times = [int(name.split("-")[1]) for name in DataSet.open(tmp_path / "data").names["a"]]
    assert len(times) == 5
    assert times[-1] > 3500


def test_a_film_that_stands_still_gives_one_picture(tmp_path: Path) -> None:
    film = coloured(tmp_path / "red.mp4", "red", frames=10)
    said = make_from(film, tmp_path / "data", PLAN, silent, rate=25.0).lines()
    assert "that are there already" in said[1]


def test_a_folder_and_its_broken_file(tmp_path: Path) -> None:
    saved(tmp_path / "in", [f"{number}.png" for number in range(12)])
    (tmp_path / "in" / "4.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    made = make_from(tmp_path / "in", tmp_path / "data", PLAN, silent, FILTERS["pixels"])
    assert made.description.train["a"] == 10
    assert "1 that can't be read (4.png" in made.lines()[1]


def test_neighbours_in_a_folder_are_on_one_side(tmp_path: Path) -> None:
    """As of a film that was saved as pictures."""
    large = drawn(0, 400, 300)
    for number in range(40):
        saved(tmp_path / "in", [])
        Image.fromarray(large[:200, number * 4 : number * 4 + 200]).save(tmp_path / "in" / f"{number:03d}.png")
    make_from(tmp_path / "in", tmp_path / "data", PLAN, silent)
    tested = sorted(int(name) for name in DataSet.open(tmp_path / "data", "test").names["a"])
    trained = sorted(int(name) for name in DataSet.open(tmp_path / "data").names["a"])
    assert all(later - earlier == 1 for earlier, later in pairwise(tested))
    assert min(abs(one - other) for one in tested for other in trained) > 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty", "there is no picture or film in .*empty; choices: files ending in .png.* .mp4"),
        ("nothing", "there is no file .*nothing"),
        ("one.png", "is a picture; give the folder that it is in, or a film"),
        ("text.mp4", "text.mp4 can't be played"),
        ("broken", "nothing to train on in a: 1 that can't be read .x.jpg can't be read as a picture"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "in" / "empty").mkdir(parents=True)
    (tmp_path / "in" / "broken").mkdir()
    (tmp_path / "in" / "broken" / "x.jpg").write_bytes(b"no picture")
    saved(tmp_path / "in", ["one.png"])
    (tmp_path / "in" / "text.mp4").write_text("no film")
    with pytest.raises(BadInput, match=said):
        make_from(tmp_path / "in" / name, tmp_path / "data", PLAN, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_folder_of_films_and_pictures(clip: Path, tmp_path: Path) -> None:
    """Nothing of a film that is trained on is near to what is tested of it; a broken film is named."""
    saved(tmp_path / "in", [f"{number}.png" for number in range(6)])
    for name in ("one.mp4", "two.MP4"):
        shutil.copy(clip, tmp_path / "in" / name)
    (tmp_path / "in" / "three.webm").write_text("no film")
    made = make_from(tmp_path / "in", tmp_path / "data", PLAN, silent, rate=4.0)
    assert "1 that can't be read (movie: three.webm can't be played" in made.lines()[1]
    assert "that are there already" in "".join(made.lines())  # the second film is the same as the first
    trained, tested = (DataSet.open(tmp_path / "data", part).names["a"] for part in ("train", "test"))
    assert len([name for name in (*trained, *tested) if name.isdigit()]) == 6
    times = [[int(name[4:]) for name in names if name.startswith("one-")] for names in (trained, tested)]
    assert len(times[0]) > 5
    assert all(abs(one - other) > 500 for one in times[0] for other in times[1])


def test_a_film_and_a_folder_unpaired(clip: Path, tmp_path: Path) -> None:
    saved(tmp_path / "in", [f"{number}.png" for number in range(6)])
    made = make_two(clip, tmp_path / "in", tmp_path / "data", PLAN, silent, rate=2.0)
    assert made.description.kind == "two"
    assert made.description.train["a"] > made.description.train["b"] == 5


@pytest.mark.parametrize(("size", "fitted"), [((1280, 720), (64, 36)), ((10, 20), (36, 72)), ((36, 36), (36, 36))])
def test_pictures_cover_the_box(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert Cover(36, 36).fitted(*size) == fitted


def test_a_filter_changes_nothing_of_the_original() -> None:
    picture = drawn(2)
    before = picture.copy()
    PictureFilter("nothing").apply(picture, 48)[:] = 0
    assert (picture == before).all()
