"""Opens untrusted films, which may be made to do harm: limits their formats, what they may open in turn, and their
cost."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vj.base.clock import FASTEST, SLOWEST
from vj.base.errors import BadInput

if TYPE_CHECKING:
    from av.codec.hwaccel import HWAccel
    from av.container import InputContainer
    from av.video.stream import VideoStream

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,gif,apng,mxf,nut,ivf,dv,"
    "h264,hevc,m4v,mjpeg,yuv4mpegpipe,rm,wtv,swf,gxf,vob,bink,smk,roq,obu,av1,vc1"
)
"""Containers that hold their own pictures. Playlists are not among them: they name further files and addresses."""
_LONGEST_SIDE = 16384
"""The longest side of a picture, in pixels."""
_MOST_PIXELS = 8192**2
"""The most pixels of a picture."""
_MOST_THREADS = 4
"""The most threads that decode in software."""


def open_film(path: Path, hardware: "HWAccel | None" = None) -> tuple["InputContainer", "VideoStream"]:
    """Returns the opened film at ``path`` (an av container) and its best video stream, ready to decode from the
    beginning; closing the container is the caller's task. ``hardware`` names the device that decodes, instead of
    threads of the processor.

    Only local files in the formats of this module's list are opened, no playlists. Raises BadInput naming ``path`` and
    the reason, also for a film without pictures, for one whose pictures are too large (see `limit_pixels`) and if
    ``hardware`` doesn't open; RuntimeError if ``hardware`` decodes none of the film's formats.
    """
    import av
    import av.error

    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(str(path.absolute()), options=options, metadata_errors="replace", hwaccel=hardware)
    except (av.error.FFmpegError, OSError) as error:
        raise BadInput(f"{path} can't be played: {_reason(error)}") from error
    try:
        return container, _pictures(container, str(path))
    except BadInput:
        container.close()
        raise


def limit_pixels(stream: "VideoStream", name: str) -> None:
    """Raises BadInput, naming ``name``, if the stream's pictures can't be decoded, have more than 8192² pixels or are
    longer than 16384 pixels on a side. Also makes its decoder refuse pictures that grow beyond 8192² pixels later, so
    it must be called before anything is decoded."""
    codec = stream.codec_context
    if codec is None:
        raise BadInput(f"{name} is coded in a way that can't be decoded here")
    if codec.width * codec.height > _MOST_PIXELS or max(codec.width, codec.height) > _LONGEST_SIDE:
        most = f"{_MOST_PIXELS} pixels, {_LONGEST_SIDE} on a side"
        raise BadInput(f"{name} claims to be {codec.width}x{codec.height}; at most {most} are played")
    codec.options = {"max_pixels": str(_MOST_PIXELS)}


def length(container: "InputContainer", stream: "VideoStream") -> float:
    """Returns the film's length in seconds as the stream states it, else as the file does, or 0 if neither does.
    Nothing is decoded."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1_000_000


def rate(stream: "VideoStream", default: float) -> float:
    """Returns the stream's frames/s as the file states or FFmpeg guesses it, the average rate first; ``default`` if
    there is none within 1..240."""
    for told in (stream.average_rate, stream.guessed_rate):
        if told and SLOWEST <= told <= FASTEST:
            return float(told)
    return default


def reason(error: Exception) -> str:
    """Returns FFmpeg's message without the address of the file."""
    return str(getattr(error, "strerror", None) or error)


def _pictures(container: "InputContainer", name: str) -> "VideoStream":
    """Returns the video stream, with its limits set. Raises BadInput if there is none."""
    stream = container.streams.best("video")
    if stream is None:
        raise BadInput(f"{name} holds sound but no picture")
    pictures: VideoStream = stream  # type: ignore[assignment]
    limit_pixels(pictures, name)
    pictures.thread_type = "AUTO"
    threads = 1 if pictures.codec_context.is_hwaccel else min(_MOST_THREADS, os.cpu_count() or 1)
    pictures.codec_context.thread_count = threads  # those of hardware would only take turns
    return pictures


def _reason(error: Exception) -> str:
    import av.error

    if isinstance(error, av.error.ArgumentError):
        return "not a film format that is played"  # what a refusal by the list of formats looks like
    return reason(error)
