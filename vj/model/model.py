"""The base class of every model family: pictures in, pictures out, and each control a parameter."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from vj.base.frame import Pixels, Size
from vj.params.param import Param, Value


class Prepared(Protocol):
    """A model that is compiled and warm for pictures of one size."""

    why: str
    """Which backend runs the model, and why that one."""

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Write the result for ``picture`` into ``out``; both are uint8 RGB, H×W×3, of the prepared size.

        ``values`` are the current values of the model's ``params``; ``now`` is the monotonic time (s), for models that
        move by themselves. Returns the mean of the result (0..1). The mean is not finite if any number of the result is
        not; ``out`` must then not be shown.
        """
        ...

    def warm(self) -> float:
        """Run once on a test picture, without touching the model's state. Returns the seconds that the run took."""
        ...


class Model:
    """The base class of every model family. An instance is one model, in an engine process (`vj.model.engine.engine`).

    Constructing one is cheap and imports nothing heavy; `prepare` loads and compiles.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    called: str = ""
    """The name by which the performer knows this model."""
    looked_at: ClassVar[bool] = False
    """Whether the network's sizes are only known once `vj.model.files.look_at_files` has inspected the files."""
    looks: ClassVar[bool] = True
    """Whether the result depends on what the source's picture shows."""
    may_be_black: bool = False
    """Whether an all-black result is valid, such as a mask in which nothing was found."""
    least: ClassVar[int] = 1
    """The smallest side, in pixels, of a picture that is processed."""
    still_steps: ClassVar[int] = 1
    """The default number of steps in which `develop` changes a still picture."""
    kept: ClassVar[int] = 4
    """How many prepared sizes and variants stay in memory, for sources that return to them, such as a slide show."""
    says: str = ""
    """What the model has found, for the heads-up display, such as a class and how sure it is; empty if nothing."""
    notice: str = ""
    """A problem that the performer should know of, such as an unreadable picture; empty if there is none."""

    def __init__(
        self,
        files: Mapping[str, Path],
        runtime: str = "auto",
        exact: bool = False,
        about: Mapping[str, Any] | None = None,
        *,
        in_thread: bool = True,
    ) -> None:
        """``files`` are the model's weights, and ``about`` what each was found to be, both by part.

        ``runtime`` forces one of this machine's backends by name, or is "auto"; ``exact`` leaves out backends that
        compute in less than 32-bit floats. ``in_thread`` says whether pictures are read and described in threads while
        the model plays on; it is false in a renderer, whose time stands still while it waits for them.
        """
        self.files = files
        self.runtime = runtime
        self.exact = exact
        self.about = about or {}
        self.in_thread = in_thread
        self.begin()

    def begin(self) -> None:
        """Set up the state that is kept between pictures. The constructor calls it, so it must be cheap."""

    def size(self, box: Size, width: int, height: int) -> Size:
        """Returns the size at which to process a picture of ``width``×``height``: within ``box``, at least `least`."""
        return Size(*(max(self.least, side) for side in box.fitted(width, height)))

    def variant(self, values: Mapping[str, Value]) -> str:
        """Returns the name of the network that ``values`` ask for, in families that hold several; empty in all others.

        When the name changes, the engine prepares the new variant in a thread, and plays the old one until it is ready.
        """
        return ""

    def ahead(self, values: Mapping[str, Value]) -> Sequence[str]:
        """Returns variants that may be wanted next, the likeliest first. The engine prepares them when it is idle."""
        return ()

    def pace(self, values: Mapping[str, Value]) -> float:
        """Returns the most pictures a second of a family that moves by itself; 0 for one picture per source frame."""
        return 0.0

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Compile the model for pictures of ``size``, as `size` returns it, in ``variant`` (empty: the usual one).

        Preparing may take minutes, and may happen in a thread while an earlier `Prepared` is in use. Raises BadInput
        for an unknown runtime, Unavailable if nothing runs the model here, and MemoryError or the runtime's own error
        if memory runs out; the engine then tries a smaller size.
        """
        raise NotImplementedError

    def develop(self, picture: Pixels, values: Mapping[str, Value], steps: int) -> Iterator[Pixels]:
        """Yield ``picture`` after 0, 1, .. ``steps`` steps, H×W×3 at the family's own size, each valid until the next.

        It is for families whose `passes` is more than one. ``values`` are as in `Prepared.run`.
        """
        raise NotImplementedError

    def begin_again(self) -> None:
        """Forget all earlier pictures; compiled networks stay."""

    def handle_trigger(self, name: str, amount: float) -> None:
        """Act on the trigger ``name`` of ``params``, which was fired with ``amount``."""
