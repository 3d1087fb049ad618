"""The packets of a film or a stream as pictures: with their transparency, and no longer interlaced."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that know of the transparency in such streams; FFmpeg's own ones pass over it."""


class FilmDecoder:
    """Give it every packet of ``stream`` in order; begin with a new one after a seek."""

    def __init__(self, stream: "VideoStream") -> None:
        self._own = _with_alpha(stream)
        self._graph: Any = None
        self._shape: tuple[int, int, str] | None = None

    def decode(self, packet: "Packet[Any]") -> Iterator["VideoFrame"]:
        """The pictures that ``packet`` completes; the empty one at the end of a file gives what is left.

        Raises av.error.FFmpegError for a packet that can't be decoded.
        """
        frames: Any = self._own.decode(packet if packet.size else None) if self._own else packet.decode()
        for frame in frames:
            if frame.time_base is None:
                frame.time_base = packet.time_base
            yield from self._progressive(frame)
        if not packet.size and self._graph:
            self._graph.push(None)
            yield from self._pulled()

    def _progressive(self, frame: "VideoFrame") -> Iterator["VideoFrame"]:
        """``frame``, its lines made whole if it says that it is interlaced; from then on all go through the filter, as
        one comes out of it one picture later."""
        if not (frame.interlaced_frame or self._graph):
            yield frame
            return
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:
            self._graph, self._shape = _deinterlacing(frame), shape
        self._graph.push(frame)
        yield from self._pulled()

    def _pulled(self) -> Iterator["VideoFrame"]:
        import av.error

        while True:
            try:
                yield self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return


def _with_alpha(stream: "VideoStream") -> Any:
    """A decoder (av.CodecContext) that keeps the transparency of ``stream`` where its usual one wouldn't; else None."""
    from av.codec.codec import UnknownCodecError
    from av.codec.context import CodecContext

    name = _WITH_ALPHA.get(stream.codec_context.name)
    if name is None or stream.metadata.get("alpha_mode") != "1":
        return None
    try:
        decoder = CodecContext.create(name, "r")
    except UnknownCodecError:  # a build of FFmpeg without it
        return None
    decoder.extradata = stream.codec_context.extradata
    return decoder


def _deinterlacing(frame: "VideoFrame") -> Any:
    """A filter that makes one whole picture of the two fields of one (bwdif), and lets whole ones pass."""
    from fractions import Fraction

    import av.filter

    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 1000)
    )
    filtered, sink = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    source.link_to(filtered)
    filtered.link_to(sink)
    graph.configure()
    return graph
