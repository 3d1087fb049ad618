"""Explicit lists of named classes, of which each is imported when it is first used."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

from vj.base.errors import unknown

Thing = TypeVar("Thing")


class Registry(Mapping[str, type[Thing]], Generic[Thing]):
    """A mapping of names to classes, listed as ``("movie", "vj.source.movie:Movie")``: name, module and class.

    The list is explicit, so adding a class takes one file and one line. ``registry[name]`` imports its module and
    returns the class itself, so an unused source costs nothing; names, ``in`` and ``len`` import nothing, but ``items``
    and ``values`` import all. Looking up an unknown name, also with ``get``, raises BadInput with the choices.
    """

    def __init__(self, kind: str, entries: tuple[tuple[str, str], ...]) -> None:
        """``kind`` is the word for an entry in messages, such as ``source``. Raises ValueError for a duplicate name."""
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
