"""What every model is: pictures in, pictures out, each control a parameter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from vj.frame.frame import Pixels, Size
from vj.param import Param, Value


class Prepared(Protocol):
    """A model that is compiled and warm for pictures of one size."""

    why: str
    """Which runtime runs it, and the reason."""

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Write the result for ``picture`` into ``out``; both H×W×3 of the prepared size.

        ``values`` are the current values of the model's ``params``, ``now`` the monotonic time (s) for whatever moves
        by itself. Returns the mean of the result (0..1), which is not finite where any of its numbers is not: what is
        then in ``out`` must not be shown.
        """
        ...

    def warm(self) -> float:
        """Run once for nobody to see, touching none of the model's state; the seconds that it took."""
        ...


class Model:
    """A family of models. One instance runs in an engine process of its own; see `vj.model.engine`.

    Constructing one is cheap and imports nothing heavy; `prepare` loads and compiles.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    called: str = ""
    """What the performer calls it."""
    looked_at: ClassVar[bool] = False
    """Whether its files must have been looked at (`vj.model.look`) to know their network's measures."""
    may_be_black: bool = False
    """Whether a black picture is one: a mask of nothing."""
    notice: str = ""
    """Something that the performer should know, such as a picture that can't be read."""

    def __init__(
        self,
        files: Mapping[str, Path],
        runtime: str = "auto",
        exact: bool = False,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """``files`` are its weights, by the part that each plays; ``about`` is what each was found to be.

        ``runtime`` forces one of the machine's ways to run it; ``exact`` leaves out those that round to less than
        32-bit floats. Raises BadInput for a runtime that there is none of.
        """
        self.files, self.runtime, self.exact, self.about = files, runtime, exact, about or {}
        self.begin()

    def begin(self) -> None:
        """Set up what is kept between pictures; cheap, like the constructor that calls it."""

    def size(self, box: Size, width: int, height: int) -> Size:
        """The size at which a picture of ``width``×``height`` is processed, within ``box``."""
        return box.fitted(width, height)

    def variant(self, values: Mapping[str, Value]) -> str:
        """Names the network that ``values`` ask for, in families that hold several (directions, statistics).

        Another answer has that one prepared aside; meanwhile the last one plays on.
        """
        return ""

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Ready for pictures of ``size``, as `size` gives it. May take long, and may be called in a thread while what
        was prepared before is running. Raises MemoryError or the runtime's own error when there is no room: a smaller
        size follows.
        """
        raise NotImplementedError

    def command(self, name: str, amount: float) -> None:
        """A trigger among ``params`` fired."""
