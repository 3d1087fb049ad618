"""What a keyframe's files may be, and which ones are refused by name."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.train.painted import cut_short, frame, painted, save
from vj.base.convert import resize
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.train.keyframe_files import ReadKeyframe, read_keyframe


def read(folder: Path, source: Pixels, over: Pixels, longest: int = 512) -> ReadKeyframe:
    return read_keyframe(save(folder / "source.png", source), save(folder / "painted.png", over), longest)


def near(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def test_both_are_of_one_size_whose_sides_are_multiples_of_eight(tmp_path: Path) -> None:
    source = frame(height=90, width=170)
    keyframe, changed, remark = read(tmp_path, source, painted(source))
    assert keyframe.source.shape == keyframe.painted.shape == (88, 168, 3)
    assert keyframe.mask is None
    assert near(keyframe.painted, painted(keyframe.source)) < 3
    assert (changed, remark) == (True, "")


def test_a_large_one_is_learned_at_a_moderate_size(tmp_path: Path) -> None:
    source = frame(height=360, width=640)
    assert read(tmp_path, source, painted(source), 256).keyframe.source.shape == (144, 256, 3)
    assert read(tmp_path, source, painted(source)).keyframe.source.shape == (288, 512, 3)


def test_a_painted_file_of_another_size_is_laid_on_its_frame(tmp_path: Path) -> None:
    source = frame()
    keyframe, _, remark = read(tmp_path, source, resize(painted(source), Size(384, 216)))
    assert near(keyframe.painted, painted(keyframe.source)) < 3
    assert not remark


@pytest.mark.parametrize(
    ("shaped", "remark"),
    [
        (lambda over: resize(over, Size(128, 128)), "is narrower than its frame: it is stretched"),
        (lambda over: resize(over, Size(300, 72)), "is wider than its frame: it is stretched"),
        (lambda over: np.pad(over, ((28, 28), (0, 0), (0, 0))), "is narrower than its frame: its borders are cut off"),
        (lambda over: np.pad(over, ((0, 0), (30, 30), (0, 0))), "is wider than its frame: its borders are cut off"),
        (lambda over: over[:, 28:-28], "is narrower than its frame: it is laid over the middle of it"),
        (lambda over: over[20:-20], "is wider than its frame: it is laid over the middle of it"),
    ],
)
def test_a_painted_file_of_another_shape_is_fitted_by_its_edges(shaped: "object", remark: str, tmp_path: Path) -> None:
    source = frame(3)
    keyframe, changed, told = read(tmp_path, source, np.ascontiguousarray(shaped(painted(source))))  # type: ignore[operator]
    assert told == f"painted.png {remark}"
    assert changed
    covered = np.ones(keyframe.source.shape[:2], bool) if keyframe.mask is None else keyframe.mask
    assert near(keyframe.painted[covered], painted(keyframe.source)[covered]) < 8
    if "middle" in remark:
        assert 0.3 < covered.mean() < 0.6
    else:
        assert covered.all()


def test_what_is_transparent_is_not_learned(tmp_path: Path) -> None:
    source = frame()
    over = np.dstack([painted(source), np.zeros(source.shape[:2], np.uint8)])
    over[:, :64, 3] = 255
    over[:, 64:70, 3] = 140
    keyframe, changed, _ = read(tmp_path, source, over)
    assert changed
    assert keyframe.mask is not None
    assert keyframe.mask[:, :70].all()
    assert not keyframe.mask[:, 70:].any()
    assert near(keyframe.painted[:, :70], painted(source)[:, :70]) < 2, (
        "the colours as they were painted, not over black"
    )


def test_a_layer_that_is_painted_in_part_only_differs_even_in_the_same_colours(tmp_path: Path) -> None:
    source = frame()
    over = np.dstack([source, np.full(source.shape[:2], 255, np.uint8)])
    assert not read(tmp_path, source, over).changed, "it was only saved again"
    over[:36, :, 3] = 0
    assert read(tmp_path, source, over).changed


def test_a_blank_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"painted\.png is blank: all of it has the colour \(9, 8, 7\)"):
        read(tmp_path, frame(), np.full((72, 128, 3), (9, 8, 7), np.uint8))


def test_a_flat_colour_over_a_part_is_none_that_is_blank(tmp_path: Path) -> None:
    over = np.zeros((72, 128, 4), np.uint8)
    over[:20] = (200, 10, 10, 255)
    assert read(tmp_path, frame(), over).changed


@pytest.mark.parametrize("alpha", [0, 100])
def test_a_transparent_file_is_refused(alpha: int, tmp_path: Path) -> None:
    over = np.dstack([painted(frame()), np.full((72, 128), alpha, np.uint8)])
    over[0, :3, 3] = 255  # a speck
    with pytest.raises(BadInput, match=r"painted\.png is transparent: nothing is painted in it"):
        read(tmp_path, frame(), over)


def test_a_half_saved_file_is_refused(tmp_path: Path) -> None:
    source = save(tmp_path / "source.png", frame())
    with pytest.raises(BadInput, match=r"half\.png can't be read as a picture"):
        read_keyframe(source, cut_short(tmp_path / "half.png", painted(frame())))
    (tmp_path / "half.png").write_bytes(b"")
    with pytest.raises(BadInput, match=r"half\.png can't be read as a picture"):
        read_keyframe(source, tmp_path / "half.png")


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    source = save(tmp_path / "source.png", frame())
    for path, said in ((tmp_path / "none.png", "can't be read"), (tmp_path, "it is no file")):
        with pytest.raises(BadInput, match=said):
            read_keyframe(source, path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(BadInput, match="it is no file"):
            read_keyframe(source, tmp_path / "pipe.png")
