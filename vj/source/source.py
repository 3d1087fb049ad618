"""The base class of sources, which fill buffers with pictures and say when each was captured."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final, Protocol

from vj.base.clock import Clock, LiveClock
from vj.base.frame import Alpha, Pixels, Size
from vj.params.param import Param, Value
from vj.params.tempo import BEAT_ZERO, TEMPO

CLIP: Final = "clip/"
"""What stands before the name of a clip's setting among the values of `Source.read`: ``clip/in``."""


class Begin(Protocol):
    """Gives a source the memory for its next picture."""

    def __call__(self, height: int, width: int, alpha: Alpha | None = None) -> Pixels:
        """Returns the uint8 RGB buffer [height, width, 3] to fill. What it holds before is anything; it is valid until
        `Source.read` returns.

        ``alpha`` is what the picture covers, [height, width]; it is copied. Colours are premultiplied by it: what is
        transparent must be written as black. Without it the picture is opaque."""
        ...


class Source:
    """The base class of sources of pictures. A source runs in a child process of its own; see `vj.source.host`.

    Constructing one is cheap and imports nothing heavy: libraries are imported and devices opened in `open`. Subclasses
    define ``name`` (its kind in a SPEC), ``help`` (a line for the performer, with the form of its target), ``params``
    (its parameters) and `read`, and what they need of the other methods, which do nothing here.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[tuple[Param, ...]] = ()
    clip_params: ClassVar[tuple[Param, ...]] = ()
    """The settings that each clip of this kind has for itself, such as where it begins."""
    silence: ClassVar[float] = 2.5
    """Seconds without a frame after which the process counts as hung and is restarted."""
    live: ClassVar[bool] = False
    """Whether its pictures come only once, so that a show of them can't be rendered again."""
    patient: bool = False
    """Whether it waits for work that is usually done in threads, so that its clock alone decides what it shows."""

    def __init__(self, target: str, box: Size, fps: float, clock: Clock | None = None) -> None:
        """``target`` is what follows the colon of a SPEC, empty if there is none; pictures fit into ``box``. ``fps`` is
        the rate (pictures/s) of sources that have none of their own; `open` replaces it by the source's own rate.
        ``clock`` is the live clock unless another one is given."""
        self.target = target
        self.box = box
        self.fps = fps
        self.clock: Clock = clock or LiveClock()
        self._waits = False
        """Whether the source stands still: it waits for its launch."""
        self.title = f"{self.name}:{target}" if target else self.name
        """The source's name for the performer."""
        self.on_spent: Callable[[str, float], None] = _forget
        """A source calls this with the name and the seconds of each part of its work: ``capture`` (to get or decode a
        picture) or ``resize``. It does nothing until the host replaces it."""
        self.on_wait: Callable[[str], None] = _wait_alone
        """`open` calls this while it waits for the user. The text says what it waits for; it is repeated as a sign of
        life, and empty once `open` goes on. If `open` raises instead, the last text says what the user can do about
        it."""

    @classmethod
    def params_of(cls, target: str) -> tuple[Param, ...]:
        """Returns the parameters of a source with this ``target``: ``params``, unless they depend on it. Opens no
        device, and raises nothing for a target that is wrong."""
        return cls.params

    @classmethod
    def shared_params(cls, target: str = "") -> dict[str, Param]:
        """Returns all parameters whose values `read` gets from a source with this ``target``, by the names that they
        have there: those of `params_of` under their own names; with `CLIP` before their names those in ``clip_params``
        and, if there are any of these, `TEMPO` and `BEAT_ZERO` under their own."""
        clip = {f"{CLIP}{param.name}": param for param in cls.clip_params}
        clock = {param.name: param for param in (TEMPO, BEAT_ZERO)} if clip else {}
        return {param.name: param for param in cls.params_of(target)} | clip | clock

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput for a target that is visibly wrong, or Unavailable where this machine can't have such a
        source, before a process is started for it. Subclasses define it; the base accepts every target, and none opens
        a device."""

    def open(self) -> None:
        """Opens the device or file, and sets ``title``, ``fps`` and ``target`` where the source knows better. It is
        called once, in the source's process, before `read`. Subclasses define it; the base does nothing. Raises
        BadInput or Unavailable, naming the choices, or any other error to be tried again."""

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits for the next picture, fills the buffer that ``begin(height, width)`` returns with it, and returns its
        capture time (monotonic s, by ``clock``). Subclasses define it; ``begin`` is called once for each picture.

        ``values`` are the current values of `shared_params` by name, without triggers. Those that only clips have may
        be missing; then their defaults count. A broken source raises any error; its process then ends and is restarted.
        """
        raise NotImplementedError

    def wait(self, values: Mapping[str, Value]) -> bool:
        """Stands still, because another clip plays. It is called again and again while this one waits, also before it
        plays for the first time, in place of `read`; ``values`` are as there. It may get ready what will be needed at
        the launch, and returns within some hundredths of a second, without waiting for a time.

        Returns whether the picture with which the clip will begin is another one now: then `read` is to be called once,
        which publishes that picture and moves nothing. The base returns True the first time and False later. A source
        that is ``live`` goes on by itself: it is read while it waits, and this isn't called.
        """
        is_new, self._waits = not self._waits, True
        return is_new

    def launch(self, values: Mapping[str, Value]) -> None:
        """Begins to play, now: at the beginning, or where it is, as the clip's setting ``start`` says. It is called
        when the clip is launched, between two calls of `read`, also if it plays already. ``values`` are as in `read`,
        which then publishes the first picture at once. The base only ends the waiting."""
        self._waits = False

    def handle_trigger(self, name: str, amount: float) -> None:
        """Handles the trigger called ``name`` among ``params``, which fired with the value ``amount``. It is called
        between two calls of `read`, by the same thread. Subclasses with triggers define it; the base does nothing."""

    def close(self) -> None:
        """Releases the device or file. It is called once, after a successful `open`. Subclasses define it; the base
        does nothing."""


def _forget(part: str, seconds: float) -> None:
    """Drops timings, unless a host replaces this function."""


def _wait_alone(why: str) -> None:
    """Does nothing, unless a host replaces this function to hear what is waited for."""
