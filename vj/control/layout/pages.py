"""What every surface has in common: the parameters in pages, each page in the order of the table."""

from dataclasses import dataclass

from vj.param import Param, ParamTable


@dataclass(frozen=True, slots=True)
class Control:
    """One parameter on a page; ``label`` is what of its address the page's title doesn't say."""

    address: str
    label: str
    param: Param


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    controls: tuple[Control, ...]


def pages(table: ParamTable, most: int) -> list[Page]:
    """``/layer/1/…`` together, ``/master/…`` together; in parts where there are more than ``most``."""
    groups: dict[str, list[Control]] = {}
    for address, param in table.items():
        prefix = _prefix(address)
        groups.setdefault(prefix, []).append(Control(address, address.removeprefix(f"{prefix}/"), param))
    return [page for prefix, controls in groups.items() for page in _parts(_title(prefix), controls, most)]


def _prefix(address: str) -> str:
    """The first part, and the second too where it is a number: ``/layer/1`` of ``/layer/1/model/strength``."""
    parts = address.split("/")
    return "/".join(parts[:3] if len(parts) > 3 and parts[2].isdecimal() else parts[:2])


def _title(prefix: str) -> str:
    return prefix.strip("/").replace("/", " ")


def _parts(title: str, controls: list[Control], most: int) -> list[Page]:
    parts = [tuple(controls[start : start + most]) for start in range(0, len(controls), most)]
    if len(parts) == 1:
        return [Page(title, parts[0])]
    return [Page(f"{title} · {number}", part) for number, part in enumerate(parts, start=1)]
