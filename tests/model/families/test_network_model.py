"""The size at which a network works."""

from pathlib import Path

import pytest
import torch

from tests.model import authors
from vj.base.frame import Size
from vj.model.families.pix2pix import Pix2Pix
from vj.model.files.checkpoint import recognise


def made(folder: Path, said: str) -> Pix2Pix:
    """A U-Net of four levels with this manifest."""
    path = folder / "it.pth"
    torch.save(authors.Unet(4, 2, "batch").state_dict(), path)
    path.with_suffix(".toml").write_text(said, encoding="utf-8")
    return Pix2Pix({"model": path}, "torch", False, {"model": recognise(path).to_json()})


@pytest.mark.parametrize(
    ("said", "box", "picture", "full", "size"),
    [
        ("", Size(640, 360), Size(1280, 720), Size(640, 360), Size(640, 352)),
        ("trained_at = 144", Size(640, 360), Size(1280, 720), Size(256, 144), Size(256, 144)),
        ("trained_at = 144", Size(640, 360), Size(600, 800), Size(144, 192), Size(144, 192)),
        ("trained_at = 144", Size(128, 72), Size(1280, 720), Size(128, 72), Size(128, 64)),
        ("trained_at = 144", Size(640, 360), Size(100, 100), Size(144, 144), Size(96, 96)),
        ('trained_at = 144\nsize = "320x160"', Size(640, 360), Size(1280, 720), Size(256, 144), Size(320, 160)),
    ],
    ids=["unknown", "wide", "high", "a small box", "a small picture", "one size only"],
)
def test_what_it_was_trained_at_is_its_full_size(
    said: str, box: Size, picture: Size, full: Size, size: Size, tmp_path: Path
) -> None:
    model = made(tmp_path, said)
    assert model.full_box(box, *picture) == full
    assert model.size(full, *picture) == size
