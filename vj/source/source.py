"""What every source is: something that fills buffers with pictures and says when each was captured."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from vj.base.clock import Clock, LiveClock
from vj.base.frame import Pixels, Size
from vj.params.param import Param, Value

Begin = Callable[[int, int], Pixels]
"""``begin(height, width)`` gives the H×W×3 buffer to fill."""


class Source:
    """A source runs in a child process of its own; see `vj.source.host`.

    Constructing one is cheap and imports nothing heavy: libraries are imported and devices opened in `open`.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    silence: ClassVar[float] = 2.5
    """Seconds without a frame after which the process is taken for hung and started anew."""
    live: ClassVar[bool] = False
    """Whether its pictures come once only, so that a show of them can't be rendered again."""
    patient: bool = False
    """Whether it waits for what it otherwise reads aside, so that nothing but its clock decides what it shows."""

    def __init__(self, target: str, box: Size, fps: float, clock: Clock | None = None) -> None:
        """``target`` is what follows the colon of a SPEC; pictures come no larger than ``box``; ``fps`` is the
        rate for sources that have none of their own."""
        self.target, self.box, self.fps = target, box, fps
        self.clock: Clock = clock or LiveClock()
        self.title = f"{self.name}:{target}" if target else self.name
        self.spent: Callable[[str, float], None] = _forget
        self.waits: Callable[[str], None] = _wait_alone
        """`open` calls this while it waits for people: with what for, again and again as a sign of life, and with an
        empty text once it goes on. If it raises instead, the last text says what people could do about it."""

    @classmethod
    def check(cls, target: str) -> None:
        """What can be seen to be wrong at once, before a process is started for it. Raises BadInput."""

    def open(self) -> None:
        """Open the device or file. Raises BadInput or Unavailable, naming the choices."""

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Wait for the next picture, write it into ``begin(height, width)``, return its capture time.

        ``values`` are the current values of ``params``. Raises on a broken source; the process then ends and is
        brought back.
        """
        raise NotImplementedError

    def handle_trigger(self, name: str, amount: float) -> None:
        """A trigger among ``params`` fired."""

    def close(self) -> None:
        """Let go of the device."""


def _forget(part: str, seconds: float) -> None:
    """Timings go nowhere unless a host asks for them."""


def _wait_alone(why: str) -> None:
    """Does nothing; a host replaces it to hear what is waited for."""
