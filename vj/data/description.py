"""What a data set says of itself: the file ``data.toml`` in its folder.

::

    format = 1
    kind = "pairs"               # of pictures with the same name in a and b; or two (unpaired), or pictures (only a)
    side = 256                   # pixels that a training picture should have each way
    stored = 288                 # pixels of the shorter side of the files, so that there is room to crop
    seed = 0                     # which pictures are for the test depends on their content and on this
    command = "vj data from clip.mp4 edges --by edges"
    version = "0.1.0"            # of vj
    licence = "CC BY 4.0"
    credit = "who made the pictures"
    condition = "canny"          # what a live picture goes through to look like those of a, in the words of a model's
                                 # manifest: with a filter what a was made with; empty if that isn't known
    filtered = true              # whether a is what these steps make of b, so that it can be made at another size

    [set]
    "condition/invert" = true

    [train]                      # how many pictures there are
    a = 108
    b = 108

    [test]
    a = 12
    b = 12

    [left_out]                   # how many were not taken, by the reason
    broken = 1
"""

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vj.base.errors import BadInput

FILE: Final = "data.toml"
TRAIN, TEST = "train", "test"
"""The folders of the two parts of a data set."""
_LARGEST: Final = 1 << 20
"""The most bytes of a description."""

Kind = Literal["pairs", "two", "pictures"]
Count = Annotated[int, Field(ge=0)]


class Description(BaseModel):
    """The checked content of ``data.toml``: a field for each key of the module's docstring. Unknown keys are ignored,
    so that newer versions may add some. Making one raises pydantic's ValidationError for a bad value."""

    model_config = ConfigDict(strict=True, frozen=True)

    format: Literal[1] = 1
    kind: Kind
    side: int = Field(ge=8, le=4096)
    stored: int = Field(ge=8, le=8192)
    seed: int = 0
    command: str = ""
    version: str = ""
    licence: str = ""
    credit: str = ""
    condition: str = ""
    filtered: bool = False
    set: dict[str, bool | int | float | str] = {}
    train: dict[str, Count]
    test: dict[str, Count]
    left_out: dict[str, Count] = {}

    @property
    def letters(self) -> tuple[str, ...]:
        """Returns the names of the folders that hold pictures: ``("a", "b")``, or ``("a",)`` for pictures alone."""
        return ("a",) if self.kind == "pictures" else ("a", "b")

    def written(self) -> str:
        """Returns the text of the file, as TOML."""
        import tomlkit

        return tomlkit.dumps(self.model_dump())


def read_description(folder: Path) -> Description:
    """Returns what the data set in ``folder`` says of itself. Raises BadInput for a folder without a ``data.toml``, and
    for one that can't be read, with file, key and bad value."""
    place = folder / FILE
    if not place.is_file():
        what = "holds no data set" if folder.is_dir() else "is no folder"
        raise BadInput(f"{str(folder)!r} {what}: there is no {FILE}; fix: vj data makes one")
    try:
        if place.stat().st_size > _LARGEST:
            raise BadInput(f"{place} is too long for a description of a data set")
        return Description.model_validate(tomllib.loads(place.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise BadInput(f"can't read {place}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{place} is not a TOML file: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"{place}: {where}: {first['msg']}, not {first['input']!r}") from None
