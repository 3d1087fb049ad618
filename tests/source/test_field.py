"""Films and pictures of the kinds that people brought and that once were misread: what is right for each."""

import struct
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from tests.folders import FIELD
from tests.source.conftest import Viewer
from vj.base.clock import FakeClock
from vj.base.frame import Pixels, Size
from vj.base.picture import load, load_picture
from vj.source.hdr import to_srgb
from vj.source.movie import Movie
from vj.source.orientation import Orientation

Start = Callable[..., Viewer]


def shown_by_ffmpeg(path: Path, *options: str) -> Pixels:
    """The first picture as FFmpeg's own players show it."""
    told = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", *options, "-f", "image2pipe", "-c:v", "ppm", "-"],
        check=True,
        capture_output=True,
    ).stdout
    size, _, pixels = told.split(b"\n", 3)[1:]
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("exchanged", [False, True])
def test_all_eight_orientations(exchanged: bool, mirrored: bool, flipped: bool) -> None:
    """By the rule of the display matrix, point by point."""
    across, down = (-65536 if mirrored else 65536), (-65536 if flipped else 65536)
    a, b, c, d = (0, down, across, 0) if exchanged else (across, 0, 0, down)
    matrix = struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    side = type("Side", (), {"type": SimpleNamespace(name="DISPLAYMATRIX"), "__bytes__": lambda self: matrix})()
    found = Orientation.of(SimpleNamespace(side_data=[side]))  # type: ignore[arg-type]
    assert found == (exchanged, mirrored, flipped)
    stored = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    upright = found.upright(stored)
    points = {(x, y): ((a * x + c * y) >> 16, (b * x + d * y) >> 16) for x in range(3) for y in range(2)}
    left, top = min(x for x, _ in points.values()), min(y for _, y in points.values())
    for (x, y), (shown_x, shown_y) in points.items():
        assert (upright[shown_y - top, shown_x - left] == stored[y, x]).all()


def test_a_mirrored_film_is_shown_as_players_show_it(start: Start) -> None:
    path = FIELD / "film_mirrored_display_matrix_hflip.mp4"
    assert np.abs(start(Movie, path).take() - shown_by_ffmpeg(path).astype(int)).mean() < 2


def test_the_containers_pixel_aspect_counts_where_the_codec_tells_none(start: Start) -> None:
    picture = start(Movie, FIELD / "film_anamorphic_4to3_container_only_prores.mov", Size(1280, 720)).take()
    assert picture.shape[1] / picture.shape[0] == pytest.approx(320 * 4 / 3 / 240, rel=0.01)


CODED = {
    "vp8.webm": "-c:v libvpx -pix_fmt yuva420p -b:v 2M -auto-alt-ref 0",
    "vp9.webm": "-c:v libvpx-vp9 -pix_fmt yuva420p -b:v 2M",
    "prores.mov": "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le",
    "png.mov": "-c:v png -pix_fmt rgba",
    "hap.mov": "-c:v hap -format hap_alpha",
    "palette.gif": "-filter_complex split[a][b];[a]palettegen[p];[b][p]paletteuse",
}
"""FFmpeg's options for films with alpha, by the name of the file."""


@pytest.mark.parametrize("name", ["film_alpha_red_hidden_qtrle.mov", *CODED])
def test_hidden_colours_stay_hidden(name: str, start: Start, tmp_path: Path) -> None:
    """In the file that people brought, and in the same coded otherwise; and what is covered is told."""
    path = FIELD / "film_alpha_red_hidden_qtrle.mov"
    if name in CODED:
        subprocess.run(["ffmpeg", "-v", "error", "-i", path, *CODED[name].split(), tmp_path / name], check=True)
        path = tmp_path / name
    reference = load(FIELD / "still_alpha_red_hidden_reference.png", Size(320, 240)).astype(int)
    covered = load_picture(FIELD / "still_alpha_red_hidden_reference.png", Size(320, 240)).alpha
    assert covered is not None
    viewer = start(Movie, path, Size(320, 240))
    picture = viewer.take().astype(int)
    hidden = covered == 0
    assert hidden.any()
    assert picture[hidden].mean() < 6, "what is transparent is black"
    assert viewer.alpha is not None
    if name != "palette.gif":  # which knows no half
        assert np.abs(picture - reference).mean() < 6
        assert np.abs(viewer.alpha.astype(int) - covered).mean() < 3
    assert np.abs(viewer.alpha.astype(int) - covered)[covered != 128].mean() < 3


def holds(viewer: Viewer, clock: FakeClock, seconds: float) -> list[tuple[int, float]]:
    """The pictures of so many seconds, each told by a hash, and how long it was shown."""
    shown: list[tuple[int, float]] = []
    while clock.now() < seconds:
        told = hash(viewer.take().tobytes())
        if not shown or shown[-1][0] != told:
            shown.append((told, viewer.times[-1]))
    return [(told, after - at) for (told, at), (_, after) in pairwise(shown)]


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("gif_last_frame_holds_3s.gif", [0.3, 0.3, 3.0]), ("film_one_picture_every_4s.mp4", [4.0, 4.0])],
)
def test_every_picture_stays_as_long_as_its_file_says(
    name: str, seconds: list[float], start: Start, clock: FakeClock
) -> None:
    viewer, began = start(Movie, FIELD / name), clock.now()
    shown = [length for _, length in holds(viewer, clock, began + 3.5 * sum(seconds))]
    wanted = seconds * 2
    assert shown[: len(wanted)] == pytest.approx(wanted, abs=0.06)


def test_hdr_is_brought_down_to_an_ordinary_display(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    viewer = start(Movie, FIELD / "film_hdr_pq_bt2020_10bit.mp4")
    picture = viewer.take()
    for _ in range(60):
        viewer.take()
    assert picture.max() > 150
    assert sum("is HDR (PQ)" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize(("curve", "white"), [("PQ", 0.5806888810), ("HLG", 0.75)])
def test_reference_white_is_white_and_greys_stay_grey(curve: str, white: float) -> None:
    """203 cd/m² is 58 % of PQ's signal and 75 % of HLG's (ITU-R BT.2408)."""
    greys = np.linspace(0, 65535, 256).astype(np.uint16)
    shown = to_srgb(np.repeat(greys[None, :, None], 3, axis=2), curve)[0].astype(int)
    assert (shown.max(axis=1) - shown.min(axis=1)).max() <= 3
    assert (np.diff(shown[:, 1]) >= 0).all()
    assert shown[0].max() == 0
    signal = np.full((1, 1, 3), round(white * 65535), np.uint16)
    assert 180 <= to_srgb(signal, curve)[0, 0, 1] <= 235


def test_bt2020_red_stays_red() -> None:
    red = np.array([[[38000, 0, 0]]], np.uint16)
    shown = to_srgb(red, "PQ")[0, 0].astype(int)
    assert shown[0] > 150
    assert shown[1:].max() < 10


def test_interlaced_pictures_are_made_whole(start: Start) -> None:
    """A comb is what differs from line to line, but not from one line to the next but one."""
    path = FIELD / "film_interlaced_tff.mpg"
    viewer = start(Movie, path, Size(320, 240))
    pictures = [viewer.take().astype(int) for _ in range(12)]
    woven = shown_by_ffmpeg(path, "-ss", "0.2").astype(int)

    def comb(picture: Pixels) -> float:
        return float(np.abs(picture[1:-1] - (picture[:-2] + picture[2:]) / 2).mean())

    assert comb(woven) > 2 * max(comb(picture) for picture in pictures[3:])
    wanted = shown_by_ffmpeg(path, "-vf", "bwdif=mode=send_frame", "-ss", "0.2").astype(int)
    assert min(np.abs(picture - wanted).mean() for picture in pictures) < 3


@pytest.mark.parametrize("size", ["1920x16", "16x1200", "2x2", "9000x64"])
def test_films_of_any_shape(size: str, start: Start, tmp_path: Path) -> None:
    path = tmp_path / "odd.mkv"
    make = f"ffmpeg -v error -f lavfi -i testsrc2=s={size}:d=0.2 -c:v ffv1"
    subprocess.run([*make.split(), path], check=True)
    assert start(Movie, path, Size(1280, 720)).take().size > 0


def test_a_still_of_floats_is_a_picture(tmp_path: Path) -> None:
    picture = load(FIELD / "still_float32_0to1.tif", Size(640, 480))
    assert picture.max() > 200
    assert picture.std() > 10


@pytest.mark.parametrize("kind", ["f0", "f255", "u16", "i32"])
def test_greys_of_more_than_8_bits(kind: str, tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0.0, 1.0, 256, dtype=np.float32), (16, 1))
    made = {
        "f0": ramp,
        "f255": ramp * 255,
        "u16": (ramp * 65535).astype(np.uint16),
        "i32": (ramp * 65535).astype(np.int32),
    }[kind]
    Image.fromarray(made).save(tmp_path / "ramp.tif")
    shown = load(tmp_path / "ramp.tif", Size(640, 480)).astype(int)
    assert np.abs(shown[8, :, 0] - np.arange(256)).max() <= 1
    assert (shown[..., 0] == shown[..., 2]).all()


@pytest.mark.parametrize("turn", range(1, 9))
def test_stills_are_turned_as_their_exif_says(turn: int, tmp_path: Path) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:8, :32] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(picture).save(tmp_path / "a.png", exif=exif)
    shown = load(tmp_path / "a.png", Size(640, 480))
    exchanged, mirrored, flipped = turn >= 5, turn in (2, 3, 6, 7), turn in (3, 4, 7, 8)
    assert np.array_equal(shown, Orientation(exchanged, mirrored, flipped).upright(picture))


def test_a_still_of_one_point(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), (200, 60, 20)).save(tmp_path / "dot.png")
    assert (load(tmp_path / "dot.png", Size(640, 480)) == (200, 60, 20)).all()
