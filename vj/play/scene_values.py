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
    """Returns those of ``targets`` that belong to a state, such as a snapshot."""
    return {address: value for address, value in targets.items() if table[address].is_in_scenes}


def fit(values: object, table: ParamTable) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Returns the part of ``values`` that ``table`` takes, and the addresses of the rest.

    Anything may be given: what is no mapping gives nothing. Numbers out of range are clamped. Paths of pictures aren't
    limited to the library, as the values were written by the user or taken from the show.
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
    """Raises BadInput unless ``address`` can be set to ``value``."""
    param = table[address]
    if param.kind == "trigger":
        raise BadInput(f"{address} is a trigger and holds no value")
    try:
        param.check(value, strict=True)
    except BadInput as reason:
        raise BadInput(f"{address}: {reason}") from None


def listed(addresses: Sequence[str]) -> str:
    """Returns the first three of ``addresses`` for a message; escaped and cut, as they may come from a file."""
    first = ", ".join(ascii(address)[1:-1][:60] for address in addresses[:3])
    return f"{first} and {len(addresses) - 3} more" if len(addresses) > 3 else first
