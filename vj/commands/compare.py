"""Two models side by side, on the same pictures or the same film, with how far they are apart in numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from vj.base import contact_sheet
from vj.base.convert import resize
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Pixels, Size
from vj.base.new_file import check_writable, free_name
from vj.base.paths import FILMS, PICTURES
from vj.base.picture import load
from vj.commands.apply import ONLY_READ, ModelRunner, model_runner
from vj.commands.apply_film import FilmLayout, apply_to_film
from vj.model.files import library, weights
from vj.model.files.library import Entry
from vj.source.sample import pictures

if TYPE_CHECKING:
    from vj.train.feature_distance import FeatureDistance

BOX: Final = Size(640, 360)
"""What pictures are fitted into before the models take them."""
_PLACES: Final = (0.05, 0.25, 0.45, 0.65, 0.85)
"""The places in the bundled film that are compared where nothing else is named."""
_MEASURED, _SHOWN = 100, 8
"""The most pictures of a folder that are measured, and the most that are shown; evenly spread."""
_SEEN_EACH: Final = 12
"""Of a film, the features of every so many pictures are compared: that takes longer than all else."""
_STRIP: Final = 24
"""The height of the line above a film that names what is shown."""
SOURCE, WANTED = "the source", "what is wanted"


@dataclass
class Difference:
    """How far two series of pictures are apart: means of what was added. ``one`` and ``other`` say what they are."""

    one: str
    other: str
    errors: list[float] = field(default_factory=list)
    likeness: list[float] = field(default_factory=list)
    features: list[float] = field(default_factory=list)

    def add(self, one: Pixels, other: Pixels, distance: "FeatureDistance | None") -> None:
        """Adds a picture of each; without ``distance`` its features aren't compared."""
        from vj.train.measures import absolute_error, structural_similarity

        self.errors.append(absolute_error(one, other))
        self.likeness.append(structural_similarity(one, other))
        if distance:
            self.features.append(distance(one, other))

    def row(self) -> str:
        """Returns a line of the table."""
        features = f"{np.mean(self.features):.3f}" if self.features else "-"
        numbers = f"{np.mean(self.errors):>10.3f}{np.mean(self.likeness):>10.3f}{features:>10}"
        return f"{f'{self.one}, {self.other}':<44}{numbers}"


HEADING: Final = f"{'':<44}{'L1':>10}{'SSIM':>10}{'features':>10}"
"""The heading of the table of `Difference.row`."""


def compare(
    one: str, other: str, on: Path | None, output: Path | None, seconds: float, progress: weights.Progress
) -> list[str]:
    """Writes what the models ``one`` and ``other`` (names or files, as in `vj.model.files.library.find`) make of
    ``on`` side by side, and returns lines with how far they are apart and what was written.

    A film gives a film of its first ``seconds``; a picture or a folder of them gives a sheet, and so does the bundled
    film, which is taken without ``on``. A data set's folder, or one with folders ``a`` and ``b``, is shown with what is
    wanted, and its pictures are taken as they are drawn already; where a filter drew them, it draws them anew at the
    size at which each model works. ``output`` is the file to write; without it, a free name is chosen. Missing weights
    are downloaded, the classifier for the features isn't. Raises BadInput for what can't be read or written, and if
    there is a file ``output`` already.
    """
    entries = [library.find(name) for name in (one, other)]
    is_film = on is not None and on.is_file() and on.suffix.lower() in (*FILMS, *ONLY_READ)
    target = _target(entries, output, FILMS if is_film else PICTURES)
    condition = _condition(on)
    runners = [model_runner(entry, (), "auto", progress, condition=condition) for entry in entries]
    names = [entry.name if one != other else f"{entry.name} ({end})" for entry, end in zip(entries, "AB", strict=True)]
    distance, why_not = _distance()
    if is_film:
        assert on
        lines = _film(names, runners, on, target, seconds, progress, distance)
    else:
        lines = _sheet(names, runners, list(_given(on)), target, progress, distance)
    seen = f"features: 1 - cosine in {distance.name}" if distance else f"features are left out: {why_not}"
    return [*lines, seen, str(target)]


def _target(entries: Sequence[Entry], output: Path | None, endings: Sequence[str]) -> Path:
    """Returns the file to write. Raises BadInput."""
    if output is None:
        plain = ("".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in entry.name) for entry in entries)
        output = free_name(Path(f"{'-and-'.join(plain)}{'.mp4' if endings == FILMS else '.jpg'}"))
    if output.suffix.lower() not in endings:
        raise BadInput(f"can't write {str(output)!r}; choices: a file ending in {', '.join(endings)}")
    check_writable(output)
    return output


def _distance() -> tuple["FeatureDistance | None", str]:
    """Returns the distance of features, or None and why there is none."""
    try:
        from vj.train.feature_distance import present_distance

        return present_distance(), ""
    except (Unavailable, ImportError) as error:
        return None, str(error)


# pictures -------------------------------------------------------------------------------------------------------------


class Given(NamedTuple):
    """A picture as it is shown, as the models take it, and what is wanted of it, if that is known; all of the same
    size."""

    shown: Pixels
    taken: Pixels
    wanted: Pixels | None


def _sides(on: Path) -> tuple[Path, Path] | None:
    """Returns the folders of both sides of the data set ``on``: those for the test, if it has such; None without."""
    return next(((part / "a", part / "b") for part in (on / "test", on) if (part / "a").is_dir()), None)


def _condition(on: Path | None) -> dict[str, bool | int | float | str] | None:
    """Returns how pictures of ``on`` are drawn before a model: as the filter of that data set draws, not at all (an
    empty dict) where they are drawn already, or as the model's manifest says (None)."""
    if on is None or not _sides(on):
        return None
    from vj.train.start import filter_of

    return filter_of(on)


def _given(on: Path | None) -> Iterator[Given]:
    """Yields the pictures to compare on. Raises BadInput if there are none."""
    if on is None:
        yield from (Given(picture, picture, None) for picture in pictures(BOX, _PLACES))
        return
    sides = _sides(on)
    folder, wanted = sides or (on, None)
    is_drawn_anew = bool(_condition(on))
    for path in _pictures_in(folder):
        picture = load(path, BOX)
        other = wanted / path.name if wanted else None
        if other and other.is_file():
            whole = resize(load(other, BOX), Size(picture.shape[1], picture.shape[0]))
            yield Given(picture, whole if is_drawn_anew else picture, whole)
        else:
            yield Given(picture, picture, None)


def _pictures_in(place: Path) -> list[Path]:
    """Returns the picture files in a folder, or the one at ``place``; of many, some that are evenly spread."""
    if not place.exists():
        raise BadInput(f"there is no file or folder {str(place)!r}")
    here = place.iterdir() if place.is_dir() else [place]
    files = sorted(path for path in here if path.suffix.lower() in PICTURES and not path.name.startswith("."))
    if not files:
        raise BadInput(f"{str(place)!r} holds no pictures; choices: a picture, a folder of them, a data set, a film")
    chosen = np.unique(np.linspace(0, len(files) - 1, min(_MEASURED, len(files))).round().astype(int))
    return [files[index] for index in map(int, chosen)]


def _sheet(
    names: Sequence[str],
    runners: Sequence[ModelRunner],
    given: Sequence[Given],
    target: Path,
    progress: weights.Progress,
    distance: "FeatureDistance | None",
) -> list[str]:
    """Writes the sheet, and returns the table."""
    has_wanted = all(each.wanted is not None for each in given)
    headings = [SOURCE, *names, *([WANTED] if has_wanted else [])]
    table = _differences(names, WANTED if has_wanted else SOURCE)
    shown = set(np.linspace(0, len(given) - 1, min(_SHOWN, len(given))).round().astype(int).tolist())
    cells: list[tuple[str, Pixels]] = []
    for number, (source, taken, wanted) in enumerate(given):
        progress("comparing", number / len(given))
        row = dict(zip((SOURCE, *names), (source, *(_made(run, taken) for run in runners)), strict=True))
        if has_wanted and wanted is not None:
            row[WANTED] = wanted
        for difference in table:
            difference.add(row[difference.one], row[difference.other], distance)
        cells += [(name, row[name]) for name in headings] if number in shown else []
    height, width = given[0].shown.shape[:2]
    contact_sheet.draw(cells, target, Size(width, height), len(headings))
    return [f"{HEADING}   ({len(given)} pictures)", *(difference.row() for difference in table)]


def _differences(names: Sequence[str], reference: str) -> list[Difference]:
    """Returns the rows of the table: each model beside ``reference``, and both beside each other; if it isn't the
    source, that too."""
    rows = [Difference(name, reference) for name in names]
    rows += [Difference(SOURCE, reference)] if reference != SOURCE else []
    return [*rows, Difference(names[0], names[1])]


def _made(run: ModelRunner, picture: Pixels) -> Pixels:
    """Returns what a model makes of a still picture."""
    *_, (_, _, last) = run.still(picture, None)
    return last.copy()


# films ----------------------------------------------------------------------------------------------------------------


def _film(
    names: Sequence[str],
    runners: Sequence[ModelRunner],
    on: Path,
    target: Path,
    seconds: float,
    progress: weights.Progress,
    distance: "FeatureDistance | None",
) -> list[str]:
    """Writes the film: the source and both models beside each other. Returns the table."""
    from vj.train.measures import FlickerMeter

    meter, table = FlickerMeter(), _differences(names, SOURCE)
    count, strip = 0, np.empty((0, 0, 3), np.uint8)
    for run in runners:
        run.begin_again()

    def paint(picture: Pixels, time: float) -> Pixels:
        nonlocal count, strip
        picture = np.ascontiguousarray(picture)
        row = dict(zip((SOURCE, *names), (picture, *(run(picture, time).copy() for run in runners)), strict=True))
        for difference in table:
            looked = None if count % _SEEN_EACH else distance
            difference.add(row[difference.one], row[difference.other], looked)
        meter.add(picture, [one.astype(np.float32) / 255.0 for one in row.values()])
        if not count:
            strip = _strip(list(row), picture.shape[1])
        count += 1
        return np.vstack([strip, np.hstack(list(row.values()))])

    layout = FilmLayout(BOX, lambda size: Size(3 * size.width, size.height + _STRIP), seconds)
    loss = apply_to_film(paint, on, target, lambda part: progress("comparing", part), layout)
    flicker = dict(zip((SOURCE, *names), meter.flicker(), strict=False))
    calm = [f"{f'{name}, flicker':<44}{value:>10.4f}" for name, value in flicker.items()]
    return [f"{HEADING}   ({count} pictures)", *(one.row() for one in table), *calm, *([loss] if loss else [])]


def _strip(names: Sequence[str], width: int) -> Pixels:
    """Returns a line with the names above the columns, which are of ``width`` pixels."""
    from PIL import Image, ImageDraw, ImageFont

    line = Image.new("RGB", (width * len(names), _STRIP), (18, 18, 20))
    draw, font = ImageDraw.Draw(line), ImageFont.load_default(size=15)
    for place, name in enumerate(names):
        draw.text((place * width + 6, 3), name, (220, 220, 220), font)
    return np.asarray(line, np.uint8)
