"""Explicit lists of the things a room offers, imported only when one is asked for."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

from vj.base.errors import unknown

Thing = TypeVar("Thing")


class Registry(Mapping[str, type[Thing]], Generic[Thing]):
    """Names to classes: ``{"movie": "vj.source.movie:Movie"}``.

    The list is explicit, so adding a thing is one file and one line; the module is imported on first use, so
    that an unused source costs nothing.
    """

    def __init__(self, kind: str, entries: tuple[tuple[str, str], ...]) -> None:
        self._kind = kind
        self._entries = dict(entries)
        if len(self._entries) != len(entries):
            raise ValueError(f"duplicate {kind} name among {[name for name, _ in entries]}")

    def __getitem__(self, name: str) -> type[Thing]:
        if name not in self._entries:
            raise unknown(self._kind, name, self._entries)
        module, _, attribute = self._entries[name].partition(":")
        found: type[Thing] = getattr(import_module(module), attribute)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
