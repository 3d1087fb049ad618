"""Puts a picture, a film or a folder of them through a model, at full size, as fast as the machine can."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vj.base.convert import resize
from vj.base.errors import BadInput, Unavailable, VjError
from vj.base.frame import Pixels, Size
from vj.base.new_file import check_free, check_writable, whole_file
from vj.base.paths import FILMS, PICTURES
from vj.base.picture import load
from vj.commands.apply_film import ANY_SIZE, apply_to_film
from vj.model import FAMILIES
from vj.model.common_params import STAGE, merged
from vj.model.files import library, weights
from vj.model.files.library import Entry
from vj.params.param import ParamTable, Value
from vj.preset.preset import assignments, parse_size

if TYPE_CHECKING:
    from vj.model.model import Model, Prepared

MOVING_PICTURES = (".gif", ".apng")
"""File endings that may mean a film or a picture."""
ONLY_READ = (
    *(".ts", ".mts", ".m2ts", ".3gp", ".3g2", ".flv", ".ogv", ".ogm", ".wmv", ".asf", ".mxf", ".nut", ".dv", ".vob"),
    *(".h264", ".264", ".hevc", ".265", ".ivf", ".mjpeg", ".y4m", *MOVING_PICTURES),
)
"""The endings of films that can be read but not written; folders are searched for these too."""
RAW_SETTINGS = ("direction", "statistics")
"""The parameters that choose the network; only these matter for a network's own numbers."""
_ALMOST = 0.99
"""The largest part done that is reported before the end, because the number of pictures is a guess for some files."""


@dataclass(frozen=True)
class Stages:
    """The steps of models that work on a still picture for long.

    ``steps`` is their number (None: the model's usual one). After the steps ``at`` (counted from 0, the untouched
    picture), the picture is written as well: into files beside the last one or, with ``strip``, as one row in the same
    file.
    """

    steps: int | None = None
    at: frozenset[int] = frozenset()
    strip: bool = False

    @classmethod
    def parse(cls, steps: int | None, at: str, strip: bool = False) -> "Stages":
        """Returns the stages for the command line's options. ``at`` is a text of step numbers such as ``0,4,48``, or
        empty; its largest number is the number of steps if ``steps`` is None. Raises BadInput for other texts, and for
        a number that comes after the last step."""
        wanted = [part.strip() for part in at.split(",") if part.strip()]
        if not all(part.isdecimal() and len(part) < 7 for part in wanted):
            raise BadInput(f"--at takes numbers of steps such as 0,4,48, not {at!r}")
        numbers = frozenset(map(int, wanted))
        if numbers and steps is not None and max(numbers) > steps:
            raise BadInput(f"--at {max(numbers)} comes after the last of {steps} steps")
        return cls(max(numbers) if numbers and steps is None else steps, numbers, strip)

    def beside(self, target: Path) -> list[Path]:
        """Returns the paths of the files that are written beside ``target``, which holds the last picture:
        ``NAME-0004.png`` for step 4. An empty list with ``strip``."""
        return [] if self.strip else [_stage(target, step) for step in sorted(self.at) if step != self.steps]


class PartlyRead(VjError):
    """Raised at the end for films that break off or are damaged; the files ``written`` hold what could be read of
    them."""

    def __init__(self, written: Sequence[Path], losses: Sequence[str]) -> None:
        """``written`` are all files that the command wrote, whole ones too; ``losses`` says for each damaged film what
        couldn't be read, and all of that becomes the message."""
        super().__init__("; ".join(losses))
        self.written = written


def apply_model(
    name: str,
    source: Path,
    target: Path,
    settings: Iterable[str],
    runtime: str,
    progress: weights.Progress,
    stages: Stages | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Writes what the model ``name`` (or the one in that file) makes of ``source`` to ``target``, at full size. Returns
    the files written, in order; with ``overwrite``, existing files are replaced.

    A picture gives a picture, a film a film with its sound; the ending of ``target`` says in which format. A folder
    gives a folder of files of the same names, of which films in other formats end in .mp4. A size (``512x288``) instead
    of a file stands for a grey picture, for models that begin with noise. ``settings`` are ``ADDRESS=VALUE``, the
    address as in ``vj params`` or its last part (``style=ink``). ``runtime`` is a backend's name or "auto".
    ``progress`` is called meanwhile with what is done (a text) and the part that is done (0..1, or None). Missing files
    of the model are downloaded.

    Before anything is done, raises BadInput for files that can't be read or written, for ``stages`` with films or with
    models of one step and, unless ``overwrite`` is true, for files that exist already. Raises PartlyRead at the end if
    parts of films couldn't be read.
    """
    entry = library.find(name)
    values = _values(entry, settings)
    jobs = _jobs(source, target)
    stages = stages or Stages()
    targets = [path for _, there in jobs for path in (there, *stages.beside(there))]
    check_free(targets, overwrite, instead=target)
    if stages != Stages() and FAMILIES[entry.family].still_steps == 1:
        raise BadInput(f"{name} makes its picture in one step; --steps and --at are for models that take many")
    if stages != Stages() and any(there.suffix.lower() in FILMS for _, there in jobs):
        raise BadInput("a film's pictures take the model's own steps; --steps and --at are for still pictures")
    run = ModelRunner(partial(_model, entry, runtime, progress), values)
    written: list[Path] = []
    losses: list[str] = []
    for number, (here, there) in enumerate(jobs):
        told = partial(_part_done, progress, f"applying {entry.name}", number, len(jobs))
        more, loss = _apply_to(run, here, there, stages, told)
        written += more
        losses += [loss] if loss else []
    if losses:
        raise PartlyRead(written, losses)
    return written


def apply_picture(
    entry: Entry, picture: Pixels, settings: Iterable[str] = (), runtime: str = "auto", model: "Model | None" = None
) -> Pixels:
    """Returns what ``entry``, whose files are on disk, makes of ``picture`` (uint8 RGB [h, w, 3]) after the model's
    usual number of steps: a new array of the same shape, mixed and coloured as the display would show it.

    ``settings`` are ``ADDRESS=VALUE``, as for `apply_model`. ``model`` is the entry's model if it was made before, so
    that it isn't made again for each picture; else ``runtime`` says which backend runs it. Raises BadInput for bad
    settings, Unavailable if nothing can run the model.
    """

    def make(exact: bool = False) -> "Model":
        return model if model and not exact else _model(entry, runtime, lambda doing, part: None, exact)

    run = ModelRunner(make, _values(entry, settings))
    *_, (_, _, last) = run.still(picture, None)
    return last.copy()


def apply_raw(
    name: str,
    source: Path,
    target: Path,
    settings: Iterable[str],
    progress: weights.Progress,
    overwrite: bool = False,
) -> Path:
    """Writes the untouched result of the network ``name`` for a picture at its own size: float32 3×H×W, as ``.npy``.
    Returns ``target``.

    The numbers are in the network's own range, for comparing with others' code. ``settings`` are ``ADDRESS=VALUE`` for
    `RAW_SETTINGS` only. Missing files of the model are downloaded, and ``progress`` is called meanwhile with a text and
    the part that is done (0..1, or None). Raises BadInput for a model that is not one network, for a size that the
    network can't take, for a ``target`` that can't be written and, unless ``overwrite`` is true, for one that exists.
    """
    from vj.model.families.network_model import NetworkModel
    from vj.model.runtime.prepare import raw

    check_writable(target, overwrite)
    entry = library.find(name)
    settings = list(settings)
    for setting in settings:
        if setting.partition("=")[0].rpartition("/")[2] not in RAW_SETTINGS:
            raise BadInput(f"--raw takes no {setting!r}; choices: {', '.join(RAW_SETTINGS)}")
    values = _values(entry, settings)
    model = _model(entry, "auto", progress)
    if target.suffix.lower() != ".npy" or not isinstance(model, NetworkModel):
        wrong = f"{str(target)!r} does not end in .npy" if target.suffix.lower() != ".npy" else f"{name} is no network"
        raise BadInput(f"{wrong}; --raw writes a network's own numbers into an .npy file")
    picture = load(source, ANY_SIZE)
    result = raw(model.still_network(values), picture)
    try:
        np.save(target, result)
    except OSError as error:
        raise BadInput(f"can't write {str(target)!r}: {error.strerror}") from None
    return target


def _model(entry: Entry, runtime: str, progress: weights.Progress, exact: bool = False) -> "Model":
    """Returns the entry's model, after fetching its files."""
    entry.fetch(progress)
    return Entry.from_job(entry.to_job()).make_model("auto" if exact else runtime, exact)


def _part_done(progress: weights.Progress, doing: str, number: int, jobs: int, part: float) -> None:
    """Reports the part done of all ``jobs``, from the ``part`` of job ``number``."""
    progress(doing, (number + part) / jobs)


def model_runner(
    entry: Entry,
    settings: Iterable[str],
    runtime: str,
    progress: weights.Progress,
    *,
    condition: Mapping[str, Value] | None = None,
) -> "ModelRunner":
    """Returns what puts pictures through the model ``entry``, after downloading its files if they are missing.
    ``settings`` and ``runtime`` are as for `apply_model`. ``condition`` (values by name, such as ``condition/kind``)
    says how pictures are drawn before the model, in place of what its manifest says; an empty one leaves them as they
    are. Raises BadInput for bad settings."""
    values = _values(entry, settings)
    if condition is not None:
        known = [param for param in merged((STAGE, entry.params)) if param.name.startswith("condition/")]
        values |= {param.name: condition.get(param.name, param.default) for param in known}
    return ModelRunner(partial(_model, entry, runtime, progress), values)


class ModelRunner:
    """A prepared model that takes pictures of any size."""

    def __init__(self, make: Callable[..., "Model"], values: Mapping[str, Value]) -> None:
        """``make`` returns a new model, in full precision if it is called with ``exact=True``."""
        self._make = make
        self._values = values
        self._model = make()
        self._variant = self._model.variant(values)
        self._size = Size(0, 0)
        self._prepared: Prepared | None = None
        self._out = np.empty((0, 0, 3), np.uint8)

    def __call__(self, picture: Pixels, now: float) -> Pixels:
        """Returns the result for ``picture``, at the picture's size, mixed by ``strength``. ``now`` is the picture's
        time (s)."""
        whole = Size(picture.shape[1], picture.shape[0])
        size = self._model.size(self._model.full_box(whole, *whole), *whole)
        if size != self._size:
            self._prepared = self._model.prepare(size, self._variant)
            self._size, self._out = size, np.empty((size.height, size.width, 3), np.uint8)
        assert self._prepared
        seen = picture if size == whole else resize(picture, size)
        if not isfinite(self._prepared.run(seen, self._out, self._values, now)):
            self._again_exactly(seen, now)
        return self._shown(self._out, picture, whole)

    def begin_again(self) -> None:
        """Forgets what the model keeps from picture to picture, before another film."""
        self._model.begin_again()

    def still(self, picture: Pixels, steps: int | None) -> Iterator[tuple[int, int, Pixels]]:
        """Yields for each step on ``picture`` its number, the number of the last step, and the result at the picture's
        size."""
        if self._model.still_steps == 1:
            yield 1, 1, self(picture, 0.0)
            return
        last = self._model.still_steps if steps is None else steps
        whole = Size(picture.shape[1], picture.shape[0])
        for step, found in enumerate(self._model.develop(picture, self._values, last)):
            yield step, last, self._shown(found, picture, whole)

    def _shown(self, found: Pixels, picture: Pixels, whole: Size) -> Pixels:
        """Returns the model's result as the display would show it over ``picture``, of the size ``whole``."""
        result = found if found.shape == picture.shape else resize(found, whole)
        kept = _with_colours(result, picture, float(self._values["colour"]))
        return _mixed(picture, kept, float(self._values["strength"]))

    def _again_exactly(self, seen: Pixels, now: float) -> None:
        """Makes the model in full precision, after its numbers were not finite, and runs it again. Raises Unavailable
        if they still aren't finite."""
        if not self._model.exact:
            self._model = self._make(exact=True)
            self._prepared = self._model.prepare(self._size, self._variant)
            if isfinite(self._prepared.run(seen, self._out, self._values, now)):
                return
        raise Unavailable("the model gives numbers that are no picture")


def _mixed(picture: Pixels, result: Pixels, strength: float) -> Pixels:
    """Returns ``picture`` and ``result`` mixed by ``strength`` (0..1)."""
    if strength >= 1.0:
        return result
    return np.rint(picture * (1.0 - strength) + result * strength).astype(np.uint8)


def _with_colours(result: Pixels, picture: Pixels, amount: float) -> Pixels:
    """Returns ``result`` with the colours of ``picture`` and its own luminance (Rec. 709), by ``amount`` (0..1)."""
    if amount <= 0.0:
        return result
    rec709 = np.array((0.2126, 0.7152, 0.0722), np.float32)
    luma = (result @ rec709)[..., None]
    chroma = picture - (picture @ rec709)[..., None]
    room = np.where(chroma > 0, 255 - luma, luma) / np.maximum(np.abs(chroma), 1e-3)
    coloured = luma + chroma * np.minimum(1.0, room.min(axis=2, keepdims=True))  # as `shaders/lib/layer.frag` does
    mixed: Pixels = np.rint(result * (1.0 - amount) + coloured * amount).astype(np.uint8)
    return mixed


def _values(entry: Entry, settings: Iterable[str]) -> dict[str, Value]:
    """Returns the values of the model's parameters: defaults, its manifests' values, then ``settings``. Raises
    BadInput."""
    table = ParamTable()
    table.declare("/layer/1/model", merged((STAGE, entry.params)))
    full = [text if text.startswith("/") else f"/layer/1/model/{text}" for text in settings]
    defaults = {address: param.default for address, param in table.items()}
    own = {f"/layer/1/model/{name}": value for name, value in entry.settings.items()}
    chosen = {**defaults, **own, **assignments(full, table)}
    values = {address.removeprefix("/layer/1/model/"): value for address, value in chosen.items()}
    return library.with_paths(values, entry.params)


def _jobs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """Returns each file to read with the file to write. Raises BadInput."""
    try:
        same = source.exists() and target.exists() and source.samefile(target)
    except OSError as error:  # a name too long for the system
        raise BadInput(f"{str(source)!r} can't become {str(target)!r}: {error.strerror}") from None
    if same:
        raise BadInput(f"{str(source)!r} can't become itself; name another file or folder to write")
    if source.is_dir():
        known = sorted(path for path in source.iterdir() if path.suffix.lower() in PICTURES + FILMS + ONLY_READ)
        if not known:
            endings = ", ".join(PICTURES + FILMS + ONLY_READ)
            raise BadInput(f"{str(source)!r} holds nothing with one of the endings {endings}")
        return [(path, target / _named(path, known)) for path in known]
    if not source.is_file() and not _blank(source):
        raise BadInput(f"there is no file or folder {str(source)!r}")
    is_picture = source.suffix.lower() in PICTURES or bool(_blank(source))
    wanted = PICTURES if is_picture else FILMS + PICTURES if source.suffix.lower() in MOVING_PICTURES else FILMS
    if target.suffix.lower() not in wanted:
        raise BadInput(f"{str(source)!r} can't become {str(target)!r}; choices: a file ending in {', '.join(wanted)}")
    return [(source, target)]


def _named(path: Path, others: Sequence[Path]) -> str:
    """Returns a name for the result of ``path``: the same one if such a file can be written, else one ending in
    .mp4."""
    if path.suffix.lower() in PICTURES + FILMS:
        return path.name
    named = path.with_suffix(".mp4")
    return f"{path.name}.mp4" if named in others else named.name


def _apply_to(
    run: ModelRunner, here: Path, there: Path, stages: Stages, progress: Callable[[float], None]
) -> tuple[list[Path], str]:
    """Converts one file; returns the files written, and in words what couldn't be read of it. Raises BadInput if
    nothing could be read, or if the result can't be written."""
    loss = ""
    try:
        there.parent.mkdir(parents=True, exist_ok=True)
        if there.suffix.lower() in FILMS:
            run.begin_again()
            loss = apply_to_film(run, here, there, lambda part: progress(min(_ALMOST, part)))
            written = [there]
        else:
            written = _picture(run, here, there, stages, progress)
        progress(1.0)
        return written, loss
    except OSError as error:
        raise BadInput(f"{str(here)!r} can't become {str(there)!r}: {error}") from None


def _picture(
    run: ModelRunner, here: Path, there: Path, stages: Stages, progress: Callable[[float], None]
) -> list[Path]:
    """Converts a picture; returns the files written: those that ``stages`` ask for, then the last picture."""
    size = _blank(here)
    picture = np.full((size.height, size.width, 3), 128, np.uint8) if size else load(here, ANY_SIZE)
    written: list[Path] = []
    row: list[Pixels] = []
    for step, last, result in run.still(picture, stages.steps):
        if step == last or (stages.strip and step in stages.at):
            row.append(result.copy())
        elif step in stages.at:
            written.append(_stage(there, step))
            _save(result, written[-1])
        progress(min(_ALMOST, step / max(1, last)))
    _save(np.hstack(row), there)
    return [*written, there]


def _stage(target: Path, step: int) -> Path:
    """Returns the file for the picture after ``step`` steps, beside ``target``."""
    return target.with_stem(f"{target.stem}-{step:04d}")


def _save(picture: Pixels, path: Path) -> None:
    from PIL import Image

    lossy: dict[str, Any] = {"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg", ".webp") else {}
    with whole_file(path) as part:
        Image.fromarray(picture).save(part, **lossy)


def _blank(source: Path) -> Size | None:
    """Returns the size that ``source`` means, or None if it is the name of a file."""
    looks_like_one = all(part.isdecimal() for part in str(source).split("x", 1)) and "x" in str(source)
    return parse_size(str(source)) if looks_like_one and not source.exists() else None
