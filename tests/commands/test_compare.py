"""`vj models compare`: two models side by side."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.films import coloured
from tests.quiet import quiet
from tests.train.sets import drawn_pairs, on_disk
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Pixels
from vj.cli import app
from vj.commands import compare as command
from vj.commands.compare import SOURCE, WANTED, Difference, compare
from vj.train import feature_distance


class Negative:
    """Shows the negative; ``condition`` says how its pictures are drawn before, None as its manifest says."""

    def __init__(self, condition: dict[str, object] | None) -> None:
        self.condition = condition

    def __call__(self, picture: Pixels, now: float) -> Pixels:
        return 255 - picture

    def begin_again(self) -> None: ...

    def still(self, picture: Pixels, steps: int | None) -> list[tuple[int, int, Pixels]]:
        return [(1, 1, 255 - picture)]


class Same(Negative):
    """Shows the source."""

    def __call__(self, picture: Pixels, now: float) -> Pixels:
        return picture

    def still(self, picture: Pixels, steps: int | None) -> list[tuple[int, int, Pixels]]:
        return [(1, 1, picture)]


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Negative]:
    """The models, in the order in which they were made: ``identity`` shows the source, ``style26`` its negative."""
    found: list[Negative] = []

    def make(entry: Any, settings: object, runtime: str, progress: object, *, condition: Any) -> Negative:
        found.append((Same if entry.name == "identity" else Negative)(condition))
        return found[-1]

    def missing() -> None:
        raise Unavailable("no classifier is here; fix: vj models fetch gatys")

    monkeypatch.setattr(command, "model_runner", make)
    monkeypatch.setattr(feature_distance, "present_distance", missing)
    monkeypatch.chdir(tmp_path)
    return found


def numbers(line: str) -> list[str]:
    return line[44:].split()


def test_a_sheet_of_the_bundled_pictures_gets_a_free_name(made: list[Negative]) -> None:
    Path("identity-and-style26.jpg").write_bytes(b"mine")
    done = CliRunner().invoke(app, ["models", "compare", "identity", "style26"], catch_exceptions=False)
    lines = done.output.splitlines()
    assert lines[-1] == "identity-and-style26-2.jpg"
    assert Path("identity-and-style26.jpg").read_bytes() == b"mine"
    assert numbers(next(line for line in lines if line.startswith(f"identity, {SOURCE}"))) == ["0.000", "1.000", "-"]
    assert "features are left out: no classifier is here; fix: vj models fetch gatys" in lines
    with Image.open("identity-and-style26-2.jpg") as sheet:
        assert sheet.size[0] > 3 * 600
        shown = np.asarray(sheet)
    same, negative = shown[200:300, 700:800], shown[200:300, 1350:1450]
    assert abs(int(same.mean()) + int(negative.mean()) - 255) < 6
    assert all(one.condition is None for one in made)


def test_a_data_set_shows_what_is_wanted_and_is_drawn_already(made: list[Negative], tmp_path: Path) -> None:
    pairs = [(picture, 255 - picture) for picture, _ in drawn_pairs(4)]
    data = on_disk(tmp_path / "data", pairs, held=3)
    lines = compare("identity", "style26", data, Path("out.png"), 1.0, quiet)
    assert "(3 pictures)" in lines[0]
    rows = {line[:44].strip(): numbers(line) for line in lines[1:5]}
    assert rows[f"style26, {WANTED}"] == ["0.000", "1.000", "-"]
    assert rows[f"identity, {WANTED}"] == rows[f"{SOURCE}, {WANTED}"] != rows[f"style26, {WANTED}"]
    assert all(one.condition == {} for one in made)
    with Image.open("out.png") as sheet:
        assert sheet.size[0] > 4 * 32


def test_what_a_filter_drew_is_drawn_anew_for_each_model(made: list[Negative], tmp_path: Path) -> None:
    """A model of another size would be shown lines that were made smaller."""
    data = on_disk(tmp_path / "data", drawn_pairs(4), held=3)
    file = data / "data.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("filtered = false", "filtered = true"), encoding="utf-8")
    lines = compare("identity", "style26", data, Path("out.png"), 1.0, quiet)
    rows = {line[:44].strip(): numbers(line) for line in lines[1:5]}
    assert all(one.condition == {"condition/kind": "canny", "condition/invert": True} for one in made)
    assert rows[f"identity, {WANTED}"] == ["0.000", "1.000", "-"], "it was given what is wanted, to draw it"
    assert rows[f"{SOURCE}, {WANTED}"] != ["0.000", "1.000", "-"]


def test_a_film_is_cut_and_measured(tmp_path: Path) -> None:
    import av

    clip = coloured(tmp_path / "clip.mp4", "red", frames=12, fps=10)
    lines = compare("identity", "style26", clip, None, 0.75, quiet)
    assert lines[-1] == "identity-and-style26.mp4"
    assert "(8 pictures)" in lines[0]
    assert sum(", flicker" in line for line in lines) in (0, 3)
    with av.open("identity-and-style26.mp4") as film, av.open(str(clip)) as source:
        frames = list(film.decode(video=0))
        first = next(source.decode(video=0))
    assert len(frames) == 8
    assert (frames[0].width, frames[0].height) == (3 * first.width, first.height + 24)
    picture = frames[0].to_ndarray(format="rgb24")[24:]
    left, same, negative = np.split(picture.astype(int), 3, axis=1)
    assert np.abs(left - same).mean() < 4
    assert np.abs(255 - left - negative).mean() < 8


def test_what_cannot_be_compared_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken.jpg").write_bytes(b"mine")
    (tmp_path / "empty").mkdir()
    for on, to, said in (
        (None, "taken.jpg", "exists already"),
        (None, "out.mp4", "choices: a file ending in .png"),
        (tmp_path / "empty", None, "holds no pictures"),
        (tmp_path / "nothing", None, "there is no file or folder"),
    ):
        with pytest.raises(BadInput, match=said):
            compare("identity", "style26", on, Path(to) if to else None, 1.0, quiet)
    assert (tmp_path / "taken.jpg").read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "taken.jpg"]


def test_features_are_measured_where_there_is_a_classifier() -> None:
    difference = Difference("one", "other")
    picture = np.zeros((4, 4, 3), np.uint8)
    difference.add(picture, picture, lambda one, other: 0.25)  # type: ignore[arg-type]
    difference.add(picture, picture, None)
    assert difference.row().split() == ["one,", "other", "0.000", "1.000", "0.250"]
