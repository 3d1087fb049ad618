"""The finding on a model file: enough to build its network without examining the file again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from vj.base.frame import Size
from vj.model import DREAMS
from vj.model.network import RANGES, Layout, Range

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

RangeName = Literal["0..1", "-1..1", "0..255", "1..0", "127/128", "imagenet"]
RANGES_BY_NAME: Final[Mapping[str, Range]] = {
    **RANGES,
    "1..0": Range.between(1.0, 0.0),
    "127/128": Range((255 / 128,) * 3, (-127 / 128,) * 3),
    "imagenet": Range(
        (1 / _DEVIATION[0], 1 / _DEVIATION[1], 1 / _DEVIATION[2]),
        (-_MEAN[0] / _DEVIATION[0], -_MEAN[1] / _DEVIATION[1], -_MEAN[2] / _DEVIATION[2]),
    ),
}
"""Ranges by the names that manifests use. To those of every network come a negative, bytes less 127 divided by 128 (for
EfficientNet-Lite), and ImageNet's mean and deviation."""


@dataclass(frozen=True)
class RecognisedNetwork:
    """The family of a file's network, and how that network is built and fed.

    ``family`` is a name in `FAMILIES`, ``title`` describes the network to the performer. ``takes`` and ``gives`` name
    the ranges of its numbers, in and out (see `RANGES_BY_NAME`; a classifier's ``gives`` has no meaning); ``layout``,
    "nchw" or "nhwc", is the order of an ONNX picture's axes. ``licence`` and ``credit`` are the manifest's.
    """

    family: str
    title: str
    options: dict[str, Any]
    """JSON-able. ``net`` names the architecture and ``arguments`` are its constructor's; ``encoder`` and ``labels``
    name files beside the network's."""
    channels: tuple[int, int] = (3, 3)
    """Channels that go in, and channels that come out; for a classifier, the second is its classes."""
    multiple: int = 4
    """Sides of pictures must be multiples of this."""
    notes: tuple[str, ...] = ()
    """Lines for the performer on what was assumed."""
    smallest: int = 16
    """The least side of a picture in pixels."""
    takes: RangeName = "-1..1"
    gives: RangeName = "-1..1"
    layout: Layout = "nchw"
    fixed: tuple[int, int] | None = None
    """The only possible width and height, if there is only one."""
    trained_at: int = 0
    """The shorter side in pixels of the pictures that it was trained on; 0 if that isn't known or doesn't matter."""
    set: dict[str, float | int | str | bool] = field(default_factory=dict)
    """Values that the manifest sets for parameters of the family, checked, by the parameters' names."""
    black: bool = False
    """Whether its result may be all black, as an empty mask is."""
    licence: str = "unknown"
    credit: str = ""
    classes: int = 0
    """The number of classes that a classifier gives scores for; 0 for other networks, and for a classifier without its
    last layers."""

    @property
    def is_classifier(self) -> bool:
        """Returns whether it gives scores, or features, instead of a picture, so that only the families in `DREAMS` can
        play it."""
        return self.family in DREAMS

    @property
    def size(self) -> Size | None:
        """Returns ``fixed`` as a size: the only possible one, or None if many are possible."""
        return Size(*self.fixed) if self.fixed else None

    def to_json(self) -> dict[str, Any]:
        """Returns all its fields by name, JSON-able, in a new dict that shares nothing with it that can change; tuples
        stay tuples until JSON makes them lists. `from_json` makes the object again."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RecognisedNetwork:
        """Returns a new object whose fields ``data`` holds, as `to_json` gave them, also after JSON has turned its
        tuples into lists. ``options`` and ``set`` are taken over, not copied. Fields that are missing get their
        defaults; the values aren't checked. Raises TypeError for names that are no fields, and without ``family``,
        ``title`` or ``options``."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)
