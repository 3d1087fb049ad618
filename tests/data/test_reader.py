"""What training gets of a data set: the same cut on both sides, by the numbers of its generator and nothing else."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.drawn import drawn, saved, silent
from vj.base.errors import BadInput
from vj.data.builder import DataPlan
from vj.data.filters import find_filter
from vj.data.gathering import make_from, make_two
from vj.data.pairs import make_pairs
from vj.data.reader import DataSet, PictureChange


@pytest.fixture(scope="module")
def inverted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of wide pictures and their negatives."""
    folder = tmp_path_factory.mktemp("inverted")
    for letter in "ab":
        (folder / "in" / letter).mkdir(parents=True)
    for number in range(10):
        picture = drawn(number, 90, 54)
        Image.fromarray(picture).save(folder / "in" / "a" / f"{number}.png")
        Image.fromarray(255 - picture).save(folder / "in" / "b" / f"{number}.png")
    make_pairs(folder / "in", folder / "data", DataPlan(side=48), silent)
    return folder / "data"


def test_both_sides_are_cut_and_mirrored_alike(inverted: Path) -> None:
    pictures, rng = DataSet.open(inverted), np.random.default_rng(0)
    cuts = [pictures.pair(3, rng) for _ in range(12)]
    for a, b in cuts:
        assert (a.shape, a.dtype) == ((48, 48, 3), np.uint8)
        assert (b == 255 - a).all()
    assert len({a.tobytes() for a, _ in cuts}) > 8


def test_the_generator_decides(inverted: Path) -> None:
    pictures = DataSet.open(inverted, jitter=0.3)
    once, again = ([part.tobytes() for part in pictures.pair(2, np.random.default_rng(5))] for _ in range(2))
    assert once == again
    assert [part.tobytes() for part in pictures.pair(2, np.random.default_rng(6))] != once


def test_without_a_generator_it_is_the_middle(inverted: Path) -> None:
    pictures = DataSet.open(inverted, jitter=0.5)
    a, _ = pictures.pair(0)
    assert len(pictures) == 9
    whole = np.asarray(Image.open(inverted / "train" / "a" / f"{pictures.names['a'][0]}.png"))
    assert whole.shape == (54, 90, 3)
    assert (pictures.lines, DataSet.open(inverted, side=32).lines) == (54, 36)
    assert (a == whole[3:51, 21:69]).all()


def test_about_half_are_mirrored_and_none_if_not_wished(inverted: Path) -> None:
    flipped, plain = DataSet.open(inverted), DataSet.open(inverted, flip=False)
    same = 0
    for seed in range(60):
        one, other = (pictures.pair(1, np.random.default_rng(seed))[0] for pictures in (flipped, plain))
        same += bool((one == other).all())
        assert (one == other).all() or (one[:, ::-1] == other).all()
    assert 15 < same < 45


def test_colours_change_alike_and_only_if_wished(inverted: Path) -> None:
    jittered, plain = DataSet.open(inverted, jitter=0.2), DataSet.open(inverted)
    changed = 0
    for seed in range(8):
        (a, b), (calm, _) = (pictures.pair(4, np.random.default_rng(seed)) for pictures in (jittered, plain))
        difference = a.astype(float).mean() - calm.mean()
        changed += abs(difference) > 1.0
        mirror = 255.0 - b  # brightness moves both the same way, so the negative of b moves the other way
        assert abs((a.astype(float).mean() - calm.mean()) + (mirror.mean() - calm.mean())) < 14.0
    assert changed >= 4


def test_how_colours_change() -> None:
    square = np.array([[(10, 10, 10), (200, 100, 50)]], np.uint8).repeat(8, 0).repeat(4, 1)
    assert (PictureChange(brightness=20.0).apply(square, 8)[0, 0] == 30).all()
    assert (PictureChange(contrast=1.5).apply(square, 8)[0, -1] == (236, 86, 11)).all()
    grey = PictureChange(saturation=0.0).apply(square, 8)[0, -1]
    assert (grey == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)).all()
    assert (PictureChange(mirrored=True).apply(square, 8) == square[:, ::-1]).all()


def test_another_side_is_scaled_with_its_margin(inverted: Path) -> None:
    for side in (16, 96):
        pictures, whole = DataSet.open(inverted, side=side), DataSet.open(inverted)
        a, b = pictures.pair(0)
        assert a.shape == b.shape == (side, side, 3)
        again = np.asarray(Image.fromarray(whole.pair(0)[0]).resize((side, side), Image.Resampling.BICUBIC))
        assert np.abs(a.astype(float) - again).mean() < 8.0


@pytest.mark.parametrize("side", [48, 96])
def test_what_a_filter_made_is_drawn_anew_at_another_side(side: int, tmp_path: Path) -> None:
    """As a show draws it for the model: thin black lines, not the grey ones of a smaller picture."""
    edges = find_filter("edges")
    picture = np.full((108, 160, 3), 40, np.uint8)
    picture[30:80, 50:110] = 220
    (tmp_path / "in").mkdir()
    Image.fromarray(picture).save(tmp_path / "in" / "one.png")
    make_from(tmp_path / "in", tmp_path / "data", DataPlan(side=96, test=0.0), silent, by=edges)
    pictures = DataSet.open(tmp_path / "data", side=side)
    a, b = pictures.pair(0)
    assert set(np.unique(a)) == {0, 255}
    whole = edges.apply(pictures._read("b", "one"), side)
    assert (a == PictureChange().apply(whole, side)).all()
    assert b.shape == (side, side, 3)


def test_it_can_be_moved(inverted: Path, tmp_path: Path) -> None:
    shutil.copytree(inverted, tmp_path / "elsewhere")
    assert (DataSet.open(tmp_path / "elsewhere").pair(0)[0] == DataSet.open(inverted).pair(0)[0]).all()
    assert len(DataSet.open(tmp_path / "elsewhere", "test")) == 1


def test_one_that_is_not_whole_is_refused(inverted: Path, tmp_path: Path) -> None:
    shutil.copytree(inverted, tmp_path / "data")
    name = DataSet.open(tmp_path / "data").names["b"][0]
    path = tmp_path / "data" / "train" / "b" / f"{name}.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(BadInput, match=f"{name}.png can't be read"):
        DataSet.open(tmp_path / "data").pair(0)
    path.rename(path.with_stem("other"))
    with pytest.raises(BadInput, match="png is only in one of a and b"):
        DataSet.open(tmp_path / "data")
    path.with_stem("other").unlink()
    with pytest.raises(BadInput, match=r"b holds 8 pictures where data.toml counts 9"):
        DataSet.open(tmp_path / "data")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "holds no data set: there is no data.toml; fix: vj data"),
        ("kind = ", "is not a TOML file"),
        ('format = 2\nkind = "pairs"', "data.toml: format: Input should be 1, not 2"),
        (
            'kind = "sounds"\nside = 32\nstored = 36\n[train]\n[test]',
            "kind: Input should be 'pairs', 'two' or 'pictures'",
        ),
        ('kind = "pairs"\nside = "x"\nstored = 36\n[train]\n[test]', "side: Input should be a valid integer, not 'x'"),
    ],
)
def test_what_is_no_data_set(text: str | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "data.toml").write_text(text)
    with pytest.raises(BadInput, match=said):
        DataSet.open(tmp_path)


def test_two_unpaired_folders(tmp_path: Path) -> None:
    horses = saved(tmp_path / "horses", [f"h{number}.png" for number in range(4)])
    saved(tmp_path / "zebras", [f"z{number}.png" for number in range(7)], 50)
    made = make_two(tmp_path / "horses", tmp_path / "zebras", tmp_path / "data", DataPlan(side=32, test=0.0), silent)
    assert made.lines()[0].endswith("4 and 7 pictures to train on, 0 and 0 to test, 32 pixels a side")
    pictures = DataSet.open(tmp_path / "data")
    assert (len(pictures), len(pictures.names["b"])) == (4, 7)
    rng = np.random.default_rng(1)
    drawn_b = {pictures.pair(0, rng)[1].tobytes() for _ in range(30)}
    assert len(drawn_b) > 7
    assert (pictures.pair(2)[1] == pictures.picture(2, letter="b")).all()
    assert len(horses) == 4


def test_pictures_alone(tmp_path: Path) -> None:
    saved(tmp_path / "in", [f"{number}.png" for number in range(5)])
    make_from(tmp_path / "in", tmp_path / "data", DataPlan(side=32), silent)
    pictures = DataSet.open(tmp_path / "data")
    assert pictures.picture(0, np.random.default_rng(0)).shape == (32, 32, 3)
    assert not (tmp_path / "data" / "train" / "b").exists()
    with pytest.raises(ValueError, match="holds pictures"):
        pictures.pair(0)
