"""Manifests: what a performer states about a model file, in a TOML file of the same name beside it. No key is required.

::

    title = "Candy"
    family = "fast_style"        # the family that plays it, if the file alone doesn't show it
    range = "0..255"             # of pixels; or takes = and gives =, if the two differ
    gives = "1..0"               # a negative; takes = "imagenet" is ImageNet's mean and deviation
    layout = "nhwc"              # of an ONNX file
    multiple = 8                 # sides must be multiples of this
    size = "256x256"             # the only size at which it runs
    trained_at = 144             # lines of its training pictures: it plays at that size, where it knows what it sees
    condition = "canny"          # how its training pictures were preprocessed
    statistics = "batch"         # batch norms use the picture's own, or those of the training ("eval")
    black = true                 # its result may be all black, as an empty mask is
    network = "timm:convnext_tiny"   # a classifier of the package timm or torchvision, which must be installed
    classes = "names.txt"        # names of a classifier's classes: a text file beside it, one a line
    licence = "BSD-3-Clause"
    credit = "who made it"
    data = "what it was trained on"

    [set]                        # values of its family's parameters
    "condition/invert" = true
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.model import FAMILIES
from vj.model.files.architectures import PACKAGED
from vj.model.files.recognised import RangeName
from vj.model.network import Layout
from vj.model.preprocess import KINDS

_SIDE = range(16, 8193)
"""The sides in pixels that a manifest may name."""
_LARGEST = 65536
"""The most bytes of a manifest."""


def _one_of(*choices: str) -> AfterValidator:
    """Returns a validator that accepts the ``choices`` only."""

    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"Input should be one of {', '.join(choices)}")
        return value

    return AfterValidator(check)


def _size(text: str) -> str:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) in _SIDE and int(height) in _SIDE):
        raise ValueError(f"Input should be WIDTHxHEIGHT with sides of {_SIDE[0]}..{_SIDE[-1]}, such as 512x512")
    return text


def _network(text: str) -> str:
    if not re.fullmatch(rf"({'|'.join(PACKAGED)}):[A-Za-z0-9_.]+", text):
        raise ValueError(f"Input should be {' or '.join(f'{name}:NAME' for name in PACKAGED)}")
    return text


class Manifest(BaseModel):
    """A checked manifest: a field for each key that the module's docstring explains, with its default (None, False or
    empty) if the file lacks the key. An empty manifest changes nothing. Making one raises pydantic's ValidationError
    for an unknown key or a bad value."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = ""
    family: Annotated[str, _one_of(*FAMILIES)] | None = None
    range: RangeName | None = None
    takes: RangeName | None = None
    gives: RangeName | None = None
    layout: Layout | None = None
    multiple: int | None = Field(default=None, ge=1, le=1024)
    size: Annotated[str, AfterValidator(_size)] | None = None
    trained_at: int | None = Field(default=None, ge=_SIDE[0], le=_SIDE[-1])
    condition: Annotated[str, _one_of(*KINDS)] | None = None
    statistics: Literal["eval", "batch"] | None = None
    black: bool = False
    network: Annotated[str, AfterValidator(_network)] | None = None
    classes: str = Field(default="", max_length=255)
    licence: str = ""
    credit: str = ""
    data: str = ""
    set: dict[str, bool | int | float | str] = {}

    @property
    def fixed(self) -> Size | None:
        """Returns ``size`` (``WIDTHxHEIGHT``) in numbers, or None if the manifest has none."""
        return Size(*map(int, self.size.split("x"))) if self.size else None

    @property
    def values(self) -> dict[str, bool | int | float | str]:
        """Returns a new dict of values by the names of the family's parameters: all of ``set``, unchecked, and
        ``condition/kind`` and ``statistics`` if the keys ``condition`` and ``statistics`` are in the manifest. Where
        both name a parameter, ``set`` counts. Empty if the manifest has none of the three."""
        named = {"condition/kind": self.condition, "statistics": self.statistics}
        return {**{name: value for name, value in named.items() if value}, **self.set}


def beside(path: Path) -> Manifest:
    """Returns the manifest of the model file at ``path``: the file of the same name that ends in .toml, in the same
    folder. Returns an empty manifest if there is no such file.

    Raises BadInput with file, key, bad value and choices, and for a file that can't be read, isn't TOML or is longer
    than 64 KiB.
    """
    place = path.with_suffix(".toml")
    if not place.is_file():
        return Manifest()
    try:
        if place.stat().st_size > _LARGEST:
            raise BadInput(f"{place} is no manifest: it is longer than {_LARGEST} bytes")
        return Manifest.model_validate(tomllib.loads(place.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise BadInput(f"can't read {place}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{place} is not a TOML file: {error}") from None
    except ValidationError as error:
        raise BadInput(f"{place}: {_explain(error.errors()[0])}") from None


def _explain(error: ErrorDetails) -> str:
    """Returns one of pydantic's errors as a line."""
    where = ".".join(str(part) for part in error["loc"][:2])
    if error["type"] == "extra_forbidden":
        return f"unknown key {where!r}; choices: {', '.join(Manifest.model_fields)}"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}, not {error['input']!r}"
