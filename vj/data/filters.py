"""Filters that make the first side of a pair from the second, as the show makes it from the camera's picture.

They are the steps of `vj.model.preprocess`. So the data set can say, in the words of a model's manifest, what has to be
done to a live picture before the model sees it, and the model plays as it was trained.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from vj.base.errors import BadInput, unknown
from vj.base.frame import Pixels
from vj.model.preprocess import PARAMS, Preprocessor
from vj.params.param import Value

_PREFIX: Final = "condition/"
_BY_NAME: Final = {param.name.removeprefix(_PREFIX): param for param in PARAMS}


@dataclass(frozen=True)
class PictureFilter:
    """A filter: the kind of drawing, ``condition``, and other values of the steps' parameters, ``set``, by their names;
    both as a model's manifest has them. ``help`` says what it draws."""

    help: str
    condition: str = "none"
    set: Mapping[str, Value] = field(default_factory=dict)

    def apply(self, picture: Pixels, side: int) -> Pixels:
        """Returns ``picture``, uint8 RGB [h, w, 3], filtered: a new array of the same shape. Lengths are those of a
        picture of ``side`` lines, as large as the squares that are cut out of this one."""
        values = {param.name: param.default for param in PARAMS} | {f"{_PREFIX}kind": self.condition} | dict(self.set)
        lengths = {param.name for param in PARAMS if param.unit == "px"}
        scale = side / picture.shape[0]
        scaled = {name: float(value) * scale if name in lengths else value for name, value in values.items()}
        return Preprocessor().apply(picture, scaled, 0.0).copy()

    def changed(self, settings: Iterable[str]) -> "PictureFilter":
        """Returns the filter with ``settings``, texts such as ``low=30``. Raises BadInput for an unknown name or a bad
        value."""
        values = dict(self.set)
        for setting in settings:
            name, equals, text = setting.partition("=")
            if name not in _BY_NAME or name in ("kind", "average"):
                raise unknown("setting of a filter", name, set(_BY_NAME) - {"kind", "average"})
            if not equals:
                raise BadInput(f"{setting!r} sets nothing: write {name}=VALUE")
            values[f"{_PREFIX}{name}"] = _BY_NAME[name].parse(text)
        return replace(self, set=values)


FILTERS: Final = {
    "edges": PictureFilter("black lines along the edges (Canny), on white", "canny", {"condition/invert": True}),
    "drawing": PictureFilter("soft dark lines on white, as of a pen (extended difference of Gaussians)", "lines"),
    "blur": PictureFilter("out of focus", "none", {"condition/blur": 8.0}),
    "pixels": PictureFilter("a few large squares", "pixels", {"condition/block": 12.0}),
    "grey": PictureFilter("without its colours", "grey"),
}
"""The filters of ``--by``."""


def find_filter(name: str, settings: Iterable[str] = ()) -> PictureFilter:
    """Returns the filter called ``name`` with ``settings`` (see `PictureFilter.changed`). Raises BadInput."""
    if name not in FILTERS:
        raise unknown("filter", name, FILTERS)
    return FILTERS[name].changed(settings)
