"""What every model is: pictures in, pictures out, each control a parameter."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from vj.base.frame import Pixels, Size
from vj.params.param import Param, Value


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
        """Run once unseen, touching none of the model's state; returns the seconds that it took."""
        ...


class Model:
    """A family of models. One instance runs in an engine process of its own; see `vj.model.engine.engine`.

    Constructing one is cheap and imports nothing heavy; `prepare` loads and compiles.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    called: str = ""
    """What the performer calls it."""
    looked_at: ClassVar[bool] = False
    """Whether its files must have been looked at (`vj.model.files.look_at_files`) to know the network's sizes."""
    looks: ClassVar[bool] = True
    """Whether what it shows depends on what the source shows."""
    may_be_black: bool = False
    """Whether a black picture is one: a mask of nothing."""
    least: ClassVar[int] = 1
    """The least side of a picture that is processed, in pixels."""
    passes: ClassVar[int] = 1
    """Steps that a still picture takes (`develop`), by default."""
    kept: ClassVar[int] = 4
    """Sizes and variants that stay prepared: a slide show comes back to them."""
    says: str = ""
    """What it has found out, for the heads-up display: a class and how sure it is."""
    notice: str = ""
    """Something that the performer should know, such as a picture that can't be read."""

    def __init__(
        self,
        files: Mapping[str, Path],
        runtime: str = "auto",
        exact: bool = False,
        about: Mapping[str, Any] | None = None,
        *,
        in_thread: bool = True,
    ) -> None:
        """``files`` are its weights, by the part that each plays; ``about`` is what each was found to be.

        ``runtime`` forces one of the machine's ways to run it; ``exact`` leaves out those that round to less than
        32-bit floats. ``in_thread`` says whether pictures are read and described in threads while it plays on; in a
        renderer, whose time stands still meanwhile, it waits for them. Raises BadInput for a runtime that there is none
        of.
        """
        self.files, self.runtime, self.exact, self.about = files, runtime, exact, about or {}
        self.in_thread = in_thread
        self.begin()

    def begin(self) -> None:
        """Set up what is kept between pictures; cheap, like the constructor that calls it."""

    def size(self, box: Size, width: int, height: int) -> Size:
        """The size at which a picture of ``width``×``height`` is processed, within ``box`` unless that is too small."""
        return Size(*(max(self.least, side) for side in box.fitted(width, height)))

    def variant(self, values: Mapping[str, Value]) -> str:
        """Names the network that ``values`` ask for, in families that hold several (directions, statistics).

        Another answer has that one prepared aside; meanwhile the last one plays on.
        """
        return ""

    def ahead(self, values: Mapping[str, Value]) -> Sequence[str]:
        """Variants that may be wanted next, the likeliest first, to be prepared while there is nothing else to do."""
        return ()

    def pace(self, values: Mapping[str, Value]) -> float:
        """Pictures a second at most, of a family that goes on by itself; 0: one for each of the source's."""
        return 0.0

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Ready for pictures of ``size``, as `size` gives it. May take long, and may be called in a thread while what
        was prepared before is running. Raises MemoryError or the runtime's own error when there is no room: a smaller
        size follows.
        """
        raise NotImplementedError

    def develop(self, picture: Pixels, values: Mapping[str, Value], steps: int) -> Iterator[Pixels]:
        """``picture`` after 0, 1, .. ``steps`` steps, each H×W×3 of the family's own size and valid until the next.

        For families whose still pictures take more `passes` than one; the same ``values`` as `Prepared.run`'s.
        """
        raise NotImplementedError

    def begin_again(self) -> None:
        """As if no picture had been seen yet; what is compiled stays."""

    def handle_trigger(self, name: str, amount: float) -> None:
        """A trigger among ``params`` fired."""
