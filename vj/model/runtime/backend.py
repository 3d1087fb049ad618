"""One way to run a network on this machine, as every runtime offers its own and `choose` takes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vj.model.runtime.compiled_network import Make


class Unsuitable(Exception):
    """A way runs but must not be taken unasked, for a reason that lies in the network and stays."""


@dataclass(frozen=True)
class Backend:
    """``make`` compiles the network; it may raise anything where this machine can't run it so.

    ``check`` raises `Unsuitable` where it should not be taken unasked. ``exact``: it computes in 32-bit floats.
    ``card``: it runs on a graphics card with memory of its own. ``last``: it is only taken where nothing else runs.
    ``version`` names all that its speed depends on beside the processor: library, device, driver.
    """

    make: Make
    check: Callable[[], None] | None = None
    exact: bool = True
    card: bool = False
    last: bool = False
    version: str = ""


Backends = Mapping[str, Backend]
"""By name, the most faithful first."""
