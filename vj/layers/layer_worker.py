"""A child and the ways to and from it: its process, the slot that it fills, the values that it heeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vj.child.latest_frame import LatestFrame
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child
from vj.model.files.library import TEMPO
from vj.params.param import Value
from vj.params.store import FrameValues

_SHARED = {TEMPO.name: "/clock/bpm"}
"""What children are told that stands elsewhere than below their own prefix."""


@dataclass(eq=False)
class LayerWorker:
    """``prefix`` is where the child's parameters stand in the show's table."""

    child: Child
    output: LatestFrame
    values: SharedParams
    prefix: str
    own: Mapping[str, Value] = field(default_factory=dict)
    """SharedParams that don't stand in the table."""
    reading: int = 0
    """Which reader of the source's slot it is, if it is an engine."""
    _published: int = 0
    _before: dict[int, int] = field(default_factory=dict)
    _sent: Mapping[str, Value] | None = None

    def start_counting(self) -> None:
        """Count from here."""
        self._published = self.output.published
        for reader in range(self.output.readers):
            self.start_counting_for(reader)

    def start_counting_for(self, reader: int) -> None:
        """What ``reader`` did not take up to now isn't counted as dropped."""
        self._before[reader] = self.output.untaken(reader)

    @property
    def frames(self) -> int:
        """Frames delivered since counting began."""
        return self.output.published - self._published

    def dropped(self, reader: int) -> int:
        """Frames that ``reader`` never saw, since counting began."""
        return max(0, self.output.dropped(reader) - self._before.get(reader, 0))

    def send_values(self, frame: FrameValues) -> None:
        """Pass on the parameters below ``prefix``, and its own, unless they are what it was sent last."""
        names = (name for name in self.values.names if name not in self.own)
        named = {name: frame[_SHARED.get(name) or f"{self.prefix}/{name}"] for name in names}
        values = {**named, **self.own}
        if values != self._sent:
            self.values.write(values)
            self._sent = values

    def send_trigger(self, name: str, amount: float) -> None:
        """Pass on a trigger."""
        self.child.send({"trigger": name, "amount": amount})
