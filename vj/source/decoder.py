"""Decodes the packets of a film or a stream to pictures, with their transparency and no longer interlaced."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that read the transparency in such streams; FFmpeg's own decoders ignore it."""


class FilmDecoder:
    """Decodes one stream. It needs all packets of ``stream`` in order; after a seek, a new decoder must be made. Frames
    keep their own size and format; `vj.source.scaler` turns them into RGB."""

    def __init__(self, stream: "VideoStream") -> None:
        """``stream`` is a video stream of an opened container, which must stay open."""
        self._own = _with_alpha(stream)
        self._graph: Any = None
        self._shape: tuple[int, int, str] | None = None

    def decode(self, packet: "Packet[Any]") -> Iterator["VideoFrame"]:
        """Yields the pictures (av.VideoFrame) that ``packet`` completes, none or several, in the order in which they
        are shown; from the first interlaced one on each comes out one picture later; the empty packet at the end of a
        file yields what is left. The work is done while the result is iterated, and it must be iterated to its end.

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
        """Yields ``frame``, with its two fields made one if it says that it is interlaced.

        From the first interlaced frame on, all frames go through the filter, because each comes out one frame later.
        """
        if not (frame.interlaced_frame or self._graph):
            yield frame
            return
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:
            self._graph, self._shape = _deinterlacing(frame), shape
        self._graph.push(frame)
        yield from self._pulled()

    def _pulled(self) -> Iterator["VideoFrame"]:
        """Yields the frames that are ready in the filter."""
        import av.error

        while True:
            try:
                yield self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return


def _with_alpha(stream: "VideoStream") -> Any:
    """Returns a decoder (av.CodecContext) that keeps the stream's transparency, or None if the usual one does."""
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
    """Returns a filter (bwdif) that makes one picture of a frame's two fields, and leaves progressive frames as they
    are."""
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
