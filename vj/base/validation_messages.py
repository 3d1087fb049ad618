"""Turns pydantic's errors about a file into one readable line: the key, what it takes, and the value that it has."""

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vj.base.errors import unknown

Location = tuple[int | str, ...]
"""Where a value is in a file: keys from the outermost to the innermost, and places in lists, counted from 0."""

_LONGEST = 80
"""Characters of a bad value that are shown."""
_BRANCHES = ("bool", "int", "float", "str", "list[str]")
"""Type names that pydantic puts behind the key where several types are accepted. They are no part of the file."""
_TAKES: Mapping[str, str] = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    **dict.fromkeys(("list_type", "sequence_str", "is_instance_of"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "dataclass_type"), "a table"),
}
"""What a key takes, by the type of pydantic's error."""
_TAKES_WITH: Mapping[str, str] = {
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "too_short": "{min_length} or more entries",
    "too_long": "at most {max_length} entries",
}
"""What a key takes, by the type of pydantic's error, with limits that the error names."""
_NO_SHAPES: Mapping[str, str] = MappingProxyType({})


def explain(
    found: ValidationError, keys: Callable[[Location], Iterable[str]], shapes: Mapping[str, str] = _NO_SHAPES
) -> str:
    """Returns the first error in ``found`` as one line, such as ``cue.2.fade takes a number, not 'x'``.

    The file's name is not in it; places in lists count from 1. ``keys`` is called with the location of a table that has
    an unknown key, and gives the keys that it may have. ``shapes`` says in words what a key takes whose value is a list
    or a table, by the dotted key without places in lists, such as ``cue.fade``.
    """
    errors = found.errors()
    error = errors[0]
    if error["type"] == "missing":
        return f"{_dotted(error['loc'])} is missing"
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key {_dotted(error['loc'])!r}; choices: {', '.join(keys(error['loc'][:-1]))}"
    place = _place(error)
    alike = [other for other in errors if other["loc"][: len(place)] == place]
    error = max(alike, key=lambda other: len(_place(other)))  # of a list: the error of an entry
    return _of_value(_place(error), [other for other in alike if _place(other) == _place(error)], shapes)


def _of_value(place: Location, errors: list[ErrorDetails], shapes: Mapping[str, str]) -> str:
    """Returns the line about a wrong value at ``place``. ``errors`` has one for each type that would be accepted."""
    error, where = errors[0], _dotted(place)
    if error["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"{where}: {unknown(str(place[-1]), error['input'], choices)}"
    given = error["ctx"]["actual_length"] if error["type"] in ("too_short", "too_long") else error["input"]
    numbers = [other for other in errors if other["loc"][-1:] == ("float",)]
    whole = [other for other in errors if numbers and other["loc"][-1] == "int"]  # "a number" covers it
    takes = [_takes(other, shapes) for other in errors if other not in whole]
    taken = " or ".join(filter(None, (", ".join(takes[:-1]), takes[-1])))
    return f"{where} takes {taken}, not {repr(given)[:_LONGEST]}"


def _takes(error: ErrorDetails, shapes: Mapping[str, str]) -> str:
    """Returns in words what the key of ``error`` takes."""
    place = _place(error)
    if _TAKES.get(error["type"]) in ("a list", "a table") and place and isinstance(place[-1], str):
        shape = shapes.get(".".join(part for part in place if isinstance(part, str)))
        if shape:
            return shape
    if error["type"] in _TAKES_WITH:
        return _TAKES_WITH[error["type"]].format(**error["ctx"])
    return _TAKES.get(error["type"], error["type"].replace("_", " "))


def _place(error: ErrorDetails) -> Location:
    """Returns the location of ``error`` without pydantic's names of types."""
    location = error["loc"]
    if location and location[-1] in _BRANCHES and len(location) > 1:
        return location[:-1]
    return tuple(part for part in location if part != "list[str]")


def _dotted(place: Location) -> str:
    """Returns ``place`` as text, such as ``cue.2.fade``, where the first entry of a list is number 1."""
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in place)
