"""The base class of sources, which fill buffers with pictures and say when each was captured."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from vj.base.clock import Clock, LiveClock
from vj.base.frame import Pixels, Size
from vj.params.param import Param, Value

Begin = Callable[[int, int], Pixels]
"""``begin(height, width)`` returns the H×W×3 buffer to fill."""


class Source:
    """A source of pictures. It runs in a child process of its own; see `vj.source.host`.

    Constructing one is cheap and imports nothing heavy: libraries are imported and devices opened in `open`.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    silence: ClassVar[float] = 2.5
    """Seconds without a frame after which the process counts as hung and is restarted."""
    live: ClassVar[bool] = False
    """Whether its pictures come only once, so that a show of them can't be rendered again."""
    patient: bool = False
    """Whether it waits for work that is usually done in threads, so that its clock alone decides what it shows."""

    def __init__(self, target: str, box: Size, fps: float, clock: Clock | None = None) -> None:
        """``target`` is what follows the colon of a SPEC; pictures are no larger than ``box``; ``fps`` is for sources
        that have no rate of their own."""
        self.target = target
        self.box = box
        self.fps = fps
        self.clock: Clock = clock or LiveClock()
        self.title = f"{self.name}:{target}" if target else self.name
        """The source's name for the performer."""
        self.on_spent: Callable[[str, float], None] = _forget
        """A source calls this with the name and the seconds of each part of its work."""
        self.on_wait: Callable[[str], None] = _wait_alone
        """`open` calls this while it waits for the user. The text says what it waits for; it is repeated as a sign of
        life, and empty once `open` goes on. If `open` raises instead, the last text says what the user can do about
        it."""

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput for a target that is visibly wrong, before a process is started for it."""

    def open(self) -> None:
        """Opens the device or file. Raises BadInput or Unavailable, naming the choices."""

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits for the next picture, writes it into ``begin(height, width)`` and returns its capture time (s).

        ``values`` are the current values of ``params``. A broken source raises any error; its process then ends and is
        restarted.
        """
        raise NotImplementedError

    def handle_trigger(self, name: str, amount: float) -> None:
        """Handles a trigger among ``params`` that fired; ``amount`` is its value."""

    def close(self) -> None:
        """Releases the device or file."""


def _forget(part: str, seconds: float) -> None:
    """Drops timings, unless a host replaces this function."""


def _wait_alone(why: str) -> None:
    """Does nothing, unless a host replaces this function to hear what is waited for."""
