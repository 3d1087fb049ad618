"""The show's side of the process that trains a layer's look."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from vj.base.frame import Size
from vj.child.latest_frame import LatestFrame
from vj.child.process import ChildSpec, Message
from vj.child.slot_wish import SlotWish
from vj.child.supervisor import Child, Limits
from vj.layers.side_worker import SideWorker

TRAIN_NICE: Final = 10
"""How far the process steps back behind the display, in nice values: further than the engine that plays the look."""
_SILENCE: Final = 10.0
"""Seconds after which it counts as hung. It steps back behind everything else, and the picture doesn't wait for it; if
it were ended too early, what it was just asked for would be lost."""
_ROOM: Final = Size(16, 16)
"""The process publishes no records: what it gives is a model's file. Its memory only holds the heartbeats."""


class TrainWorker(SideWorker):
    """A child that trains looks, which starts when it is first asked to; see `vj.layers.training.Trainer`."""

    def __init__(
        self,
        slots: Sequence[LatestFrame],
        reader: int,
        start: Callable[[Child], None],
        end: Callable[[Child, Callable[[], None]], None],
        target: str = "vj.train.look_child:main",
    ) -> None:
        """The arguments are as in `SideWorker`; the process runs the function ``target`` (``module:function``)."""
        spec = ChildSpec("look", target, nice=TRAIN_NICE)
        super().__init__(spec, _ROOM, slots, reader, start, end, Limits(silence=_SILENCE))
        self._wish: SlotWish | None = None
        self._waiting: deque[Message] = deque()
        """What the process gets once it runs. One that was restarted goes on by itself, from what it told before."""
        self._sent: deque[Message] = deque()
        """What it got, and hasn't told yet that it has obeyed."""
        self._count = 0
        self._pid: int | None = None
        """The process that has got what is in ``_sent``."""

    @property
    def told(self) -> Mapping[str, Any]:
        """As in `vj.layers.training.Trainer.told`."""
        return self.child.info if self.child else {}

    @property
    def runs(self) -> bool:
        """As in `vj.layers.training.Trainer.runs`."""
        return self.child is not None and self.child.state == "running"

    @property
    def notice(self) -> str:
        """What is wrong with the process or with the training; usually empty."""
        return self.wrong("training")

    def ask(self, slot: int) -> None:
        """As in `vj.layers.training.Trainer.ask`."""
        if self._wish is None:
            self._wish = SlotWish()
            self.begin(self._wish.values)
        self._wish.write(slot)
        if self.child and self.runs and (pid := self.child.pid):
            self._confirm(self.child, pid)
            while self._waiting:
                self._sent.append(self._waiting.popleft())
                self.child.send(self._sent[-1])

    def send(self, message: Message) -> None:
        """As in `vj.layers.training.Trainer.send`."""
        self._count += 1
        self._waiting.append({**message, "number": self._count})

    def _confirm(self, child: Child, pid: int) -> None:
        """Forget what was obeyed. If ``pid`` is another process than the one before, it is to get the rest again: once,
        as the one before may have ended because of it."""
        obeyed = child.info.get("obeyed")
        while self._sent and isinstance(obeyed, int) and self._sent[0]["number"] <= obeyed:
            self._sent.popleft()
        if pid != self._pid:
            self._pid = pid
            again = [{**message, "again": True} for message in self._sent if "again" not in message]
            self._waiting.extendleft(reversed(again))
            self._sent.clear()
