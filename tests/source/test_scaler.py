"""Pictures as decoders deliver them, made here in each format, against the same pictures in another format."""

import gc
import subprocess
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.source.conftest import encode
from vj.base.frame import Pixels, Size
from vj.source.decoder import FilmDecoder
from vj.source.scaler import Scaler

WHOLE = Size(16384, 16384)
LIMITED, FULL = 1, 2
BT709, UNSPECIFIED, BT601, BT2020 = 1, 2, 6, 9
SRGB, PQ, HLG = 2, 16, 18


def noise(size: Size, block: int = 8, seed: int = 5) -> Pixels:
    """Coloured squares with sides of ``block`` pixels, others for another ``seed``."""
    shape = (size.height // block + 1, size.width // block + 1, 3)
    small = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return np.ascontiguousarray(small.repeat(block, 0).repeat(block, 1)[: size.height, : size.width])


def stored(form: str, like: Any, colour_range: int, matrix: int, curve: int = SRGB) -> Any:
    """The frame ``like`` in the format ``form``, its numbers unchanged, with the tags of a film."""
    frame = like.reformat(format=form)
    frame.color_range, frame.colorspace, frame.color_trc = colour_range, matrix, curve
    return frame


@pytest.mark.parametrize("box", [WHOLE, Size(200, 360)], ids=["whole", "scaled"])
@pytest.mark.parametrize("colour_range", [LIMITED, FULL])
@pytest.mark.parametrize("matrix", [BT709, BT601, BT2020, UNSPECIFIED])
@pytest.mark.parametrize(
    ("software", "hardware", "curve"),
    [
        ("yuv420p", "nv12", SRGB),
        ("yuv420p10le", "p010le", SRGB),
        ("yuv420p10le", "p010le", PQ),
        ("yuv420p10le", "p010le", HLG),
    ],
)
def test_pictures_of_hardware_look_like_those_of_software(
    software: str, hardware: str, curve: int, matrix: int, colour_range: int, box: Size
) -> None:
    """Of 380x724, as in a film that is cut from whole blocks and has the lines of HD."""
    made = av.VideoFrame.from_ndarray(noise(Size(380, 724)), "rgb24").reformat(format=software)
    expected = Scaler(box).pixels(stored(software, made, colour_range, matrix, curve))
    pixels = Scaler(box).pixels(stored(hardware, made, colour_range, matrix, curve))
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() <= 1
    assert pixels.std() > 30


@pytest.mark.parametrize("curve", [SRGB, PQ])
def test_range_and_matrix_count_in_pictures_of_hardware(curve: int) -> None:
    """The test above would also pass if both were ignored."""
    form = "nv12" if curve == SRGB else "p010le"
    made = av.VideoFrame.from_ndarray(noise(Size(1280, 720)), "rgb24").reformat(format=form)
    kinds = [(LIMITED, BT709), (FULL, BT709), (LIMITED, BT2020)]
    seen = [Scaler(WHOLE).pixels(stored(form, made, *kind, curve)).astype(int) for kind in kinds]
    assert np.abs(seen[0] - seen[1]).mean() > 2
    assert np.abs(seen[0] - seen[2]).mean() > 2


def test_pictures_that_were_delivered_stay() -> None:
    scaler, delivered, kept = Scaler(WHOLE), [], []
    for seed in range(3):
        pixels = noise(Size(320, 240), seed=seed)
        delivered.append(scaler.pixels(av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="nv12")))
        kept.append(delivered[-1].copy())
    assert all(np.array_equal(*pair) for pair in zip(delivered, kept, strict=True))
    assert not np.array_equal(kept[0], kept[1])


@pytest.mark.parametrize("form", ["yuv420p", "rgb0", "rgba"])
def test_the_memory_of_a_frame_is_free_at_once(form: str) -> None:
    """A 4K frame has 33 MB, and Python looks for cycles only now and then."""
    scaler, pixels = Scaler(Size(160, 120)), noise(Size(320, 240))
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            scaler.pixels(av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=form))
        alive = [
            found for found in gc.get_objects() if type(found) is av.VideoFrame
        ]  # some objects warn of being asked for more
    finally:
        gc.enable()
    assert len(alive) <= 6


def test_a_film_that_is_turned_half_way(tmp_path: Path) -> None:
    plain = encode(tmp_path / "plain.mp4", 3)
    turned = tmp_path / "turned.mp4"
    turn = f"ffmpeg -v error -i {plain} -c copy -metadata:s:v rotate=90 {turned}"
    subprocess.run(turn.split(), check=True)
    scaler, shapes = Scaler(WHOLE), []
    for path in (plain, turned, plain):
        with av.open(str(path)) as film:
            shapes += [scaler.pixels(frame).shape[:2] for frame in film.decode(video=0)]
    assert shapes == [(240, 320)] * 3 + [(320, 240)] * 3 + [(240, 320)] * 3


def test_interlaced_pictures_of_hardware_lose_their_comb(tmp_path: Path) -> None:
    path = tmp_path / "fields.mp4"
    make = "ffmpeg -v error -f lavfi -i testsrc2=s=640x360:r=50:d=0.4 -vf interlace -c:v libx264 -flags +ilme+ildct"
    subprocess.run([*make.split(), "-preset", "ultrafast", "-pix_fmt", "yuv420p", path], check=True)
    software, hardware = [], []
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        one, other = FilmDecoder(stream), FilmDecoder(stream)
        for packet in film.demux(stream):
            frames = packet.decode()
            assert all(frame.interlaced_frame for frame in frames)
            for frame in frames:
                software += list(one._progressive(frame))
                hardware += list(other._progressive(frame.reformat(format="nv12")))
    assert len(software) == len(hardware) > 5
    scaler = Scaler(WHOLE)
    assert all(np.array_equal(scaler.pixels(a), scaler.pixels(b)) for a, b in zip(software, hardware, strict=True))


@pytest.mark.parametrize("form", ["rgb0", "bgr0", "rgb24", "bgr24"])
@pytest.mark.parametrize("box", [Size(640, 360), Size(320, 180), Size(480, 270), Size(1276, 716)])
def test_stored_rgb_is_shrunk_to_the_mean(form: str, box: Size) -> None:
    pixels = noise(Size(1280, 720), block=32)
    small = Scaler(box).pixels(av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=form))
    assert small.shape[0] >= box.height - 4
    mean = cv2.resize(pixels, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - mean).mean() < 2.5


def test_fine_patterns_in_stored_rgb_become_grey_instead_of_flickering() -> None:
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[::2, ::2] = pixels[1::2, 1::2] = 255
    small = Scaler(Size(426, 240)).pixels(av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="rgb0"))
    assert np.abs(small.astype(int) - 127).max() <= 2


def test_rgb_that_fits_is_delivered_as_it_is() -> None:
    pixels = noise(Size(320, 240), block=1)
    assert np.array_equal(Scaler(WHOLE).pixels(av.VideoFrame.from_ndarray(pixels, "rgb24")), pixels)


@pytest.mark.parametrize("box", [WHOLE, Size(160, 120)], ids=["whole", "scaled"])
def test_transparent_parts_are_black_and_hidden_colours_stay_hidden(box: Size) -> None:
    pixels = np.full((240, 320, 4), (200, 100, 50, 255), np.uint8)
    pixels[:, 160:] = (255, 255, 255, 0)
    pixels[:100, :100, 3] = 128
    shown = Scaler(box).pixels(av.VideoFrame.from_ndarray(pixels, "rgba"))
    height, width = shown.shape[:2]
    assert shown[10, 10].tolist() == [100, 50, 25]
    assert shown[height - 10, 10].tolist() == [200, 100, 50]
    assert shown[:, width // 2 + 1 :].max() == 0
    assert shown.max() == 200
