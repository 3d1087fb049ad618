"""A backend: one way to run a network on this machine. Each runtime offers several, and `choose` takes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vj.model.runtime.compiled_network import Make


class Unsuitable(Exception):
    """Raised by the ``check`` of a backend that may run, but must not be chosen unless it is asked for by name.

    The reason, its message, lies in the network itself: in that number format its picture would be too far off, or
    might be with other controls.
    """


@dataclass(frozen=True)
class Backend:
    """How one backend compiles one network for one size, and what has to be known to choose it. Making it compiles
    nothing.

    ``make`` compiles the network anew at each call and returns its runner; it may raise anything if this machine can't
    run it. ``check`` raises `Unsuitable` if the backend must not be chosen unless asked for; None if it always may.
    ``exact``: it computes in 32-bit floats. ``card``: it runs on a graphics card with memory of its own. ``last``: it
    is only chosen if nothing else runs. ``later``: making it takes so long that another backend of its card plays
    meanwhile, and it takes over if it turns out to be faster. ``traces``: making it follows the network's code, which
    only one thread of a process can do at a time. ``version`` is text that names everything that its speed depends on
    besides the processor: library, device, driver.
    """

    make: Make
    check: Callable[[], None] | None = None
    exact: bool = True
    card: bool = False
    last: bool = False
    later: bool = False
    traces: bool = False
    version: str = ""


Backends = Mapping[str, Backend]
"""Backends by name, such as ``openvino-f32``; of each library the most faithful first."""
