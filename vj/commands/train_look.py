"""`vj train look`: trains a look from painted frames, and has a show play it while it is still learned."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from vj.base.clock import Clock, LiveClock
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec
from vj.child.slot_wish import SlotWish
from vj.child.supervisor import Child, Supervisor
from vj.train import look_file
from vj.train.keyframe_files import read_keyframe
from vj.train.look_folder import LookFolder, add_keyframe
from vj.train.look_training import LookTraining
from vj.train.make_learner import make_learner, warm_up

SECONDS: Final = 20.0
"""Seconds for which a look is learned unless told otherwise."""
_NICE: Final = 10
"""How far a training steps back behind the show that plays it, in nice values."""
_ROOM: Final = Size(16, 16)
"""The memory of a process that publishes nothing but its heartbeats."""
_LOOKS: Final = 0.1
"""Seconds from one look at a training to the next."""

Progress = Callable[[str, float | None], None]
"""Gets what is being done, and the part that is done (0..1; None: unknown)."""


class TrainedLook(NamedTuple):
    """A look that was trained: the file of its weights, how long it has learned, its mean error (of 255) on what is
    painted, below 0 if that isn't known, and what should be known of the files."""

    name: str
    path: Path
    seconds: float
    steps: int
    error: float
    remarks: Sequence[str]

    @property
    def lines(self) -> list[str]:
        """What the command prints."""
        error = f", error {self.error:.1f} of 255" if self.error >= 0 else ""
        done = f"{self.name}: {self.seconds:.1f} s, {self.steps} steps{error}"
        return [*self.remarks, done, str(self.path), f"vj run --model {_quoted(self.name)} plays it"]


def keep_pairs(pairs: Sequence[str], name: str) -> list[str]:
    """Copy pairs of files, each written ``KEYFRAME=PAINTED``, into the library's folder of the new look ``name``.
    Returns what should be known of them, a line each.

    Raises BadInput, before anything is copied, for a bad name, for a name that is taken (with the next free one), for a
    text that is no pair of files, and for files from which nothing can be learned.
    """
    look_file.check_name(name)
    look_file.check_free(name)
    files = [pair_of(text) for text in pairs]
    if not files:
        raise BadInput("nothing to learn from: give pairs of pictures as KEYFRAME=PAINTED")
    found = [read_keyframe(*pair) for pair in files]
    for (source, painted), keyframe in zip(files, found, strict=True):
        if not keyframe.changed:
            raise BadInput(f"{painted} is the same picture as {source}: nothing is painted in it")
    folder = LookFolder(name)
    for pair in files:
        add_keyframe(folder, *pair)
    return [keyframe.remark for keyframe in found if keyframe.remark]


def pair_of(text: str) -> tuple[Path, Path]:
    """Returns the two files of ``KEYFRAME=PAINTED``; their own names may have ``=`` in them. Raises BadInput."""
    parts = text.split("=")
    if len(parts) < 2:
        raise BadInput(f"{text!r} is no pair of pictures; write KEYFRAME=PAINTED")
    cuts = [("=".join(parts[:at]), "=".join(parts[at:])) for at in range(1, len(parts))]
    pairs = [(Path(source).expanduser(), Path(painted).expanduser()) for source, painted in cuts]
    for pair in pairs:
        if all(path.is_file() for path in pair):
            return pair
    source, painted = next((pair for pair in pairs if pair[0].is_file()), pairs[0])
    raise BadInput(f"there is no file {str(painted if source.is_file() else source)!r}")


def train(
    pairs: Sequence[str], name: str, seconds: float, progress: Progress, clock: Clock | None = None
) -> TrainedLook:
    """Train the new look ``name`` from ``pairs`` for so many ``seconds`` of ``clock``, in this process. Returns what it
    has become.

    ``progress`` is called meanwhile. Ctrl-C ends it sooner, and what was learned stays. Raises BadInput as `keep_pairs`
    does, and Unavailable if the weights can't be written or nothing could be learned.
    """
    time = clock or LiveClock()
    remarks = keep_pairs(pairs, name)
    progress(f"learning {name}", None)
    warm_up()
    status = _Status()
    training = LookTraining(status, make_learner)
    training.do({"do": "go", "name": name, "seconds": seconds}, time.now())
    with contextlib.suppress(KeyboardInterrupt):
        while training.goes:
            if not training.turn(time.now()):
                time.sleep(_LOOKS)
            progress(f"learning {name}", min(1.0, status.number("seconds") / seconds))
    training.close()
    training.turn(time.now() + _LOOKS)
    return _result(name, status, [*remarks, training.trouble] if training.trouble else remarks)


@contextlib.contextmanager
def training_beside(pairs: Sequence[str], name: str, seconds: float, progress: Progress) -> Iterator[list[str]]:
    """Train the new look ``name`` in a process of its own during the ``with`` block, which begins once there are
    weights to play; the process is started again if it ends. Gives what should be known of the files, a line each.

    ``progress`` is called until then. Raises BadInput as `keep_pairs` does, Unavailable if nothing could be learned.
    """
    remarks = keep_pairs(pairs, name)
    output, wish = LatestFrame.create(*_ROOM, readers=1), SlotWish()
    told = {"sources": [], "reader": 0, "output": output.describe(), "values": wish.values.describe()}
    spec = ChildSpec("look", "vj.train.look_child:main", nice=_NICE)
    spec = spec.given((*output.fds, *wish.values.fds), **told, look=name, goes=True, seconds=seconds)
    child = Child(spec, lambda: output.heartbeats)
    supervisor = Supervisor(LiveClock())
    supervisor.add(child)
    supervisor.start()
    try:
        while child.info.get("state") not in ("learning", "stopped"):
            progress(f"learning {name}", None)
            if child.refused or child.restarts:
                raise Unavailable(f"{name} can't be learned: {child.refused or child.fault}")
            LiveClock().sleep(_LOOKS)
        yield remarks
    finally:
        supervisor.close()
        for memory in (output, wish.values):
            memory.close()


class _Status:
    """Notes what a training tells."""

    def __init__(self) -> None:
        self._told: dict[str, object] = {}

    def tell(self, **status: object) -> None:
        self._told |= status

    def number(self, name: str) -> float:
        """Returns the number that was told under ``name``; 0 if there is none."""
        value = self._told.get(name, 0.0)
        return float(value) if isinstance(value, int | float) else 0.0


def _result(name: str, status: _Status, remarks: Sequence[str]) -> TrainedLook:
    path = look_file.path_of(name)
    if not path.is_file():
        raise Unavailable(f"{name} was not learned: {'; '.join(remarks) or 'it was stopped too soon'}")
    return TrainedLook(
        name, path, status.number("seconds"), int(status.number("steps")), status.number("mean_error"), remarks
    )


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
