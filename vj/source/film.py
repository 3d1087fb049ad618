"""A video file that is decoded forward, frame by frame, from any place it was sent to, by hardware or in software."""

import logging
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vj.base.clock import Clock
from vj.base.errors import BadInput
from vj.base.frame import Picture, Size
from vj.source import hardware_decoder
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
"""Pictures that may be in the decoder's threads when it begins or stops skipping some."""
LONGEST_SHOWN = 600.0
"""The most seconds that a frame may be shown; a file that states more is mistaken."""


class ReopenedError(Exception):
    """The film was opened anew with another decoder: there is no present frame, and what was sought is to be sought
    again."""


class _DeviceLostError(Exception):
    """The hardware that decodes has failed; the text says why."""


class Film:
    """Decodes a film forward, one present frame at a time; once it is made, its first frame is the present one, decoded
    in software.

    ``time`` is the presentation time (s, in the film) of the present frame, to which `advance` came; None after `seek`
    and `rewind`, until `advance` is called. ``path`` is the file, and ``fps`` the rate that it states, or the one that
    was given.
    """

    def __init__(self, path: Path, box: Size, clock: Clock, on_spent: Callable[[str, float], None], fps: float) -> None:
        """Opens the film at ``path`` and decodes its first frame. Pictures are scaled down to fit into ``box``, with
        sides cut to multiples of 4. ``on_spent`` is called with each part of the work ("capture" for decoding,
        "resize") and its seconds by ``clock``; ``fps`` is for a file that states no rate. Raises BadInput naming
        ``path`` and the reason."""
        self.path = path
        self._box = box
        self._clock = clock
        self._on_spent = on_spent
        self.fps = fps
        self.time: float | None = None
        self.first: float | None = None
        """The time of the first frame (s, in the film); never None once the film is made."""
        self._damaged = False
        self.length = 0.0
        """Seconds, or 0 if the file doesn't state it."""
        self._frame: VideoFrame | None = None
        self._decoding: Iterator[VideoFrame] = iter(())
        self._at_start = self._stamped = True
        self._hurrying = False
        """Whether the decoder skips pictures."""
        self._doubtful = 0
        """How many of the next pictures may still follow a gap, after the decoder has stopped skipping."""
        self._key_from: float | None = None
        """The time (s) from which the next key frame is looked for, or None."""
        self.device = ""
        """The hardware that decodes, by FFmpeg's name for its type; empty in software."""
        self._wants_hardware = self._is_reopened = False
        """Whether hardware is wanted, and whether the next `advance` is to say that the film was opened anew."""
        self._refused: set[str] = set()
        """The devices that have failed with this film."""
        self._proven = False
        """Whether the device has given a picture."""
        self._gone = False
        """Whether the file couldn't be opened again: then nothing comes any more, and the present frame stays."""
        self._open()
        if self.advance() is None or self._frame is None:
            raise BadInput(f"movie: {path} holds no picture that can be decoded")
        self._stamped = self._frame.pts is not None
        self.fps = rate(self._stream, fps)
        self.length = length(self._container, self._stream)

    @property
    def start(self) -> float:
        """Returns the time of the first frame (s, in the film), which need not be 0."""
        return self.first or 0.0

    @property
    def frames(self) -> int:
        """Returns about how many frames there are, as the file states it or by its length and rate; 0 if it states
        neither."""
        return self._stream.frames or round(self.length * self.fps)

    def advance(self) -> float | None:
        """Decodes the next frame, makes it the present one and returns its time (s, in the film). At the end, returns
        None, and the last frame remains the present one. Damaged pictures are passed over, with one warning in the log
        for a film.

        Raises ReopenedError, once, after `use_hardware` has changed the decoder, and when hardware fails: the film then
        goes on with another decoder, from any place that it is sent to.
        """
        if self._is_reopened:
            self._is_reopened = False
            raise ReopenedError
        started = self._clock.now()
        try:
            frame = next(self._decoding, None)
            if frame and self._missed_the_start(frame):
                self._reopen()
                frame = next(self._decoding, None)
        except _DeviceLostError as error:
            self._give_up_device(str(error))
            raise ReopenedError from error
        self._on_spent("capture", self._clock.now() - started)
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
        """Returns how long the present frame is shown (s), as the file states it; one period of ``fps`` if it states
        nothing or more than `LONGEST_SHOWN` (600 s), or if there is no present frame."""
        frame = self._frame
        told = float(frame.duration * frame.time_base) if frame and frame.duration and frame.time_base else 0.0
        return told if 0.0 < told <= LONGEST_SHOWN else 1.0 / self.fps

    def picture(self) -> Picture:
        """Returns the present frame, upright, scaled down to fit into the box, with sides cut to multiples of 4; its
        arrays stay valid (their rows may be padded). It is scaled anew by each call. There must be a present frame: not
        directly after `seek` or `rewind`."""
        assert self._frame is not None
        started = self._clock.now()
        picture = self._scaler.picture(self._frame)
        self._on_spent("resize", self._clock.now() - started)
        return picture

    def seek(self, time: float) -> None:
        """Goes to a key frame at or before ``time`` (s, in the film), which `advance` then decodes; until then there is
        no present frame. A time beyond the end, also infinity, leads to the last key frame. A time at or before the
        first frame leads to the beginning, as does any time in a film without time stamps or without a stated length.
        Some formats come out at a key frame after ``time``."""
        import av.error

        if self._gone:
            return
        time = min(time, self.start + self.length)
        if time <= self.start or not self._stamped:
            self.rewind()  # without time stamps, frames are found only by counting from the beginning
            return
        try:
            self._container.seek(self._ticks(time), stream=self._stream)
        except av.error.FFmpegError:
            self.rewind()
        else:
            self._begin(at_start=False)

    @property
    def has_gaps(self) -> bool:
        """Returns whether pictures may have been skipped just before the present one, because `hurry` is on or was on a
        moment ago. Also true from `skip_to_key` until the next `advance`."""
        return self._hurrying or self._doubtful > 0

    def hurry(self, hurrying: bool) -> None:
        """Makes the decoder skip the pictures that no other picture is decoded from (true), or decode all again
        (false). It takes effect some pictures later; `advance` then passes over more of the film."""
        if hurrying != self._hurrying:
            self._hurrying, self._doubtful = hurrying, _ON_THE_WAY
            self._stream.codec_context.skip_frame = "NONREF" if hurrying else "DEFAULT"

    def skip_to_key(self, time: float) -> None:
        """Makes the next `advance` go on at the first key frame at or after ``time`` (s, in the film), without decoding
        what lies before it. Nothing is read yet, and the present frame stays."""
        self._key_from, self._doubtful = time, 1

    def rewind(self) -> None:
        """Goes to the very beginning, so that `advance` decodes the first frame; until then there is no present frame.
        Files that can't be sought in are opened again."""
        import av.error

        if self._gone:
            return
        if not self._stamped:
            self._reopen()
            return
        try:
            self._container.seek(self._ticks(self.start), stream=self._stream)
        except av.error.FFmpegError:
            self._reopen()
        else:
            self._begin(at_start=True)

    def use_hardware(self, wanted: bool) -> bool:
        """Lets hardware decode if some is suitable (see `hardware_decoder.device_for`), or the processor if ``wanted``
        is false. Does nothing if that was wanted before; a device that has failed is tried again once it was unwanted.

        Returns whether the file was opened anew, because the decoder changes: there is no present frame then, and the
        next `advance` raises ReopenedError. Opening a device may take some tenths of a second."""
        if wanted == self._wants_hardware or self._gone:
            return False
        self._wants_hardware = wanted
        self._refused.clear()
        device = hardware_decoder.device_for(self._stream) if wanted else ""
        if device == self.device:
            return False
        self.device = device
        self._reopen()
        self._is_reopened = True
        return True

    def close(self) -> None:
        """Closes the file. Pictures that `picture` has returned stay valid."""
        self._container.close()

    def _reopen(self) -> None:
        """Goes to the beginning by opening the file again, for formats that don't seek exactly."""
        self.close()
        try:
            self._open()
        except BadInput as error:  # the file was removed while it played: the film just ends
            _log.warning("%s", error)
            self._decoding, self._gone = iter(()), True

    def _give_up_device(self, why: str) -> None:
        """Opens the file anew without the present device: on the next one if it never gave a picture, else in
        software."""
        failed, gave_pictures = self.device, self._proven
        told = _log.warning if gave_pictures else _log.info
        told("%s: the decoder %s failed (%s); the film goes on without it", self.path.name, failed, why)
        self._refused.update(hardware_decoder.devices() if gave_pictures else (), (failed,))
        self.device = ""
        self._reopen()  # in software, where the format of its pictures shows
        self.device = "" if self._gone else hardware_decoder.device_for(self._stream, self._refused)
        if self.device:
            self._reopen()

    def _missed_the_start(self, frame: "VideoFrame") -> bool:
        """Returns whether a seek to the beginning has led past the first frame."""
        return self._at_start and self.first is not None and self._time_of(frame) > self.first

    def _open(self) -> None:
        """Opens the file at its beginning, in software if the device can't. Raises BadInput."""
        on_device = hardware_decoder.open_on(self.path, self.device) if self.device else None
        if on_device is None:
            self.device = ""
        try:
            self._container, self._stream = on_device or open_film(self.path)
        except BadInput as error:
            raise BadInput(f"movie: {error}") from error
        self._proven = False
        self._scaler = Scaler(self._box, self._stream, self.path.name)
        self._hurrying = False
        self._begin(at_start=True)

    def _ticks(self, time: float) -> int:
        return int(time / (self._stream.time_base or 1))

    def _begin(self, at_start: bool) -> None:
        """Starts to decode from the container's present position."""
        self._at_start, self.time, self._frame, self._key_from = at_start, None, None, None
        self._decoding = self._decode(self._container, self._stream)

    def _decode(self, container: "InputContainer", stream: "VideoStream") -> Iterator["VideoFrame"]:
        """Yields every frame that can be decoded. Damaged ones are skipped with one warning; a file that breaks off
        just ends. Hardware fails by the same errors as damaged frames, so with it any raises _DeviceLostError: the
        software tells them apart."""
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
                    for frame in decoder.decode(packet):
                        self._proven = True
                        yield frame
                except av.error.FFmpegError as error:
                    if self.device:
                        raise _DeviceLostError(reason(error)) from error
                    self._tell_damage("holds damaged pictures; they are passed over")
        except av.error.FFmpegError as error:
            self._tell_damage(f"breaks off: {reason(error)}")

    def _tell_damage(self, what: str) -> None:
        """Warns once, since a film in a loop comes to the same place again and again."""
        if not self._damaged:
            self._damaged = True
            _log.warning("%s %s", self.path, what)

    def _time_of(self, frame: "VideoFrame") -> float:
        """Returns the frame's time stamp (s); if that is missing or doesn't rise, the time one frame after the one
        before."""
        stamp = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else math.nan
        if self.time is not None and not stamp > self.time:
            return self.time + 1.0 / self.fps
        return 0.0 if math.isnan(stamp) else stamp


def _stamp(packet: "Packet[VideoStream]") -> float:
    """Returns when the packet's picture is shown (s); an infinite time if the packet doesn't state it."""
    return float(packet.pts * packet.time_base) if packet.pts is not None and packet.time_base else math.inf
