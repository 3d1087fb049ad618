"""Films through a decoder of the card or the system. No device is needed: a stand-in decodes in software, as NV12."""

import errno
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pytest
from av.codec import hwaccel

from tests.source.conftest import Viewer, encode
from vj.base.clock import FakeClock
from vj.base.frame import Size
from vj.source import hardware_decoder
from vj.source.container import open_film
from vj.source.decoder import FilmDecoder
from vj.source.film import Film
from vj.source.movie import Movie

Start = Callable[..., Viewer]
ALL = list(range(30))


class Forgetful(Movie):
    """Remembers no more than five pictures of 320x240."""

    cache_bytes = 5 * 320 * 240 * 3


KINDS = pytest.mark.parametrize("kind", [Movie, Forgetful])


class Card:
    """Stands in for the devices ``cuda`` and ``vaapi``: ``lasts`` says after how many pictures each fails for good."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.lasts: dict[str, float] = {"cuda": np.inf}
        self.takes = 0.0
        """Seconds in which a device is opened."""
        self.opened: list[str] = []
        self.given = 0
        self._streams: list[tuple[object, str]] = []

    def open_on(self, path: Path, device: str) -> Any:
        self.clock.sleep(self.takes)
        self.opened.append(device)
        container, stream = open_film(path)
        self._streams.append((stream, device))
        return container, stream

    def device_of(self, stream: object) -> str:
        return next((device for opened, device in self._streams if opened is stream), "")

    def decoded(self, frames: Iterator[Any], device: str) -> Iterator[Any]:
        for frame in frames:
            if self.lasts[device] <= 0:
                raise av.error.ExternalError(errno.EIO, "the device was reset")
            self.lasts[device] -= 1
            self.given += 1
            yield frame.reformat(format="nv12") if frame.format.name == "yuv420p" else frame
        if self.lasts[device] <= 0:
            raise av.error.ExternalError(errno.EIO, "the device was reset")


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, clock: FakeClock) -> Card:
    """A stand-in for a card, which decodes films of any size."""
    card = Card(clock)
    make, decode = FilmDecoder.__init__, FilmDecoder.decode

    def init(self: Any, stream: Any) -> None:
        make(self, stream)
        self.device = card.device_of(stream)

    def decode_on(self: Any, packet: Any) -> Iterator[Any]:
        frames = decode(self, packet)
        return card.decoded(frames, self.device) if self.device else frames

    monkeypatch.setattr(FilmDecoder, "__init__", init)
    monkeypatch.setattr(FilmDecoder, "decode", decode_on)
    monkeypatch.setattr(hardware_decoder, "LEAST", Size(320, 240))
    monkeypatch.setattr(hardware_decoder, "devices", lambda: list(card.lasts))
    monkeypatch.setattr(hardware_decoder, "_types", lambda codec: ["cuda", "vaapi"])
    monkeypatch.setattr(hardware_decoder, "trouble", lambda device: "")
    monkeypatch.setattr(hardware_decoder, "open_on", card.open_on)
    return card


def film_of(viewer: Viewer) -> Film:
    return viewer.source._film  # type: ignore[attr-defined, no-any-return]


@KINDS
def test_a_device_decodes_every_picture(start: Start, film: Path, card: Card, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(75) == (ALL * 3)[:75]
    assert np.diff(viewer.times) == pytest.approx(0.04)
    assert film_of(viewer).device == "cuda"
    assert card.opened == ["cuda"]
    assert card.given >= 30
    assert viewer.counts(61, speed=-1.0) == [*reversed(ALL[:14]), *reversed(ALL), *reversed(ALL[13:])]
    viewer.source.handle_trigger("seek", 0.5)
    assert viewer.counts(3) == [15, 16, 17]


@KINDS
@pytest.mark.parametrize("ending", ["mp4", "ts", "mkv", "h264"])
@pytest.mark.parametrize("lasts", [0, 1, 2, 11, 12, 13, 27, 29, 30, 44])
def test_where_a_device_fails_the_film_goes_on(
    start: Start, tmp_path: Path, card: Card, kind: type[Movie], ending: str, lasts: int
) -> None:
    card.lasts["cuda"] = lasts
    viewer = start(kind, encode(tmp_path / f"film.{ending}"))
    assert viewer.counts(75) == (ALL * 3)[:75]
    assert np.diff(viewer.times) == pytest.approx(0.04)


def test_a_failure_in_the_middle_is_told_once_and_ends_hardware_for_the_film(
    start: Start, film: Path, card: Card, caplog: pytest.LogCaptureFixture
) -> None:
    card.lasts = {"cuda": 20, "vaapi": np.inf}
    viewer = start(Forgetful, film)
    viewer.counts(90)
    assert card.opened == ["cuda"]
    assert film_of(viewer).device == ""
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "numbered.mp4: the decoder cuda failed (the device was reset); the film goes on without it"
    ]


def test_a_device_that_refuses_the_film_is_followed_by_the_next_without_a_word(
    start: Start, film: Path, card: Card, caplog: pytest.LogCaptureFixture
) -> None:
    card.lasts = {"cuda": 0, "vaapi": np.inf}
    viewer = start(Movie, film)
    assert viewer.counts(45) == (ALL * 2)[:45]
    assert film_of(viewer).device == "vaapi"
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_film_that_every_device_refuses_plays_in_software(start: Start, film: Path, card: Card) -> None:
    card.lasts = {"cuda": 0, "vaapi": 0}
    viewer = start(Movie, film)
    assert viewer.counts(45) == (ALL * 2)[:45]
    assert (film_of(viewer).device, card.opened) == ("", ["cuda", "vaapi"])


def test_a_device_that_does_not_open_again_is_replaced_by_software(
    start: Start, film: Path, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware_decoder, "open_on", lambda path, device: None)
    viewer = start(Movie, film)
    assert viewer.counts(45) == (ALL * 2)[:45]
    assert film_of(viewer).device == ""


@KINDS
@pytest.mark.parametrize("lasts", [5, 17, 20, 33, 40])
def test_a_failure_while_it_plays_backwards(
    start: Start, film: Path, card: Card, kind: type[Movie], lasts: int
) -> None:
    card.lasts["cuda"] = lasts
    viewer = start(kind, film)
    assert viewer.counts(61, speed=-1.0) == [0, *reversed(ALL), *reversed(ALL)]


@KINDS
def test_a_failure_after_a_jump_still_arrives(start: Start, film: Path, card: Card, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    viewer.counts(3)
    for place, count in ((0.5, 15), (0.9, 27), (0.1, 3)):
        card.lasts["cuda"] = 1
        viewer.source.handle_trigger("seek", place)
        assert viewer.counts(3) == [count, count + 1, (count + 2) % 30]
        viewer.counts(1, decoder="software")


def test_a_failure_while_pictures_are_left_out(start: Start, tmp_path: Path, card: Card, clock: FakeClock) -> None:
    path = encode(tmp_path / "long.mp4", 200, gop=10)
    viewer = start(Forgetful, path)
    viewer.counts(3)
    card.lasts["cuda"] = 0
    clock.sleep(3.0)
    counts = viewer.counts(20)
    assert counts[0] == pytest.approx(77, abs=12)
    assert list(np.diff(counts[4:])) == [1] * 15


@KINDS
def test_software_can_be_chosen_at_any_time(start: Start, film: Path, card: Card, kind: type[Movie]) -> None:
    viewer = start(kind, film)
    assert viewer.counts(5, decoder="software") == ALL[:5]
    assert card.opened == [], "no device is touched"
    assert viewer.counts(6) == ALL[5:11]
    assert viewer.counts(3, decoder="software") == ALL[11:14]
    assert film_of(viewer).device == ""
    assert viewer.counts(50) == [*ALL[14:], *ALL, *ALL[:4]]
    assert np.diff(viewer.times) == pytest.approx(0.04)


def test_another_decoder_in_the_middle_of_a_search(start: Start, film: Path, card: Card) -> None:
    viewer = start(Forgetful, film)
    viewer.counts(3, decoder="software")
    viewer.source.handle_trigger("seek", 0.5)
    assert viewer.counts(2) == [15, 16]


def test_the_film_waits_while_a_device_is_opened(start: Start, film: Path, card: Card) -> None:
    card.takes = 0.9
    viewer = start(Movie, film)
    assert viewer.counts(30) == ALL
    assert np.diff(viewer.times) == pytest.approx(0.04)


def test_a_render_does_not_depend_on_the_machine(start: Start, film: Path, card: Card) -> None:
    viewer = start(Movie, film)
    viewer.source.patient = True
    assert viewer.counts(30) == ALL
    assert card.opened == []


def test_a_film_taken_away_when_the_device_fails_just_ends(start: Start, film: Path, card: Card) -> None:
    viewer = start(Forgetful, film)
    viewer.counts(10)
    card.lasts["cuda"] = 0
    film.unlink()
    assert len(viewer.counts(40)) == 40


@pytest.mark.parametrize(
    ("make", "device"),
    [
        ("-c:v libx264 -pix_fmt yuv420p", "cuda"),
        ("-c:v libx264 -pix_fmt yuvj420p", "cuda"),
        ("-c:v libx264 -pix_fmt yuv420p10le", "cuda"),
        ("-c:v libx264 -pix_fmt yuv444p", ""),
        ("-c:v libx264 -pix_fmt yuv422p", ""),
        ("-c:v libx264 -pix_fmt yuv420p -s 1276x720", ""),
        ("-c:v mjpeg -pix_fmt yuvj420p", ""),
        ("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuva420p", ""),
        ("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv420p", "cuda"),
    ],
)
@pytest.mark.usefixtures("card")
def test_which_films_hardware_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: str, device: str) -> None:
    monkeypatch.setattr(hardware_decoder, "LEAST", Size(1280, 720))
    path = tmp_path / "film.mkv"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:d=0.04", *make.split(), str(path)]
    subprocess.run(command, check=True)
    container, stream = open_film(path)
    with container:
        assert hardware_decoder.device_for(stream) == device
        assert hardware_decoder.device_for(stream, {"cuda"}) == ""


def test_the_first_device_that_opens_is_taken(film: Path, card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    card.lasts = {"cuda": 1, "vaapi": 1}
    monkeypatch.setattr(hardware_decoder, "trouble", {"cuda": "its driver is missing", "vaapi": ""}.__getitem__)
    container, stream = open_film(film)
    with container:
        assert hardware_decoder.device_for(stream) == "vaapi"
        monkeypatch.setattr(hardware_decoder, "_types", lambda codec: ["vdpau"])
        assert hardware_decoder.device_for(stream) == ""


@pytest.fixture
def remembers_nothing() -> Iterator[None]:
    """Forgets before and after the test which devices open."""
    hardware_decoder.trouble.cache_clear()
    yield
    hardware_decoder.trouble.cache_clear()


@pytest.mark.usefixtures("remembers_nothing")
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (av.error.PermissionError(errno.EPERM, "Operation not permitted"), "its driver is missing"),
        (av.error.ExternalError(errno.EIO, "Generic error"), "it does not open: Generic error"),
        (RuntimeError("no"), "it does not open: no"),
        (None, ""),
    ],
)
def test_a_device_is_opened_once_in_a_process(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None, said: str
) -> None:
    opened = []

    class Acceleration:
        def __init__(self, device: str, allow_software_fallback: bool) -> None:
            assert not allow_software_fallback

        def create(self, codec: object) -> None:
            opened.append(codec)
            if error:
                raise error

    monkeypatch.setattr(hwaccel, "HWAccel", Acceleration)
    monkeypatch.setattr(hardware_decoder, "_types", lambda codec: ["cuda"])
    assert [hardware_decoder.trouble("cuda") for _ in range(3)] == [said] * 3
    assert len(opened) == 1


@pytest.mark.usefixtures("remembers_nothing")
def test_a_pyav_that_loses_the_colours_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "__version__", "17.1.0")
    assert hardware_decoder.trouble("cuda") == "PyAV 17.1.0 loses the colours of its pictures; 18 keeps them"


@pytest.mark.usefixtures("remembers_nothing")
def test_a_device_without_a_decoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware_decoder, "_types", lambda codec: [])
    assert hardware_decoder.trouble("cuda") == "FFmpeg has no decoder of H.264, HEVC, VP9 for it"
    assert hardware_decoder.decodable("cuda") == []


@pytest.mark.parametrize(
    ("system", "built", "tried"),
    [
        ("linux", ["cuda", "qsv", "drm", "amf"], ["cuda"]),
        ("linux", ["vdpau", "vaapi", "cuda"], ["cuda", "vaapi"]),
        ("win32", ["cuda", "dxva2", "d3d11va", "d3d12va"], ["d3d11va", "cuda", "dxva2"]),
        ("darwin", ["videotoolbox"], ["videotoolbox"]),
        ("freebsd", ["vaapi"], []),
    ],
)
def test_each_system_has_its_devices(
    monkeypatch: pytest.MonkeyPatch, system: str, built: list[str], tried: list[str]
) -> None:
    monkeypatch.setattr(hwaccel, "hwdevices_available", lambda: built)
    monkeypatch.setattr(hardware_decoder.sys, "platform", system)
    assert hardware_decoder.devices() == tried


def test_the_devices_of_this_machine_raise_nothing_and_films_play(tmp_path: Path, clock: FakeClock) -> None:
    """With a driver or without one: what PyAV really does here."""
    path = encode(tmp_path / "large.mp4", 3, size=Size(1280, 720))
    for device in hardware_decoder.devices():
        why = hardware_decoder.trouble(device)
        opened = hardware_decoder.open_on(path, device)
        assert bool(why) == (opened is None)
        if opened:
            opened[0].close()
    assert hardware_decoder.open_on(tmp_path / "none.mp4", "cuda") is None
    viewer = Viewer(Movie(str(path), Size(320, 240), 25.0, clock))
    viewer.source.open()
    assert viewer.counts(6) == [0, 1, 2, 0, 1, 2]
    viewer.source.close()
