"""What a state of the show is, and which of its values a table still takes."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Strict

from vj.base.errors import BadInput
from vj.params.param import ParamTable, Value

Number = Annotated[float, Strict()]
Count = Annotated[int, Strict()]
"""In a preset's tables numbers are written as numbers: ``"4"`` is none."""


def captured(targets: Mapping[str, Value], table: ParamTable) -> dict[str, Value]:
    """The state in ``targets``."""
    return {address: value for address, value in targets.items() if table[address].is_in_scenes}


def fit(values: object, table: ParamTable) -> tuple[dict[str, Value], tuple[str, ...]]:
    """The part of ``values`` that ``table`` takes, and the addresses of the rest.

    Anything may be given: what is no mapping of addresses gives nothing. Numbers out of range are clamped. Pictures
    may lie anywhere: what comes here was written by the user or taken from the show.
    """
    if not isinstance(values, Mapping):
        return {}, ()
    fitting: dict[str, Value] = {}
    for address, value in values.items():
        if address in table and table[address].kind != "trigger":
            param = table[address]
            try:
                fitting[address] = param.check(value, strict=param.kind == "picture")
            except BadInput:  # told by its absence: the caller says what was left out
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
    """The first three; what a file called them may be anything."""
    first = ", ".join(ascii(address)[1:-1][:60] for address in addresses[:3])
    return f"{first} and {len(addresses) - 3} more" if len(addresses) > 3 else first
