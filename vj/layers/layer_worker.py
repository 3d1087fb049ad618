"""A source or an engine of a layer: its process, the pictures that it gives, and the values that it follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vj.child.latest_frame import LatestFrame
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child
from vj.model.files.library import TEMPO
from vj.params.param import Value
from vj.params.store import FrameValues

_SHARED = {TEMPO.name: "/clock/bpm"}
"""Parameters outside a worker's prefix that are also sent to it: their addresses by the worker's names for them."""


@dataclass(eq=False)
class LayerWorker:
    """A child process of a layer. ``prefix`` is where its parameters stand in the show's table: `/layer/1/source`."""

    child: Child
    output: LatestFrame
    values: SharedParams
    prefix: str
    own: Mapping[str, Value] = field(default_factory=dict)
    """Values of its parameters that don't stand in the table, by name."""
    reader_number: int = 0
    """Its number among the readers of the source's pictures, if it is an engine."""
    _published: int = 0
    _before: dict[int, int] = field(default_factory=dict)
    _sent: Mapping[str, Value] | None = None

    def start_counting(self) -> None:
        """Start counting frames and drops afresh."""
        self._published = self.output.published
        for reader in range(self.output.readers):
            self.start_counting_for(reader)

    def start_counting_for(self, reader: int) -> None:
        """Start counting the drops of ``reader`` afresh: frames that it didn't take up to now don't count."""
        self._before[reader] = self.output.untaken(reader)

    @property
    def frames(self) -> int:
        """Frames delivered since counting began."""
        return self.output.published - self._published

    def dropped(self, reader: int) -> int:
        """Returns the frames that ``reader`` missed since counting began."""
        return max(0, self.output.dropped(reader) - self._before.get(reader, 0))

    def send_values(self, frame: FrameValues) -> None:
        """Pass on the child's parameters in ``frame``, and its ``own`` values, unless all are as they were sent."""
        names = (name for name in self.values.names if name not in self.own)
        named = {name: frame[_SHARED.get(name) or f"{self.prefix}/{name}"] for name in names}
        values = {**named, **self.own}
        if values != self._sent:
            self.values.write(values)
            self._sent = values

    def send_trigger(self, name: str, amount: float) -> None:
        """Pass on the trigger ``name`` with its argument ``amount``."""
        self.child.send({"trigger": name, "amount": amount})
