"""`vj data pairs`: pairs are found, put into one shape, and what is wrong with them is named."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.drawn import drawn, saved, silent
from vj.base.errors import BadInput
from vj.base.frame import Pixels
from vj.data.builder import DataPlan, FinishedSet
from vj.data.pairs import make_pairs
from vj.data.png import read_png
from vj.data.reader import DataSet

PLAN = DataPlan(side=32, licence="CC0", command="vj data pairs here")


def made_of(folder: Path, target: Path, plan: DataPlan = PLAN, swap: bool = False) -> FinishedSet:
    return make_pairs(folder, target, plan, silent, swap)


def close(one: Pixels, other: Pixels) -> bool:
    return float(np.abs(one.astype(float) - other).mean()) < 8.0


@pytest.fixture
def twenty(tmp_path: Path) -> Path:
    """Twenty pairs in folders, with different endings."""
    saved(tmp_path / "mine" / "A", [f"{number}.png" for number in range(20)])
    saved(tmp_path / "mine" / "B", [f"{number}.bmp" for number in range(20)], 100)
    return tmp_path / "mine"


def test_two_folders(twenty: Path, tmp_path: Path) -> None:
    made = made_of(twenty, tmp_path / "data")
    assert made.lines() == [
        f"{tmp_path / 'data'}: 18 pairs to train on, 2 to test, 32 pixels a side",
        f"look at {tmp_path / 'data' / 'sheet.jpg'}",
    ]
    about = tomllib.loads((tmp_path / "data" / "data.toml").read_text())
    assert about["train"] == {"a": 18, "b": 18}
    assert about["test"] == {"a": 2, "b": 2}
    assert (about["kind"], about["licence"], about["command"]) == ("pairs", "CC0", "vj data pairs here")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["data.toml", "sheet.jpg", "test", "train"]
    for part in ("train", "test"):
        for path in (tmp_path / "data" / part / "a").iterdir():
            number = int(path.stem)
            assert read_png(path).shape == (36, 36, 3)
            assert close(read_png(path), np.asarray(Image.fromarray(drawn(number)).resize((36, 36))))
            partner = read_png(path.parent.with_name("b") / path.name)
            assert close(partner, np.asarray(Image.fromarray(drawn(100 + number)).resize((36, 36))))


def test_the_sheet_shows_both_sides(twenty: Path, tmp_path: Path) -> None:
    made_of(twenty, tmp_path / "data")
    with Image.open(tmp_path / "data" / "sheet.jpg") as sheet:
        shown = np.asarray(sheet)
    a, b = DataSet.open(tmp_path / "data").pair(0)
    cell = shown[6 : 6 + 144, 6 : 6 + 288]
    assert close(cell[:, :144], np.asarray(Image.fromarray(a).resize((144, 144))))
    assert close(cell[:, 144:], np.asarray(Image.fromarray(b).resize((144, 144))))


def test_swapped(twenty: Path, tmp_path: Path) -> None:
    made_of(twenty, tmp_path / "data", swap=True)
    path = next((tmp_path / "data" / "train" / "b").iterdir())
    assert close(read_png(path), np.asarray(Image.fromarray(drawn(int(path.stem))).resize((36, 36))))


def test_what_is_wrong_is_named_counted_and_left_out(twenty: Path, tmp_path: Path) -> None:
    (twenty / "A" / "3.png").write_bytes((twenty / "A" / "3.png").read_bytes()[:200])
    (twenty / "B" / "5.bmp").write_bytes(b"")
    (twenty / "A" / "7.png").rename(twenty / "A" / "seven.png")
    saved(twenty / "A", ["9.png"], 9, width=96)
    (twenty / "A" / "copy.png").write_bytes((twenty / "A" / "0.png").read_bytes())
    (twenty / "B" / "copy.bmp").write_bytes((twenty / "B" / "0.bmp").read_bytes())
    (twenty / "B" / "notes.txt").write_text("not a picture")
    made = made_of(twenty, tmp_path / "data")
    said = "\n".join(made.lines())
    assert made.description.left_out == {"broken": 2, "unpaired": 2, "shapes": 1, "duplicates": 1}
    assert "2 that can't be read" in said
    assert "3.png" in said
    assert "5.bmp" in said
    assert "2 that have no partner (A/seven.png, B/7.bmp)" in said
    assert "9.png: scaled alike they are 72x36 and 36x36" in said
    assert made.description.train["a"] + made.description.test["a"] == 16
    listed = (tmp_path / "data" / "left-out.txt").read_text().splitlines()
    assert len(listed) == 6
    assert not any(str(tmp_path) in line for line in listed), "the data set may be passed on"
    assert "0: the same as copy (are there already)" in listed


def test_side_by_side_also_in_parts(tmp_path: Path) -> None:
    for part, start in (("train", 0), ("val", 10)):
        folder = tmp_path / "facades" / part
        folder.mkdir(parents=True)
        for number in range(start, start + 5):
            Image.fromarray(np.hstack((drawn(number), drawn(100 + number)))).save(folder / f"{number}.jpg", quality=95)
    Image.fromarray(drawn(50)).save(tmp_path / "facades" / "lone.png")
    made = made_of(tmp_path / "facades", tmp_path / "data")
    assert made.description.train == {"a": 9, "b": 9}
    assert "lone.png isn't two pictures side by side: it is 1.00 times as wide as high" in made.lines()[1]
    path = next((tmp_path / "data" / "train" / "a").iterdir())
    for letter, start in (("a", 0), ("b", 100)):
        original = Image.fromarray(drawn(start + int(path.stem))).resize((36, 36))
        assert close(read_png(path.parent.with_name(letter) / path.name), np.asarray(original))


def test_a_drawing_without_a_ground_is_put_over_white(tmp_path: Path) -> None:
    for letter in "ab":
        (tmp_path / "in" / letter).mkdir(parents=True)
    line = np.zeros((48, 48, 4), np.uint8)
    line[20:24, :, 3] = 255
    Image.fromarray(line).save(tmp_path / "in" / "a" / "x.png")
    Image.fromarray(drawn(0)).save(tmp_path / "in" / "b" / "x.png")
    made_of(tmp_path / "in", tmp_path / "data")
    drawing = read_png(tmp_path / "data" / "train" / "a" / "x.png")
    assert drawing[:10].min() == 255
    assert drawing[16].max() < 60


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "there are no pairs in .*in: neither folders a and b, nor pictures side by side"),
        ({"a": ["1.png"]}, "has only one of the folders a and b"),
        ({"a": ["1.png"], "b": []}, "there is no picture in .*b; choices: files ending in .png"),
        ({"a": ["cat.png"], "b": ["dog.png"]}, "no picture in .*a has the same name as one in .*b: cat.png .*dog.png"),
        ({".": ["one.png", "two.png"]}, "nothing to train on in a and b: 2 that can't be read .*one.png isn't two"),
    ],
)
def test_what_holds_no_pairs_is_refused(files: dict[str, list[str]], said: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for folder, names in files.items():
        saved(tmp_path / "in" / folder, names)
    with pytest.raises(BadInput, match=said):
        made_of(tmp_path / "in", tmp_path / "data")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(BadInput, match=r"there is no folder .*mien .*did you mean .*mine"):
        made_of(tmp_path / "mien", tmp_path / "data")
