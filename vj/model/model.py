"""The base class of every model family: pictures in, pictures out, and each control a parameter."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

from vj.base.frame import Pixels, Size
from vj.params.param import Param, Value


class Prepared(Protocol):
    """What `Model.prepare` returns: a model that is compiled for pictures of one size. Each family defines these
    methods itself. One thread at a time may call them."""

    @property
    def why(self) -> str:
        """Which backend runs the model, and why that one, in one line for the performer. It may change while the model
        plays: on a graphics card a faster one may take over."""
        ...

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Write the result for ``picture`` into ``out``; both are uint8 RGB, H×W×3, C-contiguous, of the prepared size.
        ``out`` is complete on return, and ``picture`` isn't changed.

        ``values`` hold at least the current values of the model's ``params``, by their names there; pictures are named
        by their paths. ``now`` is the monotonic time (s), for models that move by themselves. Returns the mean of the
        result, about 0..1 (white is 1), which says whether the result is black; `identity` always returns 1. The mean
        is not finite if any number of the result is not; ``out`` must then not be shown.
        """
        ...

    def warm(self) -> float:
        """Run once on a test picture, without touching what the model keeps from picture to picture. Returns the
        seconds that the run took, 0 if there is nothing to run."""
        ...


class Model:
    """The base class of every model family. An instance is one model, in an engine process (`vj.model.engine.engine`)
    or in a renderer.

    Constructing one loads no weights and no model runtime; `prepare` loads and compiles. A family defines ``name``, by
    which `vj.model.FAMILIES` lists it, ``help``, its live parameters ``params``, and `prepare`; all other methods have
    a usual form here.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    called: str = ""
    """The name by which the performer knows this model; empty until `vj.model.files.library.Entry.make_model` sets it,
    after the constructor."""
    looked_at: ClassVar[bool] = False
    """Whether `vj.model.files.look_at_files` must inspect the files before a model is made of them; it then gives what
    it found as ``about``."""
    watched: ClassVar[bool] = False
    """Whether `prepare` reads files anew that have changed: an engine then prepares the model again when they do."""
    looks: ClassVar[bool] = True
    """Whether the result depends on what the source's picture shows."""
    may_be_black: bool = False
    """Whether an all-black result is valid, such as a mask in which nothing was found."""
    least: ClassVar[int] = 1
    """The smallest side, in pixels, that `size` returns in families that don't define their own `size`."""
    still_steps: ClassVar[int] = 1
    """The default number of steps in which `develop` changes a still picture; 1 in families without `develop`."""
    kept: ClassVar[int] = 4
    """How many prepared sizes and variants the bank keeps in memory, those used last, for sources that return to them,
    such as a slide show."""
    says: str = ""
    """What the model has found, for the heads-up display, such as a class and how sure it is; empty if nothing."""
    notice: str = ""
    """A problem that the performer should know of, such as an unreadable picture, in one line; empty if there is
    none."""

    def __init__(
        self,
        files: Mapping[str, Path],
        runtime: str = "auto",
        exact: bool = False,
        about: Mapping[str, Any] | None = None,
        *,
        in_thread: bool = True,
    ) -> None:
        """``files`` are the paths of the model's weights by part, such as ``model``; ``about`` is what the file of each
        part was found to be, as `RecognisedNetwork.to_json` writes it, by the same parts; it may be left out in
        families that aren't `looked_at`.

        ``runtime`` forces one of this machine's backends by name, or is "auto"; ``exact`` leaves out backends that
        compute in less than 32-bit floats. ``in_thread`` says whether pictures are read and described in threads while
        the model plays on; it is false in a renderer, whose time stands still while it waits for them. The constructor
        keeps all of these as attributes, and calls `begin`, which in some families reads the files for the network's
        key (OSError if it can't).
        """
        self.files = files
        self.runtime = runtime
        self.exact = exact
        self.about = about or {}
        self.in_thread = in_thread
        self.begin()

    def begin(self) -> None:
        """Set up the state that is kept between pictures. The constructor calls it once, so it must load no network.
        Here it does nothing; families that keep a state define it."""

    def size(self, box: Size, width: int, height: int) -> Size:
        """Returns the size at which to process a source's picture of ``width``×``height`` pixels; `prepare` takes it.

        Here: its shape, scaled down to fit into ``box`` if it is larger, sides cut to multiples of 4, each at least
        `least`. Families may have other multiples, enlarge small pictures, or have one fixed size.
        """
        return Size(*(max(self.least, side) for side in box.fitted(width, height)))

    def full_box(self, box: Size, width: int, height: int) -> Size:
        """Returns what pictures of ``width``×``height`` pixels fit into at full size, where nothing makes them larger
        or smaller: ``box`` here. Families of trained networks may have a smaller one."""
        return box

    def variant(self, values: Mapping[str, Value]) -> str:
        """Returns the name of the network that ``values`` ask for, in families that hold several; empty in all others,
        as here.

        When the name changes, the engine has the new variant prepared in a thread, and plays the old one until it is
        ready. The name is what `prepare` takes. ``values`` are as in `Prepared.run`.
        """
        return ""

    def ahead(self, values: Mapping[str, Value]) -> Sequence[str]:
        """Returns the names of variants that may be wanted next, the likeliest first; none here. The engine has them
        prepared after everything that is wanted now. ``values`` are as in `Prepared.run`."""
        return ()

    def pace(self, values: Mapping[str, Value]) -> float:
        """Returns the pictures a second that a family makes by itself, whether the source has new ones or not. It
        returns 0, as here, for one picture per source frame. ``values`` are as in `Prepared.run`."""
        return 0.0

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Compile the model for pictures of ``size``, as `size` returns it, in ``variant``, as `variant` returns it
        (empty: the usual one). Returns a new `Prepared` at each call. Every family defines this; here it raises
        NotImplementedError.

        Preparing may take minutes, and may happen in a thread while an earlier `Prepared` is in use. Raises BadInput
        for an unknown runtime and for a size or variant that the network doesn't have, Unavailable if nothing runs the
        model here, and MemoryError or the runtime's own error if memory runs out; the engine then tries a smaller size.
        """
        raise NotImplementedError

    def develop(self, picture: Pixels, values: Mapping[str, Value], steps: int) -> Iterator[Pixels]:
        """Yield the results for a still picture after 0, 1, .. ``steps`` steps: ``steps`` + 1 uint8 pictures, H×W×3
        RGB, at the family's own size, all in one array that the next step overwrites.

        Only families whose `still_steps` is more than one define this; here it raises NotImplementedError. ``picture``
        is uint8 RGB of any size; ``values`` are as in `Prepared.run`. Raises BadInput for values that can't be met,
        Unavailable if the result isn't finite.
        """
        raise NotImplementedError

    def begin_again(self) -> None:
        """Forget earlier pictures, before another film; compiled networks stay. Here it does nothing; families that
        dream define it."""

    def handle_trigger(self, name: str, amount: float) -> None:
        """Act on the trigger ``name`` of ``params``, such as ``reseed``, which was fired with the argument ``amount``
        (0 for triggers without one). Here it does nothing; the engine calls it between two pictures."""
