"""Films as clips: the part between in and out, what comes at its end, the beat, and waiting for the launch."""

import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.folders import FIELD
from tests.source.conftest import Viewer, encode
from vj.base.clock import FakeClock
from vj.params.param import Value
from vj.source import SOURCES, beat_sync
from vj.source.beat_sync import BeatSync
from vj.source.clip_settings import ClipSettings, Part
from vj.source.decoder import FilmDecoder
from vj.source.movie import Movie

Start = Callable[..., Viewer]


class Forgetful(Movie):
    """Remembers no more than eight pictures of 320x240."""

    cache_bytes = 8 * 320 * 240 * 3


KINDS = pytest.mark.parametrize("kind", [Movie, Forgetful])


def clip(**settings: Value) -> dict[str, Any]:
    return {f"clip/{name.rstrip('_')}": value for name, value in settings.items()}


@KINDS
def test_the_part_between_in_and_out_plays_over_and_over(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(25, **clip(in_=0.4, out=0.8)) == [*range(10, 20), *range(10, 20), *range(10, 15)]
    assert np.diff(viewer.times) == pytest.approx(0.04)


@KINDS
def test_backwards_the_part_begins_at_its_end(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(12, **clip(in_=0.4, out=0.8, speed=-1.0)) == [*range(19, 9, -1), 19, 18]


@KINDS
def test_back_and_forth_shows_every_picture_once_each_way(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    there, back = list(range(10, 20)), list(range(18, 9, -1))
    shown = viewer.counts(40, **clip(in_=0.4, out=0.8, loop="bounce"))
    assert shown == [*there, *back, *there[1:], *back, *there[1:4]]
    assert np.diff(viewer.times) == pytest.approx(0.04), "smooth backwards too"


@KINDS
def test_a_whole_film_goes_back_and_forth(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    shown = viewer.counts(70, **clip(loop="bounce"))
    assert shown == [*range(30), *range(28, -1, -1), *range(1, 12)]
    assert np.diff(viewer.times) == pytest.approx(0.04)


@KINDS
def test_once_it_ends_in_nothing_and_on_hold_in_its_last_picture(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    held = viewer.counts(14, **clip(in_=0.4, out=0.8, loop="hold"))
    assert held == [*range(10, 20), 19, 19, 19, 19]
    assert viewer.alpha is None
    once = start(kind, film)
    settings = clip(in_=0.4, out=0.8, loop="once")
    assert once.counts(10, **settings) == list(range(10, 20))
    for _ in range(5):
        assert not once.take(**settings).any()
        assert once.alpha is not None
        assert not once.alpha.any()
    once.source.launch(once.values | settings)
    assert once.counts(3, **settings) == [10, 11, 12]


def test_the_switch_of_the_source_holds_a_clip_that_loops(start: Start, film: Path) -> None:
    assert start(Movie, film).counts(12, loop=False, **clip(in_=0.8, out=1.0))[-3:] == [24, 24, 24]


@pytest.mark.parametrize(
    ("settings", "first", "last"),
    [
        ({"in_": 0.4, "out": 0.2}, 10, 29),
        ({"in_": 0.4, "out": 0.4}, 10, 29),
        ({"in_": 0.4, "out": 99.0}, 10, 29),
        ({"in_": 99.0}, 29, 29),
        ({"in_": 99.0, "out": 98.0}, 29, 29),
        ({"in_": 0.41, "out": 0.42}, 10, 10),
    ],
    ids=str,
)
@pytest.mark.parametrize("mode", ["loop", "bounce", "hold"])
@KINDS
def test_an_out_point_that_says_nothing_is_the_films_end_and_an_in_point_beyond_it_the_last_picture(
    start: Start, film: Path, settings: dict[str, float], first: int, last: int, mode: str, kind: type[Movie]
) -> None:
    shown = start(kind, film).counts(50, **clip(loop=mode, **settings))
    assert (min(shown), max(shown)) == (first, last)
    assert shown[0] == first


def test_points_that_move_while_it_plays_are_kept_to(start: Start, film: Path) -> None:
    viewer = start(Movie, film)
    assert viewer.counts(15)[-1] == 14
    assert viewer.counts(3, **clip(in_=0.8)) == [20, 21, 22]
    assert viewer.counts(3, **clip(in_=0.4, out=0.8)) == [10, 11, 12]
    assert viewer.counts(3) == [13, 14, 15]
    viewer.source.handle_trigger("seek", 0.5)
    assert viewer.counts(2) == [15, 16]
    viewer.counts(1, **clip(in_=0.4, out=0.8))
    viewer.source.handle_trigger("seek", 1.0)
    assert viewer.counts(2, **clip(in_=0.4, out=0.8)) == [19, 10]


def wait(viewer: Viewer, times: int = 40, **values: Value) -> list[int]:
    """Has the source wait as its host does; returns what it published meanwhile."""
    return [viewer.count(**values) for _ in range(times) if viewer.source.wait(viewer.values | values)]


@KINDS
def test_a_clip_waits_at_its_beginning_and_starts_there_at_once(
    start: Start, film: Path, clock: FakeClock, kind: type[Movie]
) -> None:
    viewer, settings = start(kind, film), clip(in_=0.4)
    assert wait(viewer, **settings) == [10]
    clock.sleep(60.0)
    assert wait(viewer, **settings) == []
    spent: list[str] = []
    viewer.source._film._on_spent = lambda part, seconds: spent.append(part)  # type: ignore[attr-defined]
    viewer.source.launch(viewer.values | settings)
    now = clock.now()
    assert viewer.counts(19, **settings) == list(range(10, 29))
    assert viewer.times[-19:] == pytest.approx([now + 0.04 * number for number in range(19)])
    assert "capture" not in spent, "the first second was decoded while it waited"


def test_an_in_point_that_moves_while_it_waits_is_gone_to(start: Start, film: Path) -> None:
    viewer = start(Movie, film)
    assert wait(viewer) == [0]
    assert wait(viewer, **clip(in_=0.4)) == [10]
    assert wait(viewer, **clip(in_=0.4, speed=-1.0)) == [29]


def test_an_in_point_that_moves_with_the_launch_is_where_it_begins(start: Start, film: Path) -> None:
    viewer, settings = start(Movie, film), clip(in_=0.4, speed=0.0)
    assert wait(viewer) == [0]
    viewer.source.launch(viewer.values | settings)
    assert viewer.counts(3, **settings)[-1] == 10


@KINDS
def test_launched_again_it_begins_again_or_goes_on(start: Start, film: Path, kind: type[Movie]) -> None:
    viewer, settings = start(kind, film), clip(in_=0.4)
    wait(viewer, **settings)
    viewer.source.launch(viewer.values | settings)
    viewer.counts(5, **settings)
    viewer.source.launch(viewer.values | settings)
    assert viewer.counts(3, **settings) == [10, 11, 12]
    assert wait(viewer, **settings) == [10]
    viewer.source.launch(viewer.values | settings)
    assert viewer.counts(5, **settings) == [10, 11, 12, 13, 14]
    settings |= clip(start="continue")
    assert wait(viewer, **settings) == [14]
    viewer.source.launch(viewer.values | settings)
    assert viewer.counts(3, **settings) == [14, 15, 16]
    viewer.source.launch(viewer.values | settings)
    assert viewer.counts(2, **settings) == [16, 17]


@pytest.fixture
def slow_decoder(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture takes 12 ms to decode."""
    decode = FilmDecoder.decode

    def slowly(self: FilmDecoder, packet: object) -> Iterator[object]:
        for frame in decode(self, packet):  # type: ignore[arg-type]
            clock.sleep(0.012)
            yield frame

    monkeypatch.setattr(FilmDecoder, "decode", slowly)


@KINDS
@pytest.mark.usefixtures("slow_decoder")
def test_a_loop_to_an_in_point_goes_on_without_decoding_up_to_it(
    start: Start, tmp_path: Path, kind: type[Movie]
) -> None:
    """The key frames are far away, and each picture takes a third of its time to decode."""
    viewer, settings = start(kind, encode(tmp_path / "long.mp4", 100, gop=100)), clip(in_=2.0, out=3.6)
    wait(viewer, 100, **settings)
    viewer.source.launch(viewer.values | settings)
    shown = viewer.counts(150, **settings)
    assert shown == [50 + number % 40 for number in range(150)]
    assert max(np.diff(viewer.times[-150:])) < 0.06


@pytest.mark.usefixtures("slow_decoder")
def test_backwards_a_large_film_stays_smooth(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies before a key frame is decoded while what lies behind it is shown."""
    monkeypatch.setattr(Movie, "cache_bytes", 60 * 320 * 240 * 3)
    viewer, settings = start(Movie, encode(tmp_path / "long.mp4", 120, gop=12)), clip(speed=-1.0)
    wait(viewer, **settings)
    viewer.source.launch(viewer.values | settings)
    shown = viewer.counts(110, **settings)
    assert shown == list(range(119, 9, -1))
    assert max(np.diff(viewer.times[-110:])) < 0.06
    assert len(viewer.source._reel._shots) <= 60  # type: ignore[attr-defined]


@pytest.mark.usefixtures("slow_decoder")
def test_back_and_forth_a_large_film_turns_smoothly(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Movie, "cache_bytes", 60 * 320 * 240 * 3)
    viewer, settings = start(Movie, encode(tmp_path / "long.mp4", 140, gop=30)), clip(in_=1.0, out=5.0, loop="bounce")
    wait(viewer, **settings)
    viewer.source.launch(viewer.values | settings)
    there, back = list(range(25, 125)), list(range(123, 24, -1))
    assert viewer.counts(300, **settings) == [*there, *back, *there[1:], back[0], back[1]]
    assert max(np.diff(viewer.times[-300:])) < 0.06


def play_for(viewer: Viewer, clock: FakeClock, seconds: float, **values: Value) -> list[tuple[float, int]]:
    """When each picture came, and its number."""
    end, shown = clock.now() + seconds, []
    while clock.now() < end:
        count = viewer.count(**values)
        shown.append((viewer.times[-1], count))
    return shown


def rounds(shown: list[tuple[float, int]]) -> list[float]:
    """When each round began."""
    return [time for (_, before), (time, count) in pairwise(shown) if count < before]


@pytest.mark.parametrize(("beats", "bpm"), [(1.0, 120.0), (2.0, 90.0), (4.0, 128.0), (8.0, 60.0)])
def test_a_part_lasts_its_beats(start: Start, film: Path, clock: FakeClock, beats: float, bpm: float) -> None:
    viewer = start(Movie, film)
    lasts = beats * 60.0 / bpm
    shown = play_for(viewer, clock, 5.3 * lasts, tempo=bpm, **clip(in_=0.2, out=1.0, beats=beats))
    assert np.diff(rounds(shown)) == pytest.approx(lasts, abs=0.002)


def test_at_the_beat_it_stays_there_through_changes_without_a_jump(start: Start, film: Path, clock: FakeClock) -> None:
    viewer, tempo = start(Movie, film), 120.0
    zero = clock.now() + 0.3
    settings = clip(beats=4.0)
    clock.sleep(0.3)
    viewer.source.launch(viewer.values | settings)
    places: list[int] = []
    for bpm, beats in ((120.0, 4.0), (100.0, 4.0), (100.0, 8.0), (140.0, 2.0), (140.0, 4.0)):
        now = clock.now()
        zero = now - (now - zero) * tempo / bpm  # the beat doesn't jump
        tempo = bpm
        shown = play_for(viewer, clock, 12.0, tempo=bpm, beat_zero=zero, **(settings | clip(beats=beats)))
        for time in rounds(shown)[-2:]:
            beat = (time - zero) * bpm / 60.0
            assert abs(beat - round(beat)) < 0.05
        places += [count for _, count in shown]
    steps = np.diff(places) % 30
    assert max(steps) <= 2, "never a jump"


def test_a_clip_beside_the_beat_is_pulled_to_it(start: Start, film: Path, clock: FakeClock) -> None:
    viewer, zero = start(Movie, film), clock.now()
    settings = clip(beats=2.0)
    play_for(viewer, clock, 3.0, beat_zero=zero, **settings)
    shown = play_for(viewer, clock, 6.0, beat_zero=zero + 0.2, **settings)
    assert max(np.diff([count for _, count in shown]) % 30) <= 3
    beats = [(time - zero - 0.2) * 2.0 for time in rounds(shown)]
    assert abs(beats[-1] - round(beats[-1])) < 0.05


def test_the_speed_has_a_limit_and_needs_no_beat() -> None:
    sync = BeatSync()
    assert sync.speed(4.0, 0.5, 2.0, 10.0, {}) == pytest.approx(1.0)
    assert sync.speed(0.01, 0.5, 3600.0, 10.0, {"tempo": 300.0}) == beat_sync._FASTEST


def test_settings_have_defaults_and_the_part_of_a_film_of_unknown_length_ends_with_it() -> None:
    settings = ClipSettings.of({})
    assert settings.part(0.0, 10.0, 0.04) == Part()
    assert settings._replace(begin=3.0).part(1.0, 0.0, 0.04).begin == 4.0
    assert settings._replace(begin=3.0, out=5.0).part(0.0, 0.0, 0.04) == Part(3.0, 5.0)


@pytest.mark.parametrize("mode", ["loop", "bounce", "once", "hold"])
@KINDS
def test_a_film_that_breaks_off_is_a_clip_as_long_as_it_goes(start: Start, mode: str, kind: type[Movie]) -> None:
    """Also between points of which one lies behind its end, and backwards."""
    viewer = start(kind, FIELD / "film_truncated_faststart.mp4")
    for settings in (clip(loop=mode), clip(loop=mode, speed=-1.0), clip(loop=mode, in_=0.2, out=900.0)):
        wait(viewer, 5, **settings)
        viewer.source.launch(viewer.values | settings)
        for _ in range(90):
            viewer.take(**settings)
        assert max(np.diff(viewer.times[-89:])) < 0.2, "it never stands still for long"


@pytest.mark.parametrize("name", ["film.mp4", "film.ts", "film.gif"])
@pytest.mark.parametrize("mode", ["loop", "bounce", "hold"])
@pytest.mark.parametrize("emptied", [True, False])
@KINDS
def test_a_clip_whose_file_is_deleted_while_it_plays_goes_on_or_holds(
    start: Start, film: Path, kind: type[Movie], name: str, mode: str, emptied: bool
) -> None:
    path = film.with_name(name)
    if name != "film.mp4":
        subprocess.run(["ffmpeg", "-v", "error", "-i", film, path], check=True)
    else:
        film.rename(path)
    viewer, settings = start(kind, path), clip(loop=mode, in_=0.2, out=0.9)
    wait(viewer, 3, **settings)
    viewer.source.launch(viewer.values | settings)
    viewer.counts(10, **settings)
    if emptied:
        path.write_bytes(b"")
    path.unlink()
    for changed in ({}, clip(speed=-1.0), clip(in_=0.0), clip(out=0.0), clip(beats=2.0)):
        assert viewer.take(**(settings | changed)).any()
        assert len(viewer.counts(40, **(settings | changed))) == 40
    wait(viewer, 5, **settings)
    viewer.source.launch(viewer.values | settings)
    assert viewer.take(**settings).any()


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_source_can_be_a_clip(kind: str) -> None:
    shared = SOURCES[kind].shared_params()
    assert {param.name for param in SOURCES[kind].params} <= set(shared)
    assert all(f"clip/{param.name}" in shared for param in SOURCES[kind].clip_params)
