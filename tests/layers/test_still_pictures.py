"""Pictures for masks and effects: read in a thread, kept, and let go of when there are too many."""

import threading
from pathlib import Path

import moderngl
import numpy as np
import pytest
from PIL import Image

from tests.waiting import until
from vj.base.frame import Size
from vj.base.picture import Picture
from vj.layers import still_pictures
from vj.layers.still_pictures import StillPictures

SIZE = Size(64, 36)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path))
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def save(folder: Path, name: str, mode: str = "RGB") -> None:
    """Red above, blue below; in RGBA the lower half is transparent."""
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:4], pixels[4:] = (255, 0, 0, 255), (0, 0, 255, 0)
    Image.fromarray(pixels[..., : len(mode)]).save(folder / name)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads in which files are read."""
    reads: list[int] = []
    real = still_pictures.load_picture

    def load(path: Path, box: Size) -> Picture:
        reads.append(threading.get_ident())
        return real(path, box)

    monkeypatch.setattr(still_pictures, "load_picture", load)
    return reads


def test_a_picture_is_read_in_a_thread_and_then_kept(ctx: moderngl.Context, folder: Path) -> None:
    save(folder, "a.png")
    pictures = StillPictures(ctx, SIZE)
    until(lambda: pictures.texture("a.png") is not None)
    texture = pictures.texture("a.png")
    assert texture is not None
    assert pictures.texture("a.png") is texture
    rows = np.frombuffer(texture.read(alignment=1), np.uint8).reshape(8, 8, 3)
    assert rows[0, 0].tolist() == [0, 0, 255], "the bottom row comes first"
    assert rows[7, 0].tolist() == [255, 0, 0]


def test_its_alpha_is_kept_premultiplied(ctx: moderngl.Context, folder: Path) -> None:
    save(folder, "a.png", "RGBA")
    texture = StillPictures(ctx, SIZE, waits=True).texture("a.png")
    assert texture is not None
    rows = np.frombuffer(texture.read(), np.uint8).reshape(8, 8, 4)
    assert rows[0, 0].tolist() == [0, 0, 0, 0]
    assert rows[7, 0].tolist() == [255, 0, 0, 255]


def test_what_is_no_picture_is_refused_once_and_says_why(
    ctx: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "no.png").write_text("no picture")
    pictures, reads = StillPictures(ctx, SIZE, waits=True), counted(monkeypatch)
    for _ in range(3):
        assert pictures.texture("no.png") is None
    assert "no.png" in pictures.trouble("no.png")
    assert len(reads) == 1, "it isn't read in every frame"


@pytest.mark.parametrize("was_there", [True, False])
def test_what_was_refused_is_tried_again_once_its_file_has_changed(
    ctx: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch, was_there: bool
) -> None:
    if was_there:
        (folder / "later.png").write_text("no picture")
    time, reads, loop = [10.0], counted(monkeypatch), threading.get_ident()
    pictures = StillPictures(ctx, SIZE, now=lambda: time[0])
    pictures.texture("later.png")
    until(lambda: pictures.trouble("later.png"))
    looks: list[int] = []
    real = still_pictures._stamp
    monkeypatch.setattr(still_pictures, "_stamp", lambda name: (real(name), looks.append(threading.get_ident()))[0])
    for _ in range(5):
        assert pictures.texture("later.png") is None
    assert looks == [], "not in every frame"
    time[0] += still_pictures.AGAIN
    pictures.texture("later.png")
    until(lambda: looks)
    assert len(reads) == 1, "nothing has changed"
    save(folder, "later.png")
    time[0] += still_pictures.AGAIN
    until(lambda: pictures.texture("later.png") is not None)
    assert pictures.trouble("later.png") == ""
    assert len(reads) == 2
    assert loop not in (*looks, *reads), "the loop doesn't wait for a disk"


def test_the_one_that_was_not_used_for_longest_is_let_go(
    ctx: moderngl.Context, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(still_pictures, "_MOST", 2)
    for name in ("a.png", "b.png", "c.png"):
        save(folder, name)
    pictures = StillPictures(ctx, SIZE, waits=True)
    a, b = pictures.texture("a.png"), pictures.texture("b.png")
    pictures.texture("a.png")
    pictures.texture("c.png")
    assert pictures.texture("a.png") is a
    assert pictures.texture("b.png") is not b
