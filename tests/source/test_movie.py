import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.source.conftest import Viewer, encode
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.source import container
from vj.source.decoder import FilmDecoder
from vj.source.movie import Movie

Start = Callable[..., Viewer]
ALL = list(range(30))


class Forgetful(Movie):
    """Remembers no more than five pictures of 320x240."""

    cache_bytes = 5 * 320 * 240 * 3


KINDS = pytest.mark.parametrize("kind", [Movie, Forgetful])


@KINDS
def test_plays_every_frame_in_order_and_loops(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(75) == (ALL * 3)[:75]
    assert viewer.source.fps == 25
    assert np.diff(viewer.times) == pytest.approx(0.04)


@KINDS
def test_double_speed_delivers_every_frame_in_half_the_time(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(60, speed=2.0) == ALL * 2
    assert np.diff(viewer.times) == pytest.approx(0.02)


@KINDS
def test_plays_backwards(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(61, speed=-1.0) == [0, *reversed(ALL), *reversed(ALL)]
    assert np.diff(viewer.times) == pytest.approx(0.04)


@KINDS
def test_turns_round_in_the_middle(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    there, back, again = viewer.counts(16), viewer.counts(9, speed=-1.0), viewer.counts(5)
    assert (there[-1], back, again) == (15, list(range(14, 5, -1)), [7, 8, 9, 10, 11])


@KINDS
def test_seeks_on_the_next_frame(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    viewer.counts(3)
    found = []
    for place in (0.5, 0.1, 1.0, 0.0, 0.9):
        viewer.source.handle_trigger("seek", place)
        found.append(viewer.count())
    assert found == [15, 3, 29, 0, 27]
    assert viewer.counts(4) == [28, 29, 0, 1]


@KINDS
def test_formats_whose_seeking_is_vague(start: Start, tmp_path: Path, kind: type[Movie]) -> None:
    viewer = start(kind, encode(tmp_path / "numbered.ts"))
    assert viewer.counts(60) == ALL * 2
    assert viewer.counts(59, speed=-1.0) == [*reversed(ALL[:-1]), *reversed(ALL)]
    for place, count in ((0.5, 15), (0.0, 0), (0.9, 27)):
        viewer.source.handle_trigger("seek", place)
        assert viewer.count() == count


def test_seeks_while_it_is_paused(start: Start, film: Path) -> None:
    viewer = start(Movie, film)
    viewer.counts(3)
    assert viewer.counts(3, speed=0.0) == [2, 2, 2]
    viewer.source.handle_trigger("seek", 0.5)
    assert viewer.counts(2, speed=0.0) == [15, 15]
    assert viewer.times[-1] - viewer.times[-2] == pytest.approx(0.04)


@KINDS
def test_without_loop_it_holds_either_end_alive(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(35, loop=False) == [*ALL, 29, 29, 29, 29, 29]
    assert np.diff(viewer.times) == pytest.approx(0.04)
    assert viewer.counts(31, loop=False, speed=-1.0)[-4:] == [1, 0, 0, 0]
    assert viewer.counts(2, loop=True, speed=-1.0) == [29, 28]


def test_slow_motion_publishes_at_the_films_rate(start: Start, film: Path) -> None:
    viewer = start(Movie, film)
    assert viewer.counts(9, speed=0.25) == [0, 0, 0, 0, 1, 1, 1, 1, 2]
    assert np.diff(viewer.times) == pytest.approx(0.04)


def test_frames_that_are_overdue_at_high_speed_are_left_out(start: Start, film: Path, clock: FakeClock) -> None:
    viewer = start(Movie, film)
    viewer.count(speed=4.0)
    counts = []
    for _ in range(8):
        clock.sleep(0.02)  # a show too slow for one frame every 10 ms
        counts.append(viewer.count(speed=4.0))
    assert counts[-1] - counts[0] == pytest.approx(14, abs=2)
    assert all(1 <= step <= 4 for step in np.diff(counts))


@KINDS
def test_after_a_stall_it_is_where_its_clock_is_without_a_burst(
    start: Start, film: Path, clock: FakeClock, kind: type[Movie]
) -> None:
    viewer = start(kind, film)
    viewer.counts(3)
    clock.sleep(0.4)
    counts = viewer.counts(8)
    assert counts[0] == pytest.approx(12, abs=1)
    assert list(np.diff(counts)) == [1] * 7
    assert np.diff(viewer.times[4:]) == pytest.approx(0.04)


def test_a_film_that_was_late_once_is_still_remembered_whole(start: Start, film: Path, clock: FakeClock) -> None:
    viewer = start(Movie, film)
    viewer.counts(3)
    clock.sleep(0.7)
    viewer.counts(90)  # rounds in which what was passed over is learned
    spent: list[str] = []
    viewer.source._film._on_spent = lambda part, seconds: spent.append(part)  # type: ignore[attr-defined]
    counts = viewer.counts(60)
    assert list(np.diff(counts) % 30) == [1] * 59
    assert spent == [], "nothing is decoded any more"


def test_after_a_stall_longer_than_it_lasts_it_goes_on_from_there(start: Start, film: Path, clock: FakeClock) -> None:
    viewer = start(Movie, film)
    viewer.counts(3)
    clock.sleep(3600.0)
    counts = viewer.counts(8)
    assert list(np.diff(counts) % 30) == [1] * 7
    assert viewer.times[-1] == pytest.approx(clock.now(), abs=0.05)


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
@pytest.mark.parametrize("cost", [0.030, 0.045], ids=["33 of 60", "22 of 60"])
def test_a_film_that_is_decoded_too_slowly_keeps_its_clock_and_leaves_pictures_out(
    start: Start,
    tmp_path: Path,
    clock: FakeClock,
    cost: float,
    codec: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """60 pictures a second; with B-pictures that can be passed over, or each by itself."""
    path = tmp_path / "fast.mov"
    make = "ffmpeg -v error -f lavfi -i testsrc2=s=320x240:r=60:d=12 -vf drawbox=w=1:h=1"
    options = ["-c:v", codec, *(["-g", "60", "-preset", "medium"] if codec == "libx264" else [])]
    subprocess.run([*make.split(), *options, path], check=True)
    decode = FilmDecoder.decode

    def slowly(self: FilmDecoder, packet: object) -> Iterator[object]:
        for frame in decode(self, packet):  # type: ignore[arg-type]
            clock.sleep(cost)
            yield frame

    monkeypatch.setattr(FilmDecoder, "decode", slowly)
    monkeypatch.setattr(Movie, "cache_bytes", 0)
    viewer = start(Movie, path)
    began, late = clock.now(), []
    shown = set()
    while clock.now() < began + 10.0:
        viewer.take()
        at = viewer.source._playhead.shot.time  # type: ignore[attr-defined]
        late.append(clock.now() - began - at)
        shown.add(at)
    assert max(late) < 2.0
    assert np.mean(late) < 1.0
    assert len(shown) > 60, "and as many are shown as can be"
    assert sum("left out" in record.getMessage() for record in caplog.records) <= 1


@KINDS
def test_the_end_of_a_loop_fades_into_its_beginning(
    start: Start, tmp_path: Path, clock: FakeClock, kind: type[Movie]
) -> None:
    """A film that gets lighter for two seconds: faded for twelve pictures, a loop is thirty-eight long."""
    path = tmp_path / "lighter.mkv"
    lighter = "nullsrc=s=64x48:r=25:d=2,format=gray,geq=lum='40+N*4'"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", lighter, "-c:v", "ffv1", path], check=True)
    viewer = start(kind, path)
    greys = [float(viewer.take(loop_fade=0.48).mean()) for _ in range(160)]
    light = [40 + 4 * number for number in range(50)]
    assert greys[:38] == pytest.approx(light[:38], abs=3)
    shares = [(number - 38) / 12 for number in range(38, 50)]
    faded = [
        light[number] * (1 - share) + light[number - 38] * share
        for number, share in zip(range(38, 50), shares, strict=True)
    ]
    assert greys[38:50] == pytest.approx(faded, abs=5)
    assert np.diff(greys).min() > -25, "never cut: without the fade it would leap by 196"
    assert greys[50:86] == pytest.approx(greys[12:48], abs=5), "it goes on behind what was shown of the beginning"
    assert viewer.take(loop_fade=0.0).shape == (48, 64, 3)


def test_time_stamps_rule_when_the_rate_varies(start: Start, tmp_path: Path) -> None:
    stamps = [0, 40, 140, 160, 500, 540]
    viewer = start(Movie, encode(tmp_path / "varying.mkv", 6, stamps=stamps))
    seen = dict(reversed([(viewer.count(), viewer.times[-1]) for _ in range(30)]))  # when each came first
    assert [seen[count] - seen[0] for count in range(6)] == pytest.approx([stamp / 1000 for stamp in stamps], abs=2e-3)


def test_a_remembered_film_is_decoded_once(start: Start, film: Path) -> None:
    viewer = start(Movie, film)
    viewer.counts(30)
    spent: list[str] = []
    viewer.source._film._on_spent = lambda part, seconds: spent.append(part)  # type: ignore[attr-defined]
    viewer.counts(3)
    del spent[:]
    viewer.counts(90)
    viewer.counts(90, speed=-2.0)
    viewer.source.handle_trigger("seek", 0.7)
    viewer.counts(5)
    assert spent == []


def test_a_large_film_keeps_within_its_memory(start: Start, film: Path) -> None:
    viewer = start(Forgetful, film)
    viewer.counts(40)
    viewer.counts(70, speed=-1.0)
    assert len(viewer.source._reel._shots) <= 5  # type: ignore[attr-defined]


@KINDS
def test_a_film_that_breaks_off_plays_what_it_has_and_loops(start: Start, tmp_path: Path, kind: type[Movie]) -> None:
    whole = encode(tmp_path / "whole.mkv", gop=5)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    counts = start(kind, broken).counts(60)
    end = counts.index(0, 1)
    assert 5 < end < 25
    assert counts[: 2 * end] == [*range(end), *range(end)]


def test_damage_in_the_middle_is_played_through(start: Start, tmp_path: Path) -> None:
    data = bytearray(encode(tmp_path / "whole.mkv", gop=5).read_bytes())
    place = len(data) // 2
    data[place : place + 200] = bytes(range(200))
    damaged = tmp_path / "damaged.mkv"
    damaged.write_bytes(data)
    counts = start(Movie, damaged).counts(80)
    assert counts.count(0) >= 2
    assert {0, 1, 2, 3} < set(counts)


def test_a_film_taken_away_while_it_plays_holds_or_goes_on(start: Start, film: Path) -> None:
    viewer = start(Forgetful, film)
    viewer.counts(10)
    film.write_bytes(b"")
    assert len(viewer.counts(80)) == 80


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("notes.mp4", b"no film at all\n" * 100, "can't be played"),
        ("empty.mp4", b"", "can't be played"),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nnumbered.mp4\n", "can't be played"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile numbered.mp4\n", "can't be played"),
    ],
)
def test_what_is_no_film_is_refused(film: Path, name: str, data: bytes, reason: str) -> None:
    path = film.with_name(name)
    path.write_bytes(data)
    with pytest.raises(BadInput, match=reason) as caught:
        Movie(str(path), Size(320, 240), 25.0).open()
    assert name in str(caught.value)


def test_pictures_too_large_to_hold_are_refused(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_MOST_PIXELS", 320 * 240 - 1)
    with pytest.raises(BadInput, match=r"numbered\.mp4 claims to be 320x240; at most 76799 pixels, 16384 on a side"):
        Movie(str(film), Size(320, 240), 25.0).open()


def test_pictures_that_grow_too_large_half_way_are_not_decoded(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    small, large = encode(tmp_path / "small.h264", 10), encode(tmp_path / "large.h264", 10, size=Size(640, 480))
    (tmp_path / "both.h264").write_bytes(small.read_bytes() + large.read_bytes())
    monkeypatch.setattr(container, "_MOST_PIXELS", 400 * 300)
    viewer = start(Movie, tmp_path / "both.h264")
    widths = set()
    for _ in range(60):
        viewer.take()
        widths.add(viewer.source._film._frame.width)  # type: ignore[attr-defined]
    assert widths == {320}
    assert sum("both.h264" in record.getMessage() for record in caplog.records) == 1, "told once, in every round"


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    import av

    path = tmp_path / "tone.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(BadInput, match="sound but no picture"):
        Movie(str(path), Size(320, 240), 25.0).open()


def test_a_film_from_a_phone_held_upright_is_shown_upright(start: Start, film: Path) -> None:
    turned = film.with_name("phone.mp4")
    turn = f"ffmpeg -v error -i {film} -c copy -metadata:s:v rotate=90 {turned}"
    subprocess.run(turn.split(), check=True)
    show = f"ffmpeg -v error -i {turned} -frames:v 1 -f rawvideo -pix_fmt rgb24 -"
    shown = np.frombuffer(subprocess.run(show.split(), check=True, capture_output=True).stdout, np.uint8)
    upright = start(Movie, turned, Size(240, 320)).take()
    assert upright.shape == (320, 240, 3)
    assert np.abs(upright - shown.reshape(upright.shape).astype(int)).mean() < 2


@pytest.mark.parametrize("tag", ["bt709", "smpte170m", None])
def test_colours_come_out_as_they_were_meant(start: Start, tmp_path: Path, tag: str | None) -> None:
    """An untagged film in HD means BT.709, as players have it."""
    path = tmp_path / "red.mp4"
    meant = tag or "bt709"
    command = f"ffmpeg -v error -f lavfi -i color=red:s=1280x720:d=0.2 -vf scale=out_color_matrix={meant}:out_range=tv"
    tags = ["-colorspace", tag] if tag else []
    subprocess.run([*command.split(), "-pix_fmt", "yuv420p", *tags, path], check=True)
    red, green, blue = start(Movie, path).take()[100, 100].tolist()
    assert red > 245
    assert green < 8
    assert blue < 8


def test_a_real_film_fits_the_box_and_says_where_its_time_goes(start: Start, clip: Path) -> None:
    viewer = start(Movie, clip, Size(300, 300))
    parts = set[str]()
    viewer.source._film._on_spent = viewer.source.spent = lambda part, seconds: parts.add(part)  # type: ignore[attr-defined]
    pictures = [viewer.take().copy() for _ in range(5)]
    assert {picture.shape for picture in pictures} == {(168, 300, 3)}
    assert 20 < pictures[0].mean() < 235
    assert parts == {"capture", "resize"}
