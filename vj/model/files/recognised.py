"""What a model file was found to be: enough to build its network without asking again."""

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
"""As manifests write them: also a negative, bytes less 127 by 128 (EfficientNet-Lite's), and ImageNet's mean and
deviation."""


@dataclass(frozen=True)
class RecognisedNetwork:
    """A file's family and how its network is to be built and fed."""

    family: str
    title: str
    options: dict[str, Any]
    """JSON-able. ``net`` names the architecture, the rest are its constructor's arguments."""
    channels: tuple[int, int] = (3, 3)
    """In and out; of a classifier, its classes come out."""
    multiple: int = 4
    notes: tuple[str, ...] = ()
    smallest: int = 16
    takes: RangeName = "-1..1"
    gives: RangeName = "-1..1"
    layout: Layout = "nchw"
    fixed: tuple[int, int] | None = None
    """Width and height where only one size will do."""
    set: dict[str, float | int | str | bool] = field(default_factory=dict)
    """Values for the family's parameters."""
    black: bool = False
    """Whether its result may be all black: a mask of nothing."""
    licence: str = "unknown"
    credit: str = ""
    classes: int = 0
    """How many a classifier tells apart: it gives their scores, no picture. Of one without its last layers, 0."""

    @property
    def is_classifier(self) -> bool:
        """Whether it gives no picture: only the families that dream can play it."""
        return self.family in DREAMS

    @property
    def size(self) -> Size | None:
        """The only size, if there is one."""
        return Size(*self.fixed) if self.fixed else None

    def to_json(self) -> dict[str, Any]:
        """JSON-able; see `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RecognisedNetwork:
        """What `to_json` made, also after it was JSON: lists are tuples again."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)
