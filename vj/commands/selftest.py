"""`vj models test`: finds out whether a model loads and depends on the camera's picture, and how fast it is here."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from vj.base.clock import now
from vj.base.convert import resize
from vj.base.frame import Pixels, Size
from vj.model.files.library import Entry, params, with_paths
from vj.model.files.weights import Progress
from vj.model.model import Prepared
from vj.params.param import Value
from vj.source.sample import pictures

_BOX = Size(640, 360)
_RUNS = 10
"""Runs that are timed."""
_DIFFERENT = 0.01
"""How far apart (0..1) the results for two pictures must be on average, to say that the model depends on its
picture."""
_TURNS: dict[str, tuple[slice, slice]] = {
    "upside down": np.s_[::-1, :],
    "mirrored": np.s_[:, ::-1],
    "turned by half": np.s_[::-1, ::-1],
}
"""Slices that turn a picture."""

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ModelFinding:
    """The result of one check: what was checked, whether the model passes, and the measured values in words."""

    subject: str
    ok: bool
    detail: str


def examine(entry: Entry, runtime: str, progress: Progress) -> Iterator[ModelFinding]:
    """Checks the model of ``entry``, and yields findings as they are made: it loads, its results are finite, they
    depend on the picture, edges stay where they are, and its rate, which always passes. The two checks of the picture
    are left out for a model whose result doesn't depend on it.

    ``runtime`` is a backend's name or "auto". Missing files are downloaded, and ``progress`` is called meanwhile.
    Raises VjError for a model that can't be loaded.
    """
    entry.fetch(progress)
    model = Entry.from_job(entry.to_job()).make_model(runtime)
    values = with_paths({param.name: param.default for param in params([entry])}, model.params)
    values |= entry.settings
    first, second = pictures(_BOX, (0.1, 0.8))
    size = model.size(model.full_box(_BOX, *_BOX), *_BOX)
    started = now()
    prepared = model.prepare(size, model.variant(values))
    yield ModelFinding("loads", True, f"at {size} in {now() - started:.1f} s; {prepared.why}")
    seen = [resize(picture, size) for picture in (first, second)]
    results, means = zip(*(_result(prepared, picture, values) for picture in seen), strict=True)
    yield _finite(prepared, size, values, means)
    if model.looks:
        yield _depends(results)
        yield _geometry(seen[0], results[0])
    yield _rate(prepared, seen[0], values)


def _result(prepared: Prepared, picture: Pixels, values: dict[str, Value]) -> tuple[Pixels, float]:
    """Returns the model's result for ``picture``, and its mean."""
    out = np.empty_like(picture)
    return out, prepared.run(picture, out, values, now())


def _finite(prepared: Prepared, size: Size, values: dict[str, Value], means: tuple[float, ...]) -> ModelFinding:
    """Checks that all results are finite, also for pictures that are hard on norms: black, white, and noise."""
    shape = (size.height, size.width, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    hard = (np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8), noise)
    every = [*means, *(_result(prepared, picture, values)[1] for picture in hard)]
    bad = sum(not isfinite(mean) for mean in every)
    return ModelFinding(
        "finite", not bad, f"{len(every) - bad} of {len(every)} pictures, black, white and noise among them"
    )


def _depends(results: tuple[Pixels, ...]) -> ModelFinding:
    """Checks that two pictures have different results."""
    apart = float(np.abs(results[0].astype(np.float32) - results[1]).mean()) / 255.0
    return ModelFinding("looks at the camera", apart > _DIFFERENT, f"two pictures' results are {apart:.3f} of 1 apart")


def _geometry(picture: Pixels, result: Pixels) -> ModelFinding:
    """Checks that edges of the picture are edges of the result, more so than in any other position."""
    there = _edges(picture)
    upright = _alike(there, _edges(result))
    others = {name: _alike(there, _edges(result[turn])) for name, turn in _TURNS.items()}
    worst = max(others, key=lambda name: others[name])
    detail = f"edges agree {upright:.2f} as it is, {others[worst]:.2f} {worst}"
    return ModelFinding("keeps geometry", upright > others[worst], detail)


def _edges(picture: Pixels) -> Plane:
    """Returns how much the brightness changes, averaged over blocks of 8 pixels a side."""
    grey = picture.astype(np.float32).mean(axis=2)
    down, across = np.gradient(grey)
    strength = np.hypot(down, across)
    height, width = (side // 8 * 8 for side in strength.shape)
    blocks: Plane = strength[:height, :width].reshape(height // 8, 8, width // 8, 8).mean((1, 3))
    return blocks


def _alike(one: Plane, other: Plane) -> float:
    """Returns the correlation of two planes, -1..1; 0 if one of them is flat."""
    if one.std() < 1e-6 or other.std() < 1e-6:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _rate(prepared: Prepared, picture: Pixels, values: dict[str, Value]) -> ModelFinding:
    """Measures how long a picture takes."""
    out, times = np.empty_like(picture), []
    for _ in range(_RUNS):
        started = now()
        prepared.run(picture, out, values, started)
        times.append(now() - started)
    took = float(np.median(times))
    return ModelFinding("rate here", True, f"{took * 1e3:.1f} ms a picture, {1 / took:.1f}/s")
