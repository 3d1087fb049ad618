"""``vj bench steady``: how steady and how smooth a slow model becomes, by the code and the shaders of a show.

On each of three clips, a network paints every picture. Three ways to show a model at a quarter of the display's rate
are compared with the same model, steadied, on every picture: holding the last result, cross-fading to it, and moving it
along with the source. A result is one period late, as its pass takes that long. Then what coherence costs: flicker,
sharpness, and how far strokes are from the style's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import cv2
import numpy as np
import numpy.typing as npt

from vj.base.convert import resize
from vj.base.errors import VjError
from vj.base.frame import Pixels, Size
from vj.base.paths import CLIP, PRESETS
from vj.base.picture import load
from vj.gl import context
from vj.gl.steadying import DrawnPicture, SteadiedPicture, SteadyPass
from vj.gl.texture import PictureTexture
from vj.layers import flow_maps
from vj.layers.flow_maps import COMING_TO_SHOWN, NEWEST_TO_SHOWN, FlowHead
from vj.layers.flow_meter import FlowMeter
from vj.layers.steady import part_that_stays
from vj.model.files import library
from vj.model.files.test_clips import BIKES, CARPHONE
from vj.model.files.weights import fetch_asset
from vj.params.param import Value
from vj.train.measures import FlickerMeter

if TYPE_CHECKING:
    from vj.model.gradient.step import Steps

Floats = npt.NDArray[np.float32]

MODEL, STYLE, HEIGHT = "style26", "ember", 288
PERIOD: Final = 4
"""The model gives a result for every so many pictures of the display."""
LEAST_BELOW_HOLD, LEAST_BELOW_FADE, LEAST_CALMER = 0.33, 0.40, 0.57
LEAST_SHARP, MOST_STYLE = 0.95, 1.05
"""What we promise: error below that of holding and of cross-fading, flicker below that of the bare results, sharpness
and distance to the style as multiples of theirs."""
PAINTER, PAINTING = "painting", "swirling_night.jpg"
"""The network and the painting by which strokes are compared."""
_PAINTED, _SETTLED, _EACH = 28, 12, 4
"""Pictures that it paints of a clip, and those that are compared: from the second number on, every so many."""
_MULTIPLE: Final = 32


FETCHED = (BIKES, CARPHONE)
"""The clips besides the bundled one."""


@dataclass
class Measured:
    """What was measured on one clip: mean absolute errors (0..1) to the steadied model on every picture, ``held``,
    ``faded`` and ``moved``; mean differences from picture to picture along the motion, ``flicker`` of the bare results
    and ``calm`` of the steadied ones; ``sharp``, the variance of the steadied ones' Laplacian as a multiple of the bare
    ones'; ``style``, how far strokes are from a painting's, as a multiple of how far the bare ones' are (0: unknown).
    ``picture`` shows one moment."""

    name: str
    held: float
    faded: float
    moved: float
    flicker: float
    calm: float
    sharp: float
    style: float
    picture: Pixels

    @property
    def below_hold(self) -> float:
        """Returns by what part of it the error is lower than that of holding."""
        return 1.0 - self.moved / self.held

    @property
    def below_fade(self) -> float:
        """Returns by what part of it the error is lower than that of cross-fading."""
        return 1.0 - self.moved / self.faded

    @property
    def calmer(self) -> float:
        """Returns by what part of it the flicker is lower than that of the bare results."""
        return 1.0 - self.calm / self.flicker


def measure(frames: int, pictures: Path | None = None) -> Iterator[str]:
    """Yields lines of text as they are known: a table row for each clip, then whether what we promise held.

    ``frames`` is how many pictures of each clip are taken at most. Clips and weights that are missing are downloaded.
    ``pictures``, if given, is a JPEG file to write, with what each way shows at one moment. Raises VjError for a clip
    that can't be fetched.
    """
    ctx = context.headless()
    passes = SteadyPass(ctx)
    yield (
        f"{MODEL} ({STYLE}) at height {HEIGHT}, a result for every {PERIOD} pictures and one such period late; "
        f"{ctx.info['GL_RENDERER']}"
    )
    steps = _classifier()
    if not steps:
        yield "no classifier: the distance to the style is left out"
    yield f"{'clip':<20}{'hold':>8}{'cross-fade':>12}{'moved':>8}{'flicker':>9}{'steadied':>10}{'sharp':>8}{'style':>8}"
    found: list[Measured] = []
    for path in (CLIP, *(fetch_asset(asset, lambda doing, part: None) for asset in FETCHED)):
        found.append(_measured(passes, Clip.read(path, frames), steps))
        yield _row(found[-1])
    if pictures:
        _write_picture(pictures, [one.picture for one in found])
    yield from verdicts(found)


def verdicts(found: Sequence[Measured]) -> Iterator[str]:
    """Yields a line for each promise, with whether ``found``, what was measured on the clips, holds it."""

    def mean(part: Callable[[Measured], float]) -> float:
        return float(np.mean([part(one) for one in found]))

    yield _at_least("error below holding, mean", mean(lambda one: one.below_hold), LEAST_BELOW_HOLD)
    yield _at_least("error below cross-fading, mean", mean(lambda one: one.below_fade), LEAST_BELOW_FADE)
    yield _at_least("error below holding, worst clip", min(one.below_hold for one in found), 0.0)
    yield _at_least("flicker lowered, mean", mean(lambda one: one.calmer), LEAST_CALMER)
    yield _at_least("sharpness of the bare results', worst clip", min(one.sharp for one in found), LEAST_SHARP)
    if all(one.style for one in found):
        worst = max(one.style for one in found)
        held = "held" if worst <= MOST_STYLE else "NOT held"
        yield f"distance to the style, of the bare results', worst clip: {worst:.2f} (at most {MOST_STYLE:g}: {held})"


def _at_least(title: str, value: float, least: float) -> str:
    return f"{title}: {value:.0%} (at least {least:.0%}: {'held' if value >= least else 'NOT held'})"


def _row(one: Measured) -> str:
    style = f"{one.style:.2f}" if one.style else ""
    errors = f"{one.held:>8.4f}{one.faded:>12.4f}{one.moved:>8.4f}"
    return f"{one.name:<20}{errors}{one.flicker:>9.4f}{one.calm:>10.4f}{one.sharp:>8.2f}{style:>8}"


@dataclass
class Clip:
    """A film's pictures, ``seen``, and what the network makes of each, ``made``, both uint8 RGB [h, w, 3]; ``gap`` is
    the seconds between two."""

    name: str
    gap: float
    seen: list[Pixels]
    made: list[Pixels]

    @classmethod
    def read(cls, path: Path, frames: int) -> Clip:
        """Read at most ``frames`` pictures of the film at ``path``, at `HEIGHT`, and run the network on each."""
        seen: list[Pixels] = []
        with av.open(str(path)) as film:
            gap = 1.0 / float(film.streams.video[0].average_rate or 25)
            for frame in film.decode(video=0):
                size = Size(round(HEIGHT * frame.width / frame.height) // 4 * 4, HEIGHT)
                seen.append(resize(frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False), size))
                if len(seen) >= frames:
                    break
        if len(seen) <= 3 * PERIOD:
            raise VjError(f"{path.name} has {len(seen)} pictures, too few to compare anything")
        return cls(path.stem.split("-")[-1], gap, seen, _made(MODEL, seen, {"style": STYLE}))


def _made(name: str, seen: Sequence[Pixels], chosen: dict[str, Value]) -> list[Pixels]:
    """Returns what the model ``name`` makes of each picture, at that picture's size, with the values ``chosen``."""
    entry = library.find(name)
    entry.fetch(lambda doing, part: None)
    model = entry.make_model("auto")
    model.in_thread = False
    shown = Size(seen[0].shape[1], seen[0].shape[0])
    size = model.size(shown, *shown)
    prepared = model.prepare(size)
    values: dict[str, Value] = {param.name: param.default for param in model.params} | chosen
    made: list[Pixels] = []
    for picture in seen:
        out = np.empty((size.height, size.width, 3), np.uint8)
        prepared.run(picture if size == shown else resize(picture, size), out, values, 0.0)
        made.append(out if size == shown else resize(out, shown))
    return made


class Shown:
    """What a layer shows of a clip's results, by the passes of a show: every ``step`` pictures there is one."""

    def __init__(self, passes: SteadyPass, clip: Clip, step: int) -> None:
        self._clip, self._step = clip, step
        self._meter = FlowMeter()
        self._steadied = SteadiedPicture(passes)
        self._result = PictureTexture(passes.ctx)
        self._added = -1
        self._of = -1
        """Which picture the last result was made from; the meter counts them from 1."""

    def result(self, place: int) -> Floats:
        """Take the result of the picture ``place``, the next by ``step``, and return it steadied, [h, w, 3] in 0..1."""
        self._look_at(place)
        self._result.upload(self._clip.made[place], place + 1)
        if self._of < 0:
            self._steadied.begin(self._result)
        else:
            self._measure(FlowHead(0, self._of + 1, place + 1, 0))
            stays = part_that_stays(1.0, self._step * self._clip.gap)
            self._steadied.cohere(self._result, COMING_TO_SHOWN, stays)
        self._of = place
        return _floats(self._steadied.picture)

    def moved(self, place: int) -> Floats:
        """Returns the last result moved to the view of the picture ``place``."""
        self._look_at(place)
        self._measure(FlowHead(place + 1, self._of + 1, 0, 0))
        self._steadied.move(NEWEST_TO_SHOWN, 1.0)
        return _floats(self._steadied.picture)

    def _look_at(self, place: int) -> None:
        while self._added < place:
            self._added += 1
            self._meter.add(self._added + 1, self._clip.seen[self._added])

    def _measure(self, head: FlowHead) -> None:
        size = flow_maps.record_size(self._meter.size)
        record = np.zeros((size.height, size.width, 3), np.uint8)
        flow_maps.write(record, *self._meter.measure(head))
        self._steadied.take_flow(record)


def _floats(picture: PictureTexture) -> Floats:
    assert isinstance(picture, DrawnPicture)
    width, height = picture.size
    read = picture.target(width, height).read(components=3, dtype="f2")
    return np.frombuffer(read, np.float16).reshape(height, width, 3).astype(np.float32)


@dataclass
class _Ways:
    """What is on the display at one moment, one period after the results' time."""

    wanted: Floats
    held: Floats
    faded: Floats
    moved: Floats


def _ways(passes: SteadyPass, clip: Clip, wanted: Sequence[Floats]) -> Iterator[tuple[int, _Ways]]:
    """Yields for each moment of the display, from the first with two results on, its number and what the ways show.
    ``wanted`` is the steadied model on every picture."""
    slow = Shown(passes, clip, PERIOD)
    before = last = slow.result(0)
    for place in range(PERIOD, len(clip.seen)):
        made_from = (place // PERIOD - 1) * PERIOD
        if place % PERIOD == 0 and made_from:
            before, last = last, slow.result(made_from)
        if made_from:
            share = np.float32(place % PERIOD / PERIOD)
            yield place, _Ways(wanted[place], last, before + (last - before) * share, slow.moved(place))


def _measured(passes: SteadyPass, clip: Clip, steps: Steps | None) -> Measured:
    fast = Shown(passes, clip, 1)
    steadied = [fast.result(place) for place in range(len(clip.seen))]
    bare = [picture.astype(np.float32) / 255.0 for picture in clip.made]
    middle = len(clip.seen) // 2 // PERIOD * PERIOD + PERIOD - 1
    errors: list[list[float]] = []
    picture = clip.seen[middle]
    for place, ways in _ways(passes, clip, steadied):
        errors.append([float(np.abs(shown - ways.wanted).mean()) for shown in (ways.held, ways.faded, ways.moved)])
        picture = _side_by_side(clip.seen[place], ways) if place == middle else picture
    held, faded, moved = map(float, np.mean(errors, 0))
    flicker, calm = _flicker(clip.seen, (bare, steadied))
    sharp = float(np.mean([_sharpness(one) for one in steadied]) / np.mean([_sharpness(one) for one in bare]))
    style = _style_ratio(passes, clip, steps) if steps else 0.0
    return Measured(clip.name, held, faded, moved, flicker, calm, sharp, style, picture)


def _flicker(seen: Sequence[Pixels], films: Sequence[Sequence[Floats]]) -> list[float]:
    """Returns for each film how much it changes from picture to picture along the motion; 0 for nothing but cuts."""
    meter = FlickerMeter()
    for place, picture in enumerate(seen):
        meter.add(picture, [film[place] for film in films])
    return meter.flicker() or [0.0] * len(films)


def _sharpness(picture: Floats) -> float:
    return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def _classifier() -> Steps | None:
    """Returns a classifier, in whose layers strokes are compared; None if there is none or no torch."""
    try:
        from vj.model.dreams.gatys import Gatys

        entry = library.find("gatys")
        entry.fetch(lambda doing, part: None)
        model = library.Entry.from_job(entry.to_job()).make_model("torch")
        return model.steps if isinstance(model, Gatys) else None
    except VjError:
        return None


def _style_ratio(passes: SteadyPass, clip: Clip, steps: Steps) -> float:
    """Returns how far the correlations of channels (Gatys 2015) of steadied pictures are from a painting's, as a
    multiple of how far those of the bare pictures are. Distances are relative squared ones, averaged over layers.

    No painting of `STYLE` is at hand, so another network paints, after a painting that is.
    """
    seen = clip.seen[:_PAINTED]
    painted = Clip(clip.name, clip.gap, seen, _made(PAINTER, seen, {"style_image": PAINTING}))
    shown = Shown(passes, painted, 1)
    steadied = [shown.result(place) for place in range(len(seen))]
    bare = [picture.astype(np.float32) / 255.0 for picture in painted.made]
    style = _grams(steps, load(PRESETS / "paintings" / PAINTING, Size(512, 512)).astype(np.float32) / 255.0)
    far = [
        np.mean([_distance(_grams(steps, film[place]), style) for place in range(_SETTLED, len(seen), _EACH)])
        for film in (steadied, bare)
    ]
    return float(far[0] / far[1])


def _grams(steps: Steps, picture: Floats) -> list[Floats]:
    """Returns the correlations of the channels of ``picture``, [h, w, 3] in 0..1, for each layer that tells strokes."""
    from vj.model.gradient.gram import chosen, described, parts

    layers = chosen(steps).layers[:-1]
    height, width = (side // _MULTIPLE * _MULTIPLE for side in picture.shape[:2])
    pixels = np.rint(np.clip(picture[:height, :width], 0.0, 1.0) * 255.0).astype(np.uint8)
    numbers = described(steps.features(pixels, layers))
    return [gram for gram, _, _ in parts(numbers, [steps.layers[layer].shape[1] for layer in layers])]


def _distance(picture: Sequence[Floats], style: Sequence[Floats]) -> float:
    return float(np.mean([((a - b) ** 2).sum() / (b**2).sum() for a, b in zip(picture, style, strict=True)]))


def _side_by_side(seen: Pixels, ways: _Ways) -> Pixels:
    """Returns one moment of a clip: the source, the last result held, cross-faded, moved, and what is wanted; of each
    the square in the middle."""
    shown = [np.rint(one * 255.0).astype(np.uint8) for one in (ways.held, ways.faded, ways.moved, ways.wanted)]
    side = min(seen.shape[:2])
    left = (seen.shape[1] - side) // 2
    return np.hstack([picture[:, left : left + side] for picture in (seen, *shown)])


def _write_picture(path: Path, rows: Sequence[Pixels]) -> None:
    from PIL import Image

    Image.fromarray(np.vstack(rows)).save(path, quality=85)
