"""Puts a film through a model: every picture at its own time, and the sound as it is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.base.new_file import whole_file
from vj.sink.encoder import ColourConverter
from vj.source.container import length, open_film, rate, reason
from vj.source.decoder import FilmDecoder
from vj.source.scaler import Scaler

_H264: Final[tuple[str, dict[str, str]]] = ("libx264", {"crf": "17", "preset": "medium"})
_CODECS: Final = {
    ".webm": ("libvpx-vp9", {"crf": "24", "b:v": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1"})
}
"""Codecs for files that can't hold H.264."""
_LARGEST: Final = 1 << 20
"""Pixels a side: more than any picture has."""

Paint = Callable[[Pixels, float], Pixels]
"""Takes a picture [h, w, 3] and its time in the film (s); returns a picture of the same size, or of the size that the
new film's layout says."""


class WholeSize(Size):
    """A box in which every picture keeps its size, to the pixel; other boxes cut sides to a multiple that suits the
    GPU."""

    def fitted(self, width: int, height: int, multiple: int = 1) -> Size:
        """Returns ``width`` and ``height`` unchanged, however large they are; ``multiple`` is not used."""
        return Size(width, height)


ANY_SIZE: Final = WholeSize(_LARGEST, _LARGEST)
"""A box that changes no picture's size."""


@dataclass(frozen=True)
class FilmLayout:
    """How the new film differs from the old one: pictures are scaled down to fit into ``box`` before they are painted,
    ``size`` returns the size of what is painted from one of a size, and nothing after ``seconds`` is taken (None: all
    is)."""

    box: Size = ANY_SIZE
    size: Callable[[Size], Size] = lambda size: size
    seconds: float | None = None


SAME: Final = FilmLayout()
"""The layout of a film whose pictures keep their size."""


def apply_to_film(
    paint: Paint, here: Path, there: Path, progress: Callable[[float], None], layout: FilmLayout = SAME
) -> str:
    """Writes what ``paint`` makes of the film ``here`` to the film ``there``, whose ending says the format. Every
    picture keeps its time and, unless ``layout`` says otherwise, its size, and sound is copied as it is; a file that
    was there is replaced. Returns in words what couldn't be read of the film, or an empty text if all could.

    ``progress`` is called with the part that is done (0..1), but not for a film that doesn't state its length. Raises
    BadInput for a film without a picture that can be read, and if the result can't be written.
    """
    import av.error

    try:
        return _applied(paint, here, there, progress, layout)
    except (av.error.FFmpegError, OSError) as error:
        raise BadInput(f"{str(here)!r} can't become {str(there)!r}: {error}") from None


def _applied(paint: Paint, here: Path, there: Path, progress: Callable[[float], None], layout: FilmLayout) -> str:
    """Does the work of `apply_to_film`, without its handling of errors."""
    import av

    size = layout.size(_size(here, layout.box))
    film, shown = open_film(here)
    with film, whole_file(there) as part, av.open(str(part), "w") as made:
        pictures = shown.frames or round(length(film, shown) * rate(shown, 25.0))
        if layout.seconds is not None and pictures:
            pictures = min(pictures, round(layout.seconds * rate(shown, 25.0)) or 1)
        new = _NewFilm(made, shown, size)
        sounds = _sound_streams(film, made, there)
        reading = _Reading(film, shown, sounds, layout.box)
        for packet_or_frame in reading.interleaved():
            if not hasattr(packet_or_frame, "to_ndarray"):
                made.mux(packet_or_frame)
                continue
            at = float(packet_or_frame.time or 0.0)
            if layout.seconds is not None and new.count and at >= layout.seconds:
                break
            new.add(paint(reading.scaler.pixels(packet_or_frame), at), packet_or_frame)
            if pictures:
                progress(min(1.0, new.count / pictures))
        new.finish()
    return f"{here}: {reading.loss}; {there} holds the {new.count} pictures that could be read" if reading.loss else ""


def _size(here: Path, box: Size) -> Size:
    """Returns the size at which the film's pictures are to be shown, which only a decoded picture reveals."""
    film, shown = open_film(here)
    with film:
        reading = _Reading(film, shown, {}, box)
        for frame in reading.interleaved():
            return reading.scaler.size(frame)
    raise BadInput(f"{str(here)!r} holds no picture that can be read")


@dataclass
class _Reading:
    """A film that is being read; ``loss`` says what was wrong with it so far."""

    film: Any
    shown: Any
    sounds: Mapping[int, Any]
    """The new film's sound streams, by the index of the stream in this film that each copies."""
    box: Size
    loss: str = ""

    def __post_init__(self) -> None:
        self.scaler = Scaler(self.box, self.shown, str(self.film.name))

    def interleaved(self) -> Iterator[Any]:
        """Yields decoded pictures, and sound packets addressed to the new file, in the order of the old one. Damage is
        skipped, and a film that breaks off just ends."""
        import av.error

        decoder = FilmDecoder(self.shown)
        try:
            for packet in self.film.demux([self.shown, *(self.film.streams[index] for index in self.sounds)]):
                if packet.stream.index in self.sounds:
                    if packet.dts is not None:
                        packet.stream = self.sounds[packet.stream.index]
                        yield packet
                    continue
                try:
                    yield from decoder.decode(packet)
                except av.error.FFmpegError as error:
                    self.loss = self.loss or f"it is damaged ({reason(error)})"
        except av.error.FFmpegError as error:
            self.loss = f"it breaks off ({reason(error)})"


class _NewFilm:
    """The pictures of the new film; ``count`` are written so far."""

    def __init__(self, made: Any, shown: Any, size: Size) -> None:
        self._made = made
        self.count = 0
        self._inks = ColourConverter(*size)
        codec, options = _CODECS.get(Path(made.name).suffix.lower(), _H264)
        self._video = made.add_stream(codec, rate=shown.average_rate or Fraction(25), options=options)
        self._inks.declare(self._video)
        self._video.codec_context.time_base = shown.time_base
        self._durations: dict[Fraction, Fraction] = {}

    def add(self, picture: Pixels, of: Any) -> None:
        """Adds ``picture``, made from the frame ``of``, with that frame's time and duration."""
        result = self._inks.frame(picture)
        result.pts, result.time_base = of.pts, of.time_base
        if of.pts is not None and of.duration:
            self._durations[of.pts * of.time_base] = of.duration * of.time_base
        self._write(result)
        self.count += 1

    def finish(self) -> None:
        """Writes what the encoder still holds."""
        self._write(None)

    def _write(self, frame: Any) -> None:
        """Encodes ``frame`` and writes the packets with their durations. Encoders don't pass these on, and the last
        picture would be shown for a moment only."""
        for packet in self._video.encode(frame):
            lasts = self._durations.pop(packet.pts * packet.time_base, None) if packet.pts is not None else None
            if lasts:
                packet.duration = round(lasts / packet.time_base)
            self._made.mux(packet)


def _sound_streams(film: Any, made: Any, target: Path) -> dict[int, Any]:
    """Adds a stream to ``made`` for each sound of ``film``, and returns them by the sound's index. ``target`` is named
    in errors. Raises BadInput."""
    try:
        return {sound.index: made.add_stream_from_template(sound) for sound in film.streams.audio}
    except ValueError as error:
        raise BadInput(f"the sound of {film.name!r} can't go into {target.name!r}: {error}") from None
