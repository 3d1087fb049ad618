"""Pictures that are larger than memory should hold, and small ones that are read in the same way."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vj.base import large_picture, picture
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.picture import load, load_picture

BOX = Size(40, 30)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of 200 by 150 counts as too large to hold, and bands are a few rows high."""
    monkeypatch.setattr(picture, "_MOST_PIXELS", 200 * 150 - 1)
    monkeypatch.setattr(large_picture, "_BAND", 30000)
    monkeypatch.setattr(large_picture, "_BLOCK", 1000)


def scene(mode: str, width: int = 200, height: int = 150) -> Image.Image:
    """Something with slopes, edges and some noise, so that a PNG uses all its filters."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(0).integers(0, 9, (height, width, 3))
    colours = (np.stack([x, y * 1.6, 250 * (x // 40 % 2)], axis=-1) % 246 + noise).astype(np.uint8)
    made = Image.fromarray(colours)
    if mode in ("LA", "RGBA"):
        made.putalpha(Image.fromarray(np.where(x < width // 2, 40, 255).astype(np.uint8)))
    return made.convert(mode)


def hold(path: Path, monkeypatch: pytest.MonkeyPatch) -> picture.Picture:
    """The picture as it is read as a whole."""
    with monkeypatch.context() as patch:
        patch.setattr(picture, "_MOST_PIXELS", 10**9)
        return load_picture(path, BOX)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_png_in_bands_is_what_it_is_as_a_whole(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene(mode).save(tmp_path / "large.png", **({"transparency": 3} if mode == "P" else {}))
    whole, parts = hold(tmp_path / "large.png", monkeypatch), load_picture(tmp_path / "large.png", BOX)
    assert parts.pixels.shape == (28, 40, 3) == whole.pixels.shape
    assert np.abs(parts.pixels.astype(int) - whole.pixels).mean() < 4
    assert (parts.alpha is None) == (whole.alpha is None)
    if parts.alpha is not None and whole.alpha is not None:
        assert np.abs(parts.alpha.astype(int) - whole.alpha).mean() < 4


def test_a_large_jpeg_is_decoded_small_and_upright(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("large.jpg", "large.png"):
        scene("RGB").save(tmp_path / name, exif=exif)
        whole, parts = hold(tmp_path / name, monkeypatch), load(tmp_path / name, BOX)
        assert parts.shape == whole.pixels.shape == (28, 20, 3)
        assert np.abs(parts.astype(int) - whole.pixels).mean() < 6


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.jpg", {"progressive": True}), ("a.tif", {}), ("a.bmp", {}), ("a.gif", {})],
    ids=str,
)
def test_what_must_be_held_as_a_whole_is_refused(name: str, options: dict[str, object], tmp_path: Path) -> None:
    scene("RGB").save(tmp_path / name, **options)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match=rf"{name} is too large"):
        load(tmp_path / name, BOX)


def test_what_would_hardly_become_smaller_is_refused(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        scene("RGB").save(tmp_path / name)
        with pytest.raises(BadInput, match=rf"{name} is too large"):
            load(tmp_path / name, Size(150, 150))


@pytest.mark.parametrize("part", [0.001, 0.01, 0.1, 0.8])
def test_broken_ones_are_refused_by_name(part: float, tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg"):
        scene("RGB").save(tmp_path / name)
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: round(part * len(data))])
        with pytest.raises(BadInput, match=name):
            load(tmp_path / name, BOX)


def test_garbage_in_the_middle_is_refused(tmp_path: Path) -> None:
    scene("RGB").save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[2000:2100] = bytes(range(100))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(BadInput, match=r"a\.png"):
        load(tmp_path / "a.png", BOX)


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
def test_twenty_thousand_pixels_a_side_take_little_memory(tmp_path: Path) -> None:
    packed, row = zlib.compressobj(1), b"\0" + b"\xaa" * 2500
    data = b"".join(packed.compress(row) for _ in range(20000)) + packed.flush()
    head = struct.pack(">IIBBBBB", 20000, 20000, 1, 0, 0, 0, 0)
    with (tmp_path / "huge.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, content in ((b"IHDR", head), (b"IDAT", data), (b"IEND", b"")):
            crc = struct.pack(">I", zlib.crc32(name + content))
            file.write(struct.pack(">I", len(content)) + name + content + crc)
    script = f"""
import re
from pathlib import Path
from vj.base.frame import Size
from vj.base.picture import load_picture
picture = load_picture(Path({str(tmp_path / "huge.png")!r}), Size(1280, 720))
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(*picture.pixels.shape, int(picture.pixels.mean()), int(peak) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    *shown, megabytes = map(int, done.stdout.split())
    assert shown == [720, 720, 3, 127]
    assert megabytes < 200, "400 MB as a whole"
