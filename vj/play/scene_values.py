"""States of a show: which values belong to one, and which of them fit another show."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Strict

from vj.base.errors import BadInput
from vj.params.param import ParamTable, Value

Number = Annotated[float, Strict()]
"""A number in a preset's tables. It must be written as a number, not as a text such as ``"4"``."""
Count = Annotated[int, Strict()]
"""A whole number in a preset's tables. It must be written as a number, too."""


def captured(targets: Mapping[str, Value], table: ParamTable) -> dict[str, Value]:
    """Returns a new dict of those of ``targets`` that a snapshot holds: their parameters' scope has ``SCENE``.

    Every address must be in ``table``.
    """
    return {address: value for address, value in targets.items() if table[address].is_in_scenes}


def fit(values: object, table: ParamTable) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Returns the part of ``values`` (by address) that ``table`` takes, and the addresses of the rest.

    The values that are returned have the kinds of their parameters, and numbers out of range are clamped; unknown
    addresses, triggers and bad values are left out. Anything may be given: what is no mapping gives nothing. Paths of
    pictures aren't limited to the library, as the values were written by the user or taken from the show.
    """
    if not isinstance(values, Mapping):
        return {}, ()
    fitting: dict[str, Value] = {}
    for address, value in values.items():
        if address in table and table[address].kind != "trigger":
            param = table[address]
            try:
                fitting[address] = param.check(value, strict=param.kind == "picture")
            except BadInput:  # the caller says what was left out
                continue
    return fitting, tuple(str(address) for address in values if address not in fitting)


def check_value(address: str, value: object, table: ParamTable) -> None:
    """Raises BadInput unless ``address`` is in ``table``, is no trigger and takes ``value`` without clamping."""
    param = table[address]
    if param.kind == "trigger":
        raise BadInput(f"{address} is a trigger and holds no value")
    try:
        param.check(value, strict=True)
    except BadInput as reason:
        raise BadInput(f"{address}: {reason}") from None


def listed(addresses: Sequence[str]) -> str:
    """Returns one line for a message with the first three of ``addresses``, and how many more there are.

    Each is escaped to ASCII and cut to 60 characters, as they may come from a file.
    """
    first = ", ".join(ascii(address)[1:-1][:60] for address in addresses[:3])
    return f"{first} and {len(addresses) - 3} more" if len(addresses) > 3 else first
