"""What every model is: pictures in, pictures out, each control a parameter."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from vj.frame.frame import Pixels, Size
from vj.param import Param, Value


class Model:
    """A model runs in an engine process of its own; see `vj.model.engine`.

    Constructing one is cheap and imports nothing heavy; `prepare` loads and compiles.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    weights: ClassVar[tuple[str, ...]] = ()
    """Names in `vj.model.catalog` of the files that it needs."""
    multiple: ClassVar[int] = 4
    """Its pictures' sides are multiples of this."""

    def __init__(self, files: Mapping[str, Path], runtime: str = "auto") -> None:
        """``files`` are the weights by catalogue name; ``runtime`` forces one of the machine's ways to run it."""
        self.files, self.runtime = files, runtime
        self.why = ""
        """Which runtime runs it and why, once prepared."""

    def prepare(self, size: Size) -> None:
        """Get ready for pictures of ``size`` (sides multiples of ``multiple``). May take long; called again when
        the size changes. Raises MemoryError or the runtime's own error when there is no room: a smaller size follows.
        """

    def command(self, name: str, amount: float) -> None:
        """A trigger among ``params`` fired."""

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> None:
        """Write the result for ``picture`` into ``out``; both H×W×3 of the prepared size.

        ``values`` are the current values of ``params``, ``now`` the monotonic time for whatever moves by itself.
        """
        raise NotImplementedError
