"""``vj apply``: pictures, films and folders through a model, at full size."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.conftest import CLIP
from tests.running import vj, vj_fails
from vj.base.errors import BadInput
from vj.commands.apply import FILMS, Stages, apply_model
from vj.source import container

FRAMES = 20
Pixels = npt.NDArray[np.uint8]


def apply(source: Path, target: Path, *settings: str, model: str = "identity") -> list[Path]:
    """What the command does, in this process: no need to start one for every file."""
    return apply_model(model, source, target, settings, "auto", lambda doing, part: None)


def noise(width: int, height: int) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def draw(path: Path, width: int = 61, height: int = 47) -> Pixels:
    pixels = noise(width, height)
    Image.fromarray(pixels).save(path)
    return pixels


def pixels_of(path: Path) -> Pixels:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def decoded(path: Path) -> tuple[list[Any], list[bytes]]:
    """The frames of a film and the packets of its sound."""
    import av

    with av.open(str(path)) as film:
        frames = list(film.decode(video=0))
    with av.open(str(path)) as film:
        sound = [bytes(packet) for packet in film.demux(audio=0) if packet.size] if film.streams.audio else []
    return frames, sound


def remake(source: Path, target: Path, **settings: Any) -> Path:
    """The pictures of ``source`` alone, small, in a film of another kind; ``settings`` are its codec's."""
    import av

    with av.open(str(source)) as film, av.open(str(target), "w") as made:
        codec = {".webm": "libvpx", ".avi": "mpeg4", ".mpg": "mpeg1video", ".mpeg": "mpeg1video"}
        stream = made.add_stream(codec.get(target.suffix, "libx264"), rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for name, value in settings.items():
            setattr(stream.codec_context, name, value)
        for frame in film.decode(video=0):
            small = frame.reformat(160, 90, "yuv420p", dst_colorspace=settings.get("colorspace"))
            small.pts, small.time_base = frame.pts, frame.time_base
            made.mux(stream.encode(small))
        made.mux(stream.encode())
    return target


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 20 pictures of the bundled clip with their sound, as they are there."""
    import av

    path = tmp_path_factory.mktemp("films") / "short.mp4"
    with av.open(str(CLIP)) as clip, av.open(str(path), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream) for stream in clip.streams}
        for packet in clip.demux():
            if packet.dts is not None and packet.pts * packet.time_base < Fraction(FRAMES, 25):
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    return path


def test_a_picture_goes_through_unchanged(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "in.png", 64, 48)
    out = vj("apply", "identity", str(tmp_path / "in.png"), str(tmp_path / "made" / "out.png"))
    assert str(tmp_path / "made" / "out.png") in out
    assert np.array_equal(pixels_of(tmp_path / "made" / "out.png"), drawn)


@pytest.mark.parametrize(("width", "height"), [(61, 47), (1, 1), (3, 200), (1921, 3)])
def test_odd_sizes_stay(tmp_path: Path, width: int, height: int) -> None:
    draw(tmp_path / "in.png", width, height)
    apply(tmp_path / "in.png", tmp_path / "out.png")
    assert pixels_of(tmp_path / "out.png").shape == (height, width, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".bmp", ".tif"])
def test_every_kind_of_picture_can_be_written(tmp_path: Path, suffix: str) -> None:
    picture = np.full((48, 64, 3), (30, 160, 90), np.uint8)
    picture[:, 32:] = (200, 40, 60)
    Image.fromarray(picture).save(tmp_path / "in.png")
    apply(tmp_path / "in.png", tmp_path / f"out{suffix}")
    written = pixels_of(tmp_path / f"out{suffix}").astype(int)
    assert np.abs(written[:, [4, 60]] - picture[:, [4, 60]]).max() <= 6


def test_the_strength_mixes_and_settings_are_checked(tmp_path: Path) -> None:
    drawn = draw(tmp_path / "in.png", 64, 48)
    apply(tmp_path / "in.png", tmp_path / "out.png", "strength=0.5")
    assert np.abs(pixels_of(tmp_path / "out.png").astype(int) - drawn).max() <= 1
    apply(tmp_path / "in.png", tmp_path / "source.png", "/layer/1/model/strength=0")
    assert np.array_equal(pixels_of(tmp_path / "source.png"), drawn)
    with pytest.raises(BadInput, match=r"strength takes 0\.\.1, not 1\.5"):
        apply(tmp_path / "in.png", tmp_path / "wrong.png", "strength=1.5")
    with pytest.raises(BadInput, match="unknown address"):
        apply(tmp_path / "in.png", tmp_path / "wrong.png", "strenth=1")


def test_a_film_keeps_its_pictures_times_and_sound(tmp_path: Path, short: Path) -> None:
    out = tmp_path / "out.mp4"
    vj("apply", "identity", str(short), str(out))
    (before, sound), (after, sound_after) = decoded(short), decoded(out)
    assert len(after) == len(before) == FRAMES
    assert [float(frame.time) for frame in after] == pytest.approx([float(frame.time) for frame in before])
    assert sound
    assert sound_after == sound
    first, second = (frames[10].to_ndarray(format="yuv420p").astype(int) for frames in (before, after))
    assert first.shape == second.shape == (1080, 1280)
    assert np.abs(first - second).mean() < 2


def test_the_progress_counts_pictures_and_ends_with_the_last(tmp_path: Path, short: Path) -> None:
    told: list[float | None] = []
    apply_model("identity", short, tmp_path / "out.mp4", (), "auto", lambda doing, part: told.append(part))
    wanted = [min(0.99, number / FRAMES) for number in range(1, FRAMES + 1)]
    assert told == pytest.approx([*wanted, 1.0])


@pytest.mark.parametrize("suffix", [suffix for suffix in FILMS if suffix != ".mp4"])
def test_every_kind_of_film_can_be_read_and_written(tmp_path: Path, short: Path, suffix: str) -> None:
    source = remake(short, tmp_path / f"in{suffix}")
    apply(source, tmp_path / f"out{suffix}")
    frames, _ = decoded(tmp_path / f"out{suffix}")
    assert len(frames) == FRAMES
    assert (frames[0].width, frames[0].height) == (160, 90)


@pytest.mark.parametrize("matrix", [1, 6], ids=["bt709", "bt601"])
def test_colours_stay_however_the_film_stores_them(tmp_path: Path, short: Path, matrix: int) -> None:
    source = remake(short, tmp_path / "in.mp4", colorspace=matrix, color_range=1)
    apply(source, tmp_path / "out.mp4")
    (before, _), (after, _) = decoded(source), decoded(tmp_path / "out.mp4")
    assert before[0].colorspace == matrix
    assert after[0].colorspace == 6, "the file says how its colours are meant"
    means = [frames[10].to_ndarray(format="rgb24").mean(axis=(0, 1)) for frames in (before, after)]
    assert np.abs(means[0] - means[1]).max() < 1.5


def test_a_film_taken_upright_stays_upright(tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As phones write it: the pictures lie on their side, and the file says so."""
    source = remake(short, tmp_path / "in.mp4")
    turn = b"\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    straight = b"\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    content = bytearray(source.read_bytes())
    place = content.rindex(straight, 0, content.index(b"mdia"))
    content[place : place + len(turn)] = turn
    source.write_bytes(content)
    lying, _ = decoded(source)
    turns = round(lying[0].rotation / 90) % 4
    assert turns in (1, 3)
    apply(source, tmp_path / "out.mp4")
    after, _ = decoded(tmp_path / "out.mp4")
    assert (after[0].width, after[0].height, after[0].rotation) == (90, 160, 0)
    wanted = np.rot90(lying[10].to_ndarray(format="rgb24"), turns).astype(int)
    assert np.abs(after[10].to_ndarray(format="rgb24") - wanted).mean() < 4


def test_a_folder_gives_a_folder(tmp_path: Path, short: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    drawn = [draw(source / name, 32, 24) for name in ("a.png", "B.PNG")]
    remake(short, source / "c.mp4")
    (source / "notes.txt").write_text("not a picture")
    written = apply(source, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["B.PNG", "a.png", "c.mp4"]
    assert sorted(written) == sorted((tmp_path / "out").iterdir())
    assert np.array_equal(pixels_of(tmp_path / "out" / "a.png"), drawn[0])
    assert np.array_equal(pixels_of(tmp_path / "out" / "B.PNG"), drawn[1])
    assert len(decoded(tmp_path / "out" / "c.mp4")[0]) == FRAMES


def _nothing(folder: Path) -> tuple[Path, Path]:
    return folder / "nothing.png", folder / "out.png"


def _another_kind(folder: Path) -> tuple[Path, Path]:
    draw(folder / "in.png")
    return folder / "in.png", folder / "out.mp4"


def _no_film(folder: Path) -> tuple[Path, Path]:
    (folder / "in.mp4").write_bytes(b"no film at all" * 100)
    return folder / "in.mp4", folder / "out.mp4"


def _playlist(folder: Path) -> tuple[Path, Path]:
    """It would be played if it might name other files."""
    remake(CLIP, folder / "other.mp4")
    (folder / "in.mp4").write_text("ffconcat version 1.0\nfile other.mp4\n")
    return folder / "in.mp4", folder / "out.mp4"


def _no_picture(folder: Path) -> tuple[Path, Path]:
    (folder / "in.png").write_bytes(b"no picture")
    return folder / "in.png", folder / "out.png"


def _itself(folder: Path) -> tuple[Path, Path]:
    draw(folder / "in.png")
    return folder / "in.png", folder / "in.png"


def _empty_folder(folder: Path) -> tuple[Path, Path]:
    return folder, folder / "out"


def _file_for_a_folder(folder: Path) -> tuple[Path, Path]:
    (folder / "in").mkdir()
    draw(folder / "in" / "a.png")
    (folder / "out").write_text("in the way")
    return folder / "in", folder / "out"


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (_nothing, "there is no file or folder"),
        (_another_kind, "can't become .*choices: a file ending in .png"),
        (_no_film, "can't be played"),
        (_playlist, "can't be played"),
        (_no_picture, "can't be read as a picture"),
        (_itself, "can't become itself"),
        (_empty_folder, "holds nothing"),
        (_file_for_a_folder, "can't become"),
    ],
)
def test_what_can_not_be_done_is_refused(
    tmp_path: Path, case: Callable[[Path], tuple[Path, Path]], reason: str
) -> None:
    source, target = case(tmp_path)
    before = source.read_bytes() if source.is_file() else b""
    with pytest.raises(BadInput, match=reason):
        apply(source, target)
    assert not before or source.read_bytes() == before


def test_names_too_long_for_the_system_are_refused(tmp_path: Path) -> None:
    draw(tmp_path / "in.png")
    endless = tmp_path / ("x" * 5000 + ".png")
    for source, target in ((endless, tmp_path / "out.png"), (tmp_path / "in.png", endless)):
        with pytest.raises(BadInput, match=r"can't become .*too long"):
            apply(source, target)


def test_a_film_too_large_to_hold_is_refused(tmp_path: Path, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = remake(short, tmp_path / "in.mp4")
    monkeypatch.setattr(container, "_MOST_PIXELS", 160 * 90 - 1)
    with pytest.raises(BadInput, match=r"in\.mp4 claims to be 160x90"):
        apply(source, tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_an_unknown_model_is_refused(tmp_path: Path) -> None:
    draw(tmp_path / "in.png")
    said = vj_fails("apply", "identty", str(tmp_path / "in.png"), str(tmp_path / "out.png"))
    assert "did you mean 'identity'" in said


def test_a_style_changes_a_picture_and_styles_differ(tmp_path: Path, style26_path: Path) -> None:
    gradient = np.mgrid[0:96, 0:128].transpose(1, 2, 0).astype(np.uint8)
    picture = np.dstack([gradient, gradient[..., :1]])
    Image.fromarray(picture).save(tmp_path / "in.png")
    made = {}
    for style in ("ink", "starry"):
        apply(tmp_path / "in.png", tmp_path / f"{style}.png", f"style={style}", model="style26")
        made[style] = pixels_of(tmp_path / f"{style}.png").astype(int)
        assert made[style].shape == picture.shape
        assert np.abs(made[style] - picture).mean() > 10
        assert made[style].std() > 5
    assert np.abs(made["ink"] - made["starry"]).mean() > 5


def test_a_model_that_takes_many_steps_shows_them(tmp_path: Path) -> None:
    settings = ("layer=edges", "zoom=0")
    told: list[float | None] = []
    target, quiet = tmp_path / "dream.png", lambda doing, part: told.append(part)
    written = apply_model(
        "dream-zoom", Path("96x64"), target, settings, "openvino-f32", quiet, Stages.parse(None, "0, 2,4")
    )
    assert [path.name for path in written] == ["dream-0000.png", "dream-0002.png", "dream.png"]
    shown = [pixels_of(path).astype(int) for path in written]
    assert shown[0].shape == (64, 96, 3)
    assert shown[0].std() < 2
    assert np.abs(shown[2] - shown[1]).mean() > 1
    assert told[-1] == 1.0
    row = tmp_path / "row.png"
    (strip,) = apply_model(
        "dream-zoom", Path("96x64"), row, settings, "openvino-f32", quiet, Stages.parse(4, "0,2", strip=True)
    )
    assert np.array_equal(pixels_of(strip), np.hstack([*shown]).astype(np.uint8))


def test_stages_are_checked(tmp_path: Path) -> None:
    assert Stages.parse(None, "0,4,48") == Stages(48, frozenset((0, 4, 48)))
    assert Stages.parse(9, "") == Stages(9)
    with pytest.raises(BadInput, match="not '4,many'"):
        Stages.parse(None, "4,many")
    with pytest.raises(BadInput, match="in one step"):
        apply_model("identity", Path("96x64"), tmp_path / "x.png", (), "auto", lambda *_: None, Stages.parse(3, ""))
    with pytest.raises(BadInput, match="size '9x64' is not"):
        apply(Path("9x64"), tmp_path / "x.png")
