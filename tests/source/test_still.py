from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.source.conftest import Viewer
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.picture import load
from vj.source.still import Still

BOX = Size(320, 240)


def test_holds_its_picture_with_fresh_capture_times(start: Callable[..., Viewer], tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), (10, 200, 30)).save(tmp_path / "green.png")
    viewer = start(Still, tmp_path / "green.png")
    for _ in range(3):
        assert (viewer.take() == (10, 200, 30)).all()
    assert viewer.picture.shape == (48, 64, 3)
    assert np.diff(viewer.times) == pytest.approx(0.04)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((32, 64, 3), np.uint8)
    upright[:16, :32], upright[16:, 32:] = (255, 0, 0), (0, 0, 255)
    undo = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]  # Pillow's transpositions that the tag takes back
    stored = Image.fromarray(upright)
    if undo is not None:
        stored = stored.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(load(tmp_path / "turned.png", BOX), upright)


def test_transparent_parts_are_black(tmp_path: Path) -> None:
    picture = np.full((8, 8, 4), 200, np.uint8)
    picture[:, :4, 3], picture[:, 4:, 3] = 0, 255
    Image.fromarray(picture).save(tmp_path / "half.png")
    loaded = load(tmp_path / "half.png", BOX)
    assert (loaded[:, :4] == 0).all()
    assert (loaded[:, 4:] == 200).all()


@pytest.mark.parametrize("name", ["half.png", "half.webp", "half.tif", "half.gif"])
def test_what_a_still_covers_comes_with_it(start: Callable[..., Viewer], tmp_path: Path, name: str) -> None:
    picture = np.full((48, 64, 4), 200, np.uint8)
    picture[:, :32, 3], picture[:, 32:, 3] = 0, 255
    Image.fromarray(picture).save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    viewer = start(Still, tmp_path / name)
    viewer.take()
    assert viewer.alpha is not None
    assert np.array_equal(viewer.alpha, picture[..., 3])
    assert (viewer.picture[:, :32] == 0).all()


def test_a_still_with_an_alpha_that_hides_nothing_is_opaque(start: Callable[..., Viewer], tmp_path: Path) -> None:
    Image.new("RGBA", (64, 48), (10, 200, 30, 255)).save(tmp_path / "opaque.png")
    viewer = start(Still, tmp_path / "opaque.png")
    viewer.take()
    assert viewer.alpha is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixel_becomes_rgb(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.full((16, 16), 0x8000, np.uint16))
    else:
        picture = Image.new("L", (16, 16), 128).convert(mode, dither=Image.Dither.NONE)
    picture.save(tmp_path / "grey.png")
    loaded = load(tmp_path / "grey.png", BOX)
    assert loaded.shape == (16, 16, 3)
    assert loaded.dtype == np.uint8
    assert loaded.mean() == (255 if mode == "1" else 128)


def test_large_pictures_come_down_to_the_box(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 500), "white").save(tmp_path / "wide.jpg")
    assert load(tmp_path / "wide.jpg", BOX).shape == (80, 320, 3)


@pytest.mark.filterwarnings("ignore")  # Pillow warns before it gives up
@pytest.mark.parametrize("length", [0, 10, 60, 200])
def test_broken_pictures_are_refused_by_name(tmp_path: Path, length: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for name in ("cut.png", "cut.jpg", "cut.gif", "cut.bmp", "cut.tif", "cut.webp"):
        path = tmp_path / name
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(BadInput, match=name):
            load(path, BOX)


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    Image.new("1", (20000, 20000)).save(tmp_path / "bomb.tif", compression="group4")
    with pytest.raises(BadInput, match="too large"):
        load(tmp_path / "bomb.tif", BOX)


def test_postscript_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "program.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n")
    with pytest.raises(BadInput, match=r"program\.eps"):
        load(tmp_path / "program.eps", BOX)
