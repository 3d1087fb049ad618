"""A backend: one way to run a network on this machine. Each runtime offers several, and `choose` takes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vj.model.runtime.compiled_network import Make


class Unsuitable(Exception):
    """Raised for a backend that runs, but must not be chosen unless asked for, because of the network itself."""


@dataclass(frozen=True)
class Backend:
    """How one backend compiles a network, and what has to be known to choose it.

    ``make`` compiles the network, and may raise anything if this machine can't run it. ``check`` raises `Unsuitable` if
    the backend must not be chosen unless asked for. ``exact``: it computes in 32-bit floats. ``card``: it runs on a
    graphics card with memory of its own. ``last``: it is only chosen if nothing else runs. ``version`` names everything
    that its speed depends on besides the processor: library, device, driver.
    """

    make: Make
    check: Callable[[], None] | None = None
    exact: bool = True
    card: bool = False
    last: bool = False
    version: str = ""


Backends = Mapping[str, Backend]
"""Backends by name, the most faithful first."""
