"""The child process that trains looks while a show plays: it keeps frames of the source, and learns what is painted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from vj.base.clock import now
from vj.base.frame import Pixels
from vj.base.process_priority import own_nice, step_group_back
from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe
from vj.child.slot_wish import SlotWish
from vj.train.look_training import LookTraining
from vj.train.make_learner import make_learner, warm_up

_HASTE: Final = 5
"""How much less nice the process's group is until a look's first picture is there: as what plays the look."""
_RESTING: Final = 0.01
"""Seconds from one look for something to do to the next."""


def main(
    pipe: ParentPipe,
    sources: list[dict[str, Any]],
    reader: int,
    output: dict[str, Any],
    values: dict[str, Any],
    look: str = "",
    goes: bool = False,
    seconds: float = 0.0,
) -> None:
    """Train looks as the show's commands ask for, until it asks this process to leave or is gone; it is the child's
    main function.

    Commands and reports are those of `LookTraining`. ``sources``, of which one is read at a time, and ``output`` are
    what `LatestFrame.describe` returned: nothing is published in ``output`` but heartbeats. ``values`` describes a
    `SlotWish`, the source whose frames are kept; ``reader`` is this process's number among the readers of each source.
    ``look``, ``goes`` and ``seconds`` are what an earlier process told under ``resume``: if it was learning, this one
    goes on. Only one thread computes: the other cores belong to the show.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    heart = LatestFrame.attach(output)
    frames = SourceFrames([LatestFrame.attach(source) for source in sources], reader, SlotWish(values))
    libraries = Libraries()
    training = LookTraining(pipe, make_learner, frames.newest, lambda: libraries.are_loaded)
    if goes:
        training.do({"do": "go", "name": look, "seconds": seconds}, now())
    pipe.tell(ready=True)
    haste = Haste()
    while not pipe.stopping.is_set():
        for command in pipe.commands():
            training.do(command, now())
        worked = training.turn(now())
        heart.heartbeat()
        haste.follow(training.state not in ("cold", "learning"))
        if not worked:
            time.sleep(_RESTING)
    training.close()


class Haste:
    """The share of the processor that the process's group gets: more until the first picture of a look, for which the
    performer waits, and less while libraries are loaded or the look is learned on."""

    def __init__(self) -> None:
        self._nice = own_nice()
        self._hurries = False

    def follow(self, hurries: bool) -> None:
        """See that the group hurries, or doesn't."""
        if hurries != self._hurries and step_group_back(max(0, self._nice - _HASTE) if hurries else self._nice):
            self._hurries = hurries


class SourceFrames:
    """The pictures of the source that the show wishes to have read."""

    def __init__(self, slots: Sequence[LatestFrame], reader: int, wish: SlotWish) -> None:
        """``reader`` is the number among the readers of each of ``slots`` that this object uses."""
        self._slots, self._reader, self._wish = slots, reader, wish
        for slot in slots:
            slot.let_go(reader)

    def newest(self) -> Pixels | None:
        """Returns a copy of the source's newest picture, also if it was returned before; None before it has given one.
        No picture is held."""
        wished = self._wish.read()
        if wished is None or wished >= len(self._slots):
            return None
        reader = self._slots[wished].reader(self._reader)
        frame = reader.newest()
        pixels = frame.pixels.copy() if frame else None
        reader.release()
        return pixels


class Libraries:
    """The libraries that learning needs, loaded in a thread: the show's first look is not to wait for them."""

    def __init__(self) -> None:
        """Begin to load them."""
        self._thread = threading.Thread(target=self._load, name="libraries", daemon=True)
        self._error: Exception | None = None
        self._thread.start()

    @property
    def are_loaded(self) -> bool:
        """Whether they are there. Raises what loading them raised."""
        runs = self._thread.is_alive()
        if self._error:
            raise self._error
        return not runs

    def _load(self) -> None:
        try:
            warm_up()
        except Exception as error:  # noqa: BLE001 - raised again where it is asked for
            self._error = error
