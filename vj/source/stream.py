"""A video stream from the network: an IP camera, another machine's output, a video file behind a URL."""

import errno
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vj.base.errors import BadInput
from vj.params.param import Value
from vj.source.container import limit_pixels, rate, reason
from vj.source.decoder import FilmDecoder
from vj.source.deliver import deliver
from vj.source.scaler import Scaler
from vj.source.source import Begin, Source

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "udp", "rtp", "tcp", "srt")
"""The schemes of URLs that can be played."""
_PROTOCOLS = "http,https,httpproxy,tls,tcp,udp,rtp,rtsp,rtmp,rtmps,srt,crypto,data"
"""The protocols that a stream may open in turn: never a file of this machine."""
_LOW_LATENCY = {
    "fflags": "nobuffer",
    "flags": "low_delay",
    "probesize": "1000000",  # bytes; a UDP stream must show a key frame within
    "analyzeduration": "1000000",  # microseconds
    "rtsp_transport": "tcp",
}
_TIMEOUTS = (3.0, 2.0)
"""Seconds without data after which opening, and reading, fails."""
_FIRST_PATIENCE, _PATIENCE = 10.0, 2.5
"""Seconds without a picture after which the stream counts as broken: at first, when a key frame must come, and
later."""
_LONGEST_BURST = 2.0
"""The most seconds of old pictures that are skipped at the opening."""


class Stream(Source):
    """Decodes everything that comes, in a thread, and delivers the newest picture: a slow show never falls behind a
    camera.

    A stream of known length, or one that comes in segments, is really a file and is played by its time stamps. Whatever
    ends a stream raises ConnectionError, also at the opening: installations start before their cameras do, so the show
    keeps trying.
    """

    name = "stream"
    help = f"a network camera or video: stream:URL ({', '.join(SCHEMES)})"
    live = True
    silence = 3.5

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput unless ``target`` is a URL with one of `SCHEMES` and a host. Nothing is connected."""
        try:
            parts = urlsplit(target)
            parts.port  # noqa: B018  (checked when it is looked at)
        except ValueError as error:
            raise BadInput(f"stream: {target!r} is not a URL: {error}") from error
        if parts.scheme not in SCHEMES or "://" not in target:
            choices = ", ".join(f"{scheme}://" for scheme in SCHEMES)
            raise BadInput(f"stream needs a URL, not {target!r}; choices: {choices}")
        if not parts.netloc:
            raise BadInput(f"stream: {target!r} names no host")

    def open(self) -> None:
        """Connects to the stream, and begins to decode it in a thread. ``fps`` becomes the stream's rate if it states
        one, ``title`` the URL without its password. Raises ConnectionError if nothing answers or there is no picture in
        it, BadInput for a target that is no URL and for pictures that are too large to hold."""
        self.check(self.target)
        self.title = _without_password(self.target)
        self._container, stream = self._connect()
        self.fps = rate(stream, self.fps)
        self._scaler = Scaler(self.box, stream, self.title)
        self._newest: tuple[VideoFrame, float] | None = None
        """The newest frame that was not delivered yet, and when it came (s). Guarded by `_news`, as is `_fault`."""
        self._fault: str | None = None
        self._patience = _FIRST_PATIENCE
        self._news, self._closing = threading.Condition(), threading.Event()
        self._thread = threading.Thread(target=self._drain, args=(stream,), name="drain", daemon=True)
        self._thread.start()

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits for a picture that was not delivered yet, writes the newest one into the buffer, scaled down to fit
        into ``box`` with sides cut to multiples of 4, and returns the monotonic time (s) at which it was decoded.
        Raises ConnectionError when the stream has ended or stopped, or no picture comes for 10 s at first, later for
        2.5 s; pictures between two calls are dropped."""
        frame, captured = self._take()
        started = self.clock.now()
        deliver(self._scaler.picture(frame), begin)
        self.on_spent("resize", self.clock.now() - started)
        return captured

    def close(self) -> None:
        """Ends the thread that decodes, waiting half a second for it, and closes the connection unless the thread
        hangs."""
        self._closing.set()
        self._thread.join(0.5)  # a thread that hangs in the network ends with the process
        if not self._thread.is_alive():
            self._container.close()

    def _take(self) -> tuple["VideoFrame", float]:
        """Waits for a new frame, and returns it with the time (s) at which it came. Raises ConnectionError."""
        with self._news:
            self._news.wait_for(lambda: self._newest or self._fault, self._patience)
            if not self._newest:
                raise ConnectionError(f"{self.title}: {self._fault or 'nothing came in time'}")
            newest, self._newest = self._newest, None
            self._patience = _PATIENCE
        return newest

    def _connect(self) -> tuple["InputContainer", "VideoStream"]:
        """Returns the opened stream and its pictures. Raises ConnectionError or BadInput."""
        import av.error

        try:
            container = self._opened()
        except (av.error.FFmpegError, OSError) as error:
            raise ConnectionError(f"{self.title} can't be reached: {_reason(error)}") from error
        try:
            return container, self._pictures(container)
        except (BadInput, ConnectionError):
            container.close()
            raise

    def _opened(self) -> "InputContainer":
        """Opens the stream as FFmpeg recognises it. If FFmpeg doesn't, opens it as JPEG pictures with anything between
        them, since many cameras get the parts of their MJPEG streams wrong. Raises av.error.FFmpegError or OSError."""
        import av.error

        try:
            return self._as(None)
        except (av.error.FFmpegError, OSError) as error:
            if urlsplit(self.target).scheme not in ("http", "https") or not _came(error):
                raise
            with suppress(av.error.FFmpegError, OSError):
                container = self._as("mjpeg")
                best = container.streams.best("video")
                if best is not None and best.codec_context.width:  # type: ignore[attr-defined]
                    return container
                container.close()
            raise

    def _as(self, form: str | None) -> "InputContainer":
        """Opens the stream in the format ``form``, or in the one that FFmpeg recognises."""
        import av

        options = _LOW_LATENCY | {"protocol_whitelist": _PROTOCOLS}
        return av.open(self.target, format=form, options=options, timeout=_TIMEOUTS, metadata_errors="replace")

    def _pictures(self, container: "InputContainer") -> "VideoStream":
        """Returns the video stream. Raises ConnectionError if there is none, BadInput for pictures that are too
        large."""
        from av.codec.context import Flags

        best = container.streams.best("video")
        if best is None:
            raise ConnectionError(f"{self.title} carries no picture")
        stream: VideoStream = best  # type: ignore[assignment]
        limit_pixels(stream, self.title)
        stream.codec_context.flags |= int(Flags.low_delay)
        return stream

    def _drain(self, stream: "VideoStream") -> None:
        """Decodes until the stream ends, and keeps the reason as `_fault`; runs in a thread."""
        import av.error

        try:
            try:
                self._decode_all(stream)
            except av.error.InvalidDataError:
                if self._container.format.name != "mpjpeg":
                    raise
                self._container.close()  # its parts are wrong from the second one on: see `_opened`
                self._container = self._as("mjpeg")
                self._decode_all(self._pictures(self._container))
            fault = "the stream has ended"
        except (av.error.FFmpegError, OSError) as error:
            fault = f"the stream has stopped: {_reason(error)}"
        with self._news:
            self._fault = fault
            self._news.notify()

    def _decode_all(self, stream: "VideoStream") -> None:
        """Decodes the stream to its end, and offers the frames that are to be shown."""
        import av.error

        whole = bool(self._container.duration) or self._container.format.name in ("hls", "dash")
        pace = _FilePace(self._closing) if whole else _LivePace()
        decoder = FilmDecoder(stream)
        for packet in self._container.demux(stream):
            started = self.clock.now()
            try:
                frames = list(decoder.decode(packet))
            except av.error.InvalidDataError:  # a stream joined half-way, a lost datagram
                continue
            arrived = self.clock.now()
            self.on_spent("capture", arrived - started)
            for frame in frames:
                if pace.admits(frame.time, arrived):
                    self._offer(frame)
            if self._closing.is_set():
                return

    def _offer(self, frame: "VideoFrame") -> None:
        """Makes ``frame`` the newest one."""
        with self._news:
            self._newest = frame, self.clock.now()
            self._news.notify()


class _LivePace:
    """Skips the burst of old pictures that many senders begin with: pictures that come faster than they were taken."""

    def __init__(self) -> None:
        self._settled = False
        self._first: float | None = None
        self._stamp = 0.0
        self._arrived = 0.0

    def admits(self, stamp: float | None, arrived: float) -> bool:
        """Returns whether to show a frame with time stamp ``stamp`` (s) that came at ``arrived`` (s)."""
        if self._settled or stamp is None:
            return True
        if self._first is None:
            self._first = arrived
        else:
            in_time = arrived - self._arrived > 0.5 * (stamp - self._stamp)
            self._settled = in_time or arrived - self._first > _LONGEST_BURST
        self._stamp, self._arrived = stamp, arrived
        return self._settled


class _FilePace:
    """Slows a stream down to the rate of its time stamps."""

    def __init__(self, closing: threading.Event) -> None:
        self._closing = closing
        self._lead: float | None = None

    def admits(self, stamp: float | None, arrived: float) -> bool:
        """Waits until the frame is due. Returns False if the source is being closed."""
        if stamp is None:
            return True
        if self._lead is None or not -1.0 < stamp + self._lead - arrived < 10.0:
            self._lead = arrived - stamp
        return not self._closing.wait(max(0.0, stamp + self._lead - arrived))


def _without_password(url: str) -> str:
    """Returns ``url`` in a form that may be shown and logged."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}:…@{host}").geturl()


def _came(error: Exception) -> bool:
    """Returns whether data came that FFmpeg didn't understand, instead of nothing."""
    import av.error

    return isinstance(error, av.error.InvalidDataError) or getattr(error, "errno", None) == errno.EIO


def _reason(error: Exception) -> str:
    import av.error

    if isinstance(error, av.error.ExitError):
        return "nothing came in time"  # what FFmpeg says when our time-out interrupts it
    return reason(error)
