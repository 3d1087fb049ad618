"""Streams from a real sender: ffmpeg and a web server on loopback."""

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.source.conftest import Viewer, encode, numbered
from vj.base.clock import LiveClock
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.source import container
from vj.source.stream import Stream, _LivePace

PATIENCE = 100.0
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
MJPEG = "-c:v mjpeg -q:v 3 -f mpjpeg -listen 1 http://127.0.0.1:{port}/cam"
UDP = "-c:v libx264 -preset ultrafast -tune zerolatency -g 10 -f mpegts udp://127.0.0.1:{port}?pkt_size=1316"


class Sender:
    """An ffmpeg that plays a numbered film for ever, in real time."""

    def __init__(self, film: Path, how: str) -> None:
        port = _free_port(socket.SOCK_DGRAM if "udp:" in how else socket.SOCK_STREAM)
        self.url = how.format(port=port).split()[-1].partition("?")[0]
        command = f"ffmpeg -v error -nostdin -re -stream_loop -1 -i {film} {how.format(port=port)}"
        self.process = subprocess.Popen(command.split(), stderr=subprocess.DEVNULL)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[[str], tuple[Sender, Viewer]]]:
    """``watch(how)`` starts a sender and opens its stream, as soon as it answers."""
    with contextlib.ExitStack() as stack:

        def start(how: str) -> tuple[Sender, Viewer]:
            sender = Sender(encode(tmp_path / "film.mp4", 250), how)
            stack.callback(sender.end)
            stream = Stream(sender.url, Size(320, 240), 25.0)
            _open_when_there(stream)
            stack.callback(stream.close)
            stack.callback(sender.end)  # so that closing needn't wait for a time-out
            return sender, Viewer(stream)

        yield start


def _open_when_there(stream: Stream) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return stream.open()
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.02)  # between two attempts, as the supervisor does


@needs_ffmpeg
@pytest.mark.parametrize("how", [MJPEG, UDP], ids=["mjpeg", "udp"])
def test_a_slow_viewer_never_falls_behind(watch: Callable[[str], tuple[Sender, Viewer]], how: str) -> None:
    _, viewer = watch(how)
    counts = viewer.counts(20)
    assert counts == sorted(counts)
    assert counts[-1] - counts[0] <= 40
    time.sleep(1.0)  # the slow viewer: this is what is tested
    before, (waiting, fresh) = viewer.times[-1], viewer.counts(2)
    assert waiting - counts[-1] > 10
    assert fresh - waiting <= 3
    assert viewer.times[-1] - before > 0.9


@needs_ffmpeg
@pytest.mark.parametrize("how", [MJPEG, UDP], ids=["mjpeg", "udp"])
def test_a_sender_that_hangs_is_noticed_in_time(watch: Callable[[str], tuple[Sender, Viewer]], how: str) -> None:
    sender, viewer = watch(how)
    viewer.take()
    sender.signal(signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(ConnectionError, match="nothing came in time"):
        viewer.counts(100)
    assert time.monotonic() - started < 3.5
    sender.signal(signal.SIGCONT)


@needs_ffmpeg
def test_a_sender_that_ends_is_noticed(watch: Callable[[str], tuple[Sender, Viewer]]) -> None:
    sender, viewer = watch(MJPEG)
    viewer.take()
    sender.end()
    with pytest.raises(ConnectionError, match="the stream has"):
        viewer.counts(100)


def test_a_film_behind_a_url_plays_at_its_rate(tmp_path: Path) -> None:
    encode(tmp_path / "film.mp4", 20, options={"movflags": "faststart"})
    handler = partial(_Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stream = Stream(f"http://127.0.0.1:{server.server_port}/film.mp4", Size(320, 240), 25.0, LiveClock())
        stream.open()
        viewer = Viewer(stream)
        counts = [viewer.count()]
        with pytest.raises(ConnectionError, match="has ended"):
            counts += iter(viewer.count, None)
        stream.close()
        server.shutdown()
    assert counts == sorted(set(counts))
    assert counts[-1] == 19
    assert viewer.times[-1] - viewer.times[0] == pytest.approx((counts[-1] - counts[0]) / 25, abs=0.15)


def test_pictures_too_large_to_hold_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_MOST_PIXELS", 320 * 240 - 1)
    encode(tmp_path / "film.mp4", 5)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(BadInput, match=r"/film\.mp4 claims to be 320x240"):
            Stream(f"http://127.0.0.1:{server.server_port}/film.mp4", Size(320, 240), 25.0).open()
        server.shutdown()


def test_the_burst_of_old_pictures_at_the_opening_is_passed_over() -> None:
    pace = _LivePace()
    arrivals = [(n / 30, 10 + n / 200) for n in range(45)] + [(n / 30, 10 + n / 30) for n in range(45, 60)]
    admitted = [place for place, (stamp, arrived) in enumerate(arrivals) if pace.admits(stamp, arrived)]
    assert admitted == list(range(45, 60))


def test_what_does_not_answer_is_no_refusal() -> None:
    """An installation starts before its cameras: the show must keep trying."""
    url = f"http://127.0.0.1:{_free_port(socket.SOCK_STREAM)}/cam"
    with pytest.raises(ConnectionError, match="can't be reached"):
        Stream(url, Size(320, 240), 25.0).open()


@pytest.mark.parametrize(
    "target", ["", "nonsense", "file:///etc/passwd", "gopher://x/", "http:", "concat:a|b", "rtsp://"]
)
def test_what_is_no_stream_is_refused(target: str) -> None:
    with pytest.raises(BadInput, match=r"http://, https://, rtsp://|names no host"):
        Stream.check(target)


@pytest.mark.parametrize("target", ["http://[", "rtsp://host:port/"])
def test_broken_urls_are_refused(target: str) -> None:
    with pytest.raises(BadInput, match="is not a URL"):
        Stream.check(target)


def test_the_password_is_not_shown() -> None:
    stream = Stream("http://me:secret@127.0.0.1:1/cam", Size(320, 240), 25.0)
    with pytest.raises(ConnectionError) as caught:
        stream.open()
    assert "secret" not in stream.title + str(caught.value)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


TYPED = b"Content-Type: image/jpeg\r\n\r\n"
PARTS = {
    "as it should be": ("multipart/x-mixed-replace; boundary=frame", b"--frame\r\n", TYPED, b"\r\n--frame\r\n"),
    "no boundary before the first": ("multipart/x-mixed-replace; boundary=frame", b"", TYPED, b"\r\n--frame\r\n"),
    "no type": ("multipart/x-mixed-replace; boundary=frame", b"--frame\r\n", b"X: 1\r\n\r\n", b"\r\n--frame\r\n"),
    "quoted": ('multipart/x-mixed-replace; boundary="frame"', b"--frame\r\n", TYPED, b"\r\n--frame\r\n"),
    "with its dashes": ("multipart/x-mixed-replace; boundary=--frame", b"--frame\r\n", TYPED, b"\r\n--frame\r\n"),
    "lines of UNIX": ("multipart/x-mixed-replace; boundary=frame", b"--frame\n", b"X: 1\n\n", b"\n--frame\n"),
    "pictures alone": ("application/octet-stream", b"", b"", b""),
}
"""How cameras part the pictures of an MJPEG stream: its type, what comes first, before and after each."""


@pytest.mark.parametrize("parts", PARTS)
def test_mjpeg_plays_however_its_parts_are_told(parts: str) -> None:
    kind, first, before, after = PARTS[parts]

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            with contextlib.suppress(OSError):  # the viewer has gone
                self.wfile.write(first)
                for number in range(2000):
                    picture = io.BytesIO()
                    Image.fromarray(numbered(320, 240, number)).save(picture, "JPEG", quality=95)
                    self.wfile.write(before + picture.getvalue() + after)
                    time.sleep(0.02)

        def log_message(self, *what: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = Stream(f"http://127.0.0.1:{server.server_port}/cam", Size(320, 240), 25.0)
        source.open()
        try:
            viewer = Viewer(source)
            counts = viewer.counts(10)
        finally:
            source.close()
            server.shutdown()
    assert counts == sorted(set(counts))
    assert np.abs(viewer.picture.astype(int) - numbered(320, 240, counts[-1])).mean() < 4


def test_a_page_is_no_stream() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><body>" + b"The camera is behind a login. " * 2000 + b"</body></html>")

        def log_message(self, *what: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(ConnectionError, match="can't be reached"):
                Stream(f"http://127.0.0.1:{server.server_port}/cam", Size(320, 240), 25.0).open()
        finally:
            server.shutdown()
