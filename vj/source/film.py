"""A video file being decoded: forward, frame by frame, from wherever it was last sent to."""

import logging
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vj.base.clock import Clock
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.source.container import length, open_film, rate, reason
from vj.source.decoder import FilmDecoder
from vj.source.scaler import Scaler

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_log = logging.getLogger(__name__)
_ON_THE_WAY = 16
"""Pictures that may be in the decoder's threads when it begins or stops passing over some."""
LONGEST_SHOWN = 600.0
"""Seconds that a file may have a frame shown; one that says more is mistaken."""


class Film:
    """``time`` is the presentation time (s) of the frame that `advance` came to, None before the first one."""

    def __init__(self, path: Path, box: Size, clock: Clock, spent: Callable[[str, float], None], fps: float) -> None:
        """Raises BadInput naming ``path`` and the reason. ``fps`` stands in for a rate that the file doesn't tell."""
        self.path, self._box, self._clock, self._spent, self.fps = path, box, clock, spent, fps
        self.time: float | None = None
        self.first: float | None = None
        self._damaged = False
        self.length = 0.0
        """Seconds, or 0 where the file doesn't tell."""
        self._frame: VideoFrame | None = None
        self._decoding: Iterator[VideoFrame] = iter(())
        self._at_start = self._stamped = True
        self._hurrying, self._doubtful = False, 0
        """Whether the decoder passes over pictures, and for how many it may still seem to, once it doesn't any more."""
        self._key_from: float | None = None
        self._open()
        if self.advance() is None or self._frame is None:
            raise BadInput(f"movie: {path} holds no picture that can be decoded")
        self._stamped = self._frame.pts is not None
        self.fps = rate(self._stream, fps)
        self.length = length(self._container, self._stream)

    @property
    def start(self) -> float:
        """When the first frame is shown."""
        return self.first or 0.0

    @property
    def frames(self) -> int:
        """About how many there are; 0 where the file doesn't tell."""
        return self._stream.frames or round(self.length * self.fps)

    def advance(self) -> float | None:
        """Decode the next frame; its time, or None at the end (`time` and `pixels` then stay at the last one)."""
        started = self._clock.now()
        frame = next(self._decoding, None)
        if frame and self._missed_the_start(frame):
            self._reopen()
            frame = next(self._decoding, None)
        self._spent("capture", self._clock.now() - started)
        if frame is None:
            return None
        self._frame, self.time = frame, self._time_of(frame)
        if self.first is None:
            self.first = self.time
        self._at_start = False
        self._doubtful = max(0, self._doubtful - 1)
        return self.time

    @property
    def lasts(self) -> float:
        """Seconds that the frame that `advance` came to is shown, as the file tells."""
        frame = self._frame
        told = float(frame.duration * frame.time_base) if frame and frame.duration and frame.time_base else 0.0
        return told if 0.0 < told <= LONGEST_SHOWN else 1.0 / self.fps

    def pixels(self) -> Pixels:
        """The frame that `advance` came to, at the delivery size."""
        assert self._frame is not None
        started = self._clock.now()
        pixels = self._scaler.pixels(self._frame)
        self._spent("resize", self._clock.now() - started)
        return pixels

    def seek(self, time: float) -> None:
        """Go to a key frame at or before ``time``; `advance` then decodes it. An infinite time is the end."""
        import av.error

        time = min(time, self.start + self.length)
        if time <= self.start or not self._stamped:
            self.rewind()  # without time stamps, frames can only be told by counting them from the beginning
            return
        try:
            self._container.seek(self._ticks(time), stream=self._stream)
        except av.error.FFmpegError:
            self.rewind()
        else:
            self._begin(at_start=False)

    @property
    def has_gaps(self) -> bool:
        """Whether pictures may have been passed over before the one that `advance` came to."""
        return self._hurrying or self._doubtful > 0

    def hurry(self, hurrying: bool) -> None:
        """Pass over pictures that no others are made from, or do so no longer."""
        if hurrying != self._hurrying:
            self._hurrying, self._doubtful = hurrying, _ON_THE_WAY
            self._stream.codec_context.skip_frame = "NONREF" if hurrying else "DEFAULT"

    def skip_to_key(self, time: float) -> None:
        """`advance` goes on at the first key frame at or after ``time`` (s), and decodes nothing before."""
        self._key_from, self._doubtful = time, 1

    def rewind(self) -> None:
        """Go to the very beginning."""
        import av.error

        if not self._stamped:
            self._reopen()
            return
        try:
            self._container.seek(self._ticks(self.start), stream=self._stream)
        except av.error.FFmpegError:
            self._reopen()
        else:
            self._begin(at_start=True)

    def close(self) -> None:
        self._container.close()

    def _reopen(self) -> None:
        """The sure way to the beginning, for formats whose seeking is vague."""
        self.close()
        try:
            self._open()
        except BadInput as error:  # it was taken away while it played: that is an end, not a fault
            _log.warning("%s", error)
            self._decoding = iter(())

    def _missed_the_start(self, frame: "VideoFrame") -> bool:
        return self._at_start and self.first is not None and self._time_of(frame) > self.first

    def _open(self) -> None:
        try:
            self._container, self._stream = open_film(self.path)
        except BadInput as error:
            raise BadInput(f"movie: {error}") from error
        self._scaler = Scaler(self._box, self._stream, self.path.name)
        self._hurrying = False
        self._begin(at_start=True)

    def _ticks(self, time: float) -> int:
        return int(time / (self._stream.time_base or 1))

    def _begin(self, at_start: bool) -> None:
        self._at_start, self.time, self._frame, self._key_from = at_start, None, None, None
        self._decoding = self._decode(self._container, self._stream)

    def _decode(self, container: "InputContainer", stream: "VideoStream") -> Iterator["VideoFrame"]:
        """Every frame that can be had; damage is passed over and told once, a file that breaks off just ends."""
        import av.error

        decoder = FilmDecoder(stream)
        try:
            for packet in container.demux(stream):
                if self._key_from is not None and packet.size:
                    if not packet.is_keyframe or _stamp(packet) < self._key_from:
                        continue
                    stream.codec_context.flush_buffers()
                    decoder, self._key_from = FilmDecoder(stream), None
                try:
                    yield from decoder.decode(packet)
                except av.error.FFmpegError:
                    self._tell_damage("holds damaged pictures; they are passed over")
        except av.error.FFmpegError as error:
            self._tell_damage(f"breaks off: {reason(error)}")

    def _tell_damage(self, what: str) -> None:
        """Once: a film in a loop comes to the same place again and again."""
        if not self._damaged:
            self._damaged = True
            _log.warning("%s %s", self.path, what)

    def _time_of(self, frame: "VideoFrame") -> float:
        """By its time stamp; where that is missing or doesn't go up, one frame after the one before."""
        stamp = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else math.nan
        if self.time is not None and not stamp > self.time:
            return self.time + 1.0 / self.fps
        return 0.0 if math.isnan(stamp) else stamp


def _stamp(packet: "Packet[VideoStream]") -> float:
    """When its picture is shown (s); an infinite time where it doesn't tell."""
    return float(packet.pts * packet.time_base) if packet.pts is not None and packet.time_base else math.inf
