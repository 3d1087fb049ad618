"""Recognises ONNX files with one picture in and one out: their layout, size and range. Makes a copy of them in which
the size is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vj.base.atomic_file import write_cached
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.base.paths import cache
from vj.model.files.manifest import Manifest
from vj.model.files.onnx_ends import standard
from vj.model.files.onnx_range import Guess, guess
from vj.model.files.onnx_safety import load
from vj.model.files.recognised import RecognisedNetwork
from vj.model.network import Layout, Network, Range, digest
from vj.model.runtime import onnx_once

Proto = Any  # onnx comes without types
VERSION: Final = 2
"""To be raised when `network` would make another copy of the same file; it is part of the copy's key in the cache."""
_TRIALS: Final = {4: (36, 44), 8: (40, 56), 16: (48, 80), 32: (96, 160), 64: (64, 192), 128: (128, 384)}
"""For each multiple that a network's sides may have to be of, a height and width to try: odd multiples of it."""


@dataclass(frozen=True)
class PictureShape:
    """A picture among a graph's inputs or outputs: its name in the graph, the order of its axes, and its size."""

    name: str
    layout: Layout
    size: Size | None
    """None if height or width is open."""


def recognise(path: Path, said: Manifest) -> RecognisedNetwork:
    """Returns what the ONNX file at ``path`` is: family ``onnx``, three channels in and out after grey pictures and
    other number types are converted. The manifest ``said`` overrides the layout (where the shape allows it), the only
    size and the multiple that are found, and the range if it names both sides; its other keys aren't used here.

    The network is run a few times on small pictures, in ONNX Runtime or else in OpenVINO. Raises BadInput for a file
    that isn't safe or doesn't run, and for one with other inputs or outputs than one picture each, and Unavailable if
    neither library is here.
    """
    model = standard(path, load(path))
    image, result = _pictures(path, model.graph, said.layout)
    multiple, fixed = _sizes(path, model, image, said)
    trial = fixed or Size(*_TRIALS.get(multiple, (4 * multiple, 4 * multiple)))
    session = _Session(path, opened(model, image, result, fixed), image.layout)
    found = _ranges(model.graph, image, result, said, session, trial)
    return RecognisedNetwork(
        family="onnx",
        title=f"ONNX network {image.name} → {result.name}, {image.layout}",
        options={"net": "onnx", "arguments": {}},
        multiple=multiple,
        notes=(f"its range was found {found.how}", *([f"runs at {fixed} only"] if fixed else [])),
        smallest=max(16, 2 * multiple),
        takes=found.takes,
        gives=found.gives,
        layout=image.layout,
        fixed=fixed,
    )


def network(path: Path, recognised: RecognisedNetwork, takes: Range, gives: Range) -> Network:
    """Returns the network of the ONNX file at ``path``, which ``recognised`` describes. It has no ``module`` and no
    controls, and runs from ``onnx``, a copy in the cache that is made now if it is missing: one float32 picture in and
    one out, [1, 3, h, w] or [1, h, w, 3] by ``layout``, with h and w open unless the size is fixed. ``takes`` and
    ``gives`` are the scaling of pixels before and behind the network. The whole file is read for its key (OSError if it
    can't be). Raises BadInput for a file that isn't safe or has other inputs or outputs."""
    key = digest(path, fixed=recognised.fixed, layout=recognised.layout, version=VERSION)
    copy = cache("onnx") / f"{key}.onnx"
    if not copy.exists():
        model = standard(path, load(path))
        image, result = _pictures(path, model.graph, recognised.layout)
        write_cached(copy, opened(model, image, result, recognised.size).SerializeToString())
    return Network(
        name=path.stem,
        key=digest(path, **recognised.to_json(), version=VERSION),
        takes=takes,
        gives=gives,
        multiple=recognised.multiple,
        smallest=recognised.smallest,
        onnx=copy,
        layout=recognised.layout,
        fixed=recognised.size,
        trained_at=recognised.trained_at,
    )


def opened(model: Proto, image: PictureShape, result: PictureShape, fixed: Size | None) -> Proto:
    """Returns a copy of ``model`` (a ModelProto) whose one input and one output, described by ``image`` and ``result``,
    have batch 1 and an open height and width, or those of ``fixed``; names, layout and channels stay. Weights that were
    listed as inputs, and shapes of values in between, are left out of the copy. ``model`` isn't changed; it must have
    one input beside its weights, and one output, of four axes each."""
    copy = type(model)()
    copy.CopyFrom(model)
    weights = {tensor.name for tensor in copy.graph.initializer}
    inputs = [entry for entry in copy.graph.input if entry.name not in weights]
    del copy.graph.input[:]
    copy.graph.input.extend(inputs)
    del copy.graph.value_info[:]
    for entry, picture in ((copy.graph.input[0], image), (copy.graph.output[0], result)):
        dims = entry.type.tensor_type.shape.dim
        height, width = (2, 3) if picture.layout == "nchw" else (1, 2)
        dims[0].dim_value = 1
        for place, name, side in ((height, "height", fixed and fixed.height), (width, "width", fixed and fixed.width)):
            dims[place].Clear()
            if side:
                dims[place].dim_value = side
            else:
                dims[place].dim_param = name
    return copy


def _pictures(path: Path, graph: Proto, layout: Layout | None) -> tuple[PictureShape, PictureShape]:
    """Returns the picture that goes in and the one that comes out. Weights listed as inputs don't count. Raises
    BadInput."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [entry for entry in graph.input if entry.name not in weights]
    for entries, way in ((inputs, "takes"), (graph.output, "gives")):
        if len(entries) != 1:
            named = ", ".join(f"{entry.name} {_dims(entry)}" for entry in entries[:4])
            raise BadInput(f"{path} {way} {len(entries)} things ({named}); one picture is wanted")
    image = _picture(path, inputs[0], layout, "takes")
    return image, _picture(path, graph.output[0], layout or image.layout, "gives")


def _picture(path: Path, entry: Proto, layout: Layout | None, way: str) -> PictureShape:
    """Returns a picture's layout and size. Raises BadInput for a shape that is no picture's."""
    dims = _dims(entry)
    if len(dims) != 4 or dims[0] not in (1, None):
        raise BadInput(f"{path} {way} {entry.name} of shape {dims}; one picture has four axes, the first of length 1")
    places: dict[Layout, int] = {"nchw": 1, "nhwc": 3}
    likely: list[Layout] = [name for name, place in places.items() if dims[place] == 3]
    layout = layout if layout in likely or (layout and dims[places[layout]] is None) else next(iter(likely), None)
    if layout is None:
        raise BadInput(
            f"{path} {way} {entry.name} of shape {dims}, in which no axis is three colours; its manifest can say "
            'layout = "nchw" or "nhwc" where an axis is open'
        )
    height, width = (dims[2], dims[3]) if layout == "nchw" else (dims[1], dims[2])
    return PictureShape(entry.name, layout, Size(width, height) if height and width else None)


def _dims(entry: Proto) -> list[int | None]:
    """Returns the lengths of the axes, None for an open one."""
    return [dim.dim_value if dim.dim_value > 0 else None for dim in entry.type.tensor_type.shape.dim]


def _sizes(path: Path, model: Proto, image: PictureShape, said: Manifest) -> tuple[int, Size | None]:
    """Returns the multiple that sides must be of, and the only size if there is one; both are found by trying."""
    _, result = _pictures(path, model.graph, said.layout)
    if said.fixed:
        return 1, said.fixed
    try:
        session = _Session(path, opened(model, image, result, None), image.layout)
    except BadInput:
        if image.size is None:
            raise
        return 1, image.size
    trials = {said.multiple: _TRIALS.get(said.multiple, (said.multiple,) * 2)} if said.multiple else _TRIALS
    for multiple, (height, width) in trials.items():
        if session.keeps((height, width)):
            return multiple, None
    if image.size:
        return 1, image.size
    raise BadInput(
        f"{path} gives no picture of the size that it takes, whether a multiple of {', '.join(map(str, trials))}"
    )


def _ranges(
    graph: Proto, image: PictureShape, result: PictureShape, said: Manifest, session: _Session, size: Size
) -> Guess:
    """Returns the manifest's ranges if it names both, else a guess."""
    takes, gives = said.takes or said.range, said.gives or said.range
    if takes and gives:
        return Guess(takes, gives, "in its manifest")
    return guess(graph, image.name, result.name, _gradient(size), session)


def _gradient(size: Size) -> npt.NDArray[np.float32]:
    """Returns a picture [h, w, 3] in 0..1 that has every brightness and some colour."""
    y, x = np.mgrid[0.0 : 1.0 : size.height * 1j, 0.0 : 1.0 : size.width * 1j]
    return np.stack([x, y, (x + y) / 2], axis=2).astype(np.float32)


class _Session:
    """A model in memory, for trials. Making it raises BadInput for a model that can't be run, Unavailable if nothing on
    this machine runs ONNX models."""

    def __init__(self, path: Path, model: Proto, layout: Layout) -> None:
        self._path = path
        self._layout = layout
        self._image = model.graph.input[0].name
        try:
            self._run = onnx_once.opened(model.SerializeToString())
        except RuntimeError as error:
            raise BadInput(f"{path} can't be run: {_first_line(error)}") from error

    def __call__(self, picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Runs the network: [h, w, 3] -> [h, w, 3], both in the network's own range. Raises BadInput if that fails."""
        image = picture[None] if self._layout == "nhwc" else picture.transpose(2, 0, 1)[None]
        try:
            (result,) = self._run({self._image: np.ascontiguousarray(image)})
        except RuntimeError as error:
            raise BadInput(f"{self._path} doesn't run at {picture.shape[:2]}: {_first_line(error)}") from error
        if result.ndim != 4 or len(result) != 1:
            raise BadInput(f"{self._path} gives {list(result.shape)} for one picture; one picture is wanted")
        shown: npt.NDArray[np.float32] = np.asarray(result, np.float32).squeeze(0)
        return shown if self._layout == "nhwc" else shown.transpose(1, 2, 0)

    def keeps(self, sides: Sequence[int]) -> bool:
        """Returns whether the network gives a picture of that height and width for one of the same size."""
        try:
            return self(np.zeros((*sides, 3), np.float32)).shape == (*sides, 3)
        except BadInput:
            return False


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0][:200] or type(error).__name__
