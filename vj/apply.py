"""A picture, a film or a folder of them through a model, at full size, as fast as the machine can."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vj.errors import BadInput
from vj.frame.convert import resize
from vj.frame.frame import Pixels, Size
from vj.model import MODELS, catalog
from vj.param import ParamTable, Value
from vj.preset import assignments
from vj.source.picture import load
from vj.table import STRENGTH

if TYPE_CHECKING:
    from vj.model.model import Model

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
LARGEST = Size(16384, 16384)
FILMS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg")


def apply_model(
    name: str, source: Path, target: Path, settings: Iterable[str], runtime: str, progress: catalog.Progress
) -> list[Path]:
    """Write what ``name`` makes of ``source`` to ``target``; return the files written.

    A folder gives a folder of files of the same names. ``settings`` are ``ADDRESS=VALUE``, the address as in
    ``vj params`` or its last part (``style=ink``). Raises BadInput for what can't be read or written.
    """
    model = MODELS[name]
    values = _values(name, settings)
    jobs = _jobs(source, target)
    files = {weights: catalog.fetch(weights, progress) for weights in model.weights}
    run = _Runner(model(files, runtime), values)
    for number, (here, there) in enumerate(jobs):
        there.parent.mkdir(parents=True, exist_ok=True)
        if here.suffix.lower() in FILMS:
            _film(run, here, there, progress)
        else:
            _picture(run, here, there)
            progress(f"applying {name}", (number + 1) / len(jobs))
    return [there for _, there in jobs]


class _Runner:
    """A prepared model that takes pictures of any size."""

    def __init__(self, model: "Model", values: Mapping[str, Value]) -> None:
        self._model, self._values = model, values
        self._size = Size(0, 0)
        self._out = np.empty((0, 0, 3), np.uint8)

    def __call__(self, picture: Pixels, now: float) -> Pixels:
        """The result for ``picture``, at its size, mixed by ``strength``."""
        whole = Size(picture.shape[1], picture.shape[0])
        size = whole.fitted(*whole, self._model.multiple)
        if size != self._size:
            self._model.prepare(size)
            self._size, self._out = size, np.empty((size.height, size.width, 3), np.uint8)
        self._model.run(picture if size == whole else resize(picture, size), self._out, self._values, now)
        result = self._out if size == whole else resize(self._out, whole)
        return _mixed(picture, result, float(self._values[STRENGTH.name]))


def _mixed(picture: Pixels, result: Pixels, strength: float) -> Pixels:
    if strength >= 1.0:
        return result
    return np.rint(picture * (1.0 - strength) + result * strength).astype(np.uint8)


def _values(name: str, settings: Iterable[str]) -> dict[str, Value]:
    table = ParamTable()
    table.declare("/layer/1/model", (STRENGTH, *MODELS[name].params))
    full = [text if text.startswith("/") else f"/layer/1/model/{text}" for text in settings]
    defaults = {address: param.default for address, param in table.items()}
    chosen = {**defaults, **assignments(full, table)}
    return {address.removeprefix("/layer/1/model/"): value for address, value in chosen.items()}


def _jobs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """What is to be read and where it goes. Raises BadInput."""
    if source.is_dir():
        known = sorted(path for path in source.iterdir() if path.suffix.lower() in PICTURES + FILMS)
        if not known:
            raise BadInput(f"{str(source)!r} holds nothing with one of the endings {', '.join(PICTURES + FILMS)}")
        return [(path, target / path.name) for path in known]
    if not source.is_file():
        raise BadInput(f"there is no file or folder {str(source)!r}")
    wanted = FILMS if source.suffix.lower() in FILMS else PICTURES
    if target.suffix.lower() not in wanted:
        raise BadInput(f"{str(source)!r} can't become {str(target)!r}; choices: a file ending in {', '.join(wanted)}")
    return [(source, target)]


def _picture(run: _Runner, here: Path, there: Path) -> None:
    from PIL import Image

    Image.fromarray(run(load(here, LARGEST), 0.0)).save(there)


def _film(run: _Runner, here: Path, there: Path, progress: catalog.Progress) -> None:
    """Every frame at its own time; the sound comes along as it is."""
    import av
    import av.error

    try:
        with av.open(str(here)) as film, av.open(str(there), "w") as made:
            _transcode(run, film, made, lambda part: progress(f"applying to {here.name}", part))
    except (av.error.FFmpegError, OSError) as error:
        raise BadInput(f"{str(here)!r} can't become {str(there)!r}: {error}") from None


def _transcode(run: _Runner, film: Any, made: Any, progress: Any) -> None:
    if not film.streams.video:
        raise BadInput(f"{film.name!r} holds no picture")
    shown = film.streams.video[0]
    rate = shown.average_rate or Fraction(25)
    video = made.add_stream("libx264", rate=rate, options={"crf": "17", "preset": "medium"})
    video.width, video.height, video.pix_fmt = shown.width // 2 * 2, shown.height // 2 * 2, "yuv420p"
    video.codec_context.time_base = shown.time_base
    sounds = {sound.index: made.add_stream_from_template(sound) for sound in film.streams.audio}
    total = shown.frames or 0
    for number, packet_or_frame in enumerate(_interleaved(film, shown, sounds)):
        if not hasattr(packet_or_frame, "to_ndarray"):
            made.mux(packet_or_frame)
            continue
        made.mux(video.encode(_through(run, packet_or_frame)))
        if total:
            progress(min(1.0, number / total))
    made.mux(video.encode())
    progress(1.0)


def _interleaved(film: Any, shown: Any, sounds: Mapping[int, Any]) -> Iterator[Any]:
    """Decoded pictures, and sound packets addressed to the new file, in the order of the old one."""
    for packet in film.demux([shown, *(film.streams[index] for index in sounds)]):
        if packet.stream.index in sounds:
            if packet.dts is not None:
                packet.stream = sounds[packet.stream.index]
                yield packet
        else:
            yield from packet.decode()


def _through(run: _Runner, frame: Any) -> Any:
    import av

    result = av.VideoFrame.from_ndarray(run(frame.to_ndarray(format="rgb24"), float(frame.time or 0.0)), format="rgb24")
    result.pts, result.time_base = frame.pts, frame.time_base
    return result
