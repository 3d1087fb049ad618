"""A source or an engine of a layer: its process, the pictures that it gives, and the values that it follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vj.child.latest_frame import LatestFrame
from vj.child.shared_params import SharedParams
from vj.child.supervisor import Child
from vj.params.param import Value
from vj.params.store import FrameValues
from vj.params.tempo import BEAT_ZERO, TEMPO

_SHARED = {TEMPO.name: "/clock/bpm"}
"""Parameters outside a worker's prefix that are also sent to it: their addresses by the worker's names for them."""


@dataclass(eq=False)
class LayerWorker:
    """A child process of a layer: its source, or one of its engines.

    ``child`` is its process, ``output`` the memory into which it publishes pictures, ``values`` the memory from which
    it reads its parameters by name. ``prefix`` is where these stand in the show's table: ``/layer/1/source`` or
    ``/layer/1/model``.
    """

    child: Child
    output: LatestFrame
    values: SharedParams
    prefix: str
    own: Mapping[str, Value] = field(default_factory=dict)
    """Values by name that it gets instead of those in the table, such as the name of the model to run."""
    reader_number: int = 0
    """Its number among the readers of the source's pictures, if it is an engine; 0 for a source."""
    slot: int = 0
    """The number of the slot into which it publishes, if it is a source."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """The addresses of those of its parameters that don't stand below ``prefix``, by its names for them."""
    beat_zero: float = 0.0
    """When the show's clock was at beat 0 (monotonic s), which a source gets that keeps to the beat; 0: unknown."""
    _published: int = 0
    _before: dict[int, int] = field(default_factory=dict)
    _sent: Mapping[str, Value] | None = None

    def start_counting(self) -> None:
        """Start counting ``frames``, and `dropped` for every reader of its pictures, afresh."""
        self._published = self.output.published
        for reader in range(self.output.readers):
            self.start_counting_for(reader)

    def start_counting_for(self, reader: int) -> None:
        """Start counting the drops of ``reader`` afresh: frames that it didn't take up to now don't count."""
        self._before[reader] = self.output.untaken(reader)

    @property
    def frames(self) -> int:
        """How many frames it has published since `start_counting`, else since it was made."""
        return self.output.published - self._published

    def dropped(self, reader: int) -> int:
        """Returns how many frames the reader number ``reader`` of its pictures missed since counting began.

        Counted up to the last frame that the reader took. Counting begins with `start_counting` or
        `start_counting_for`, else with the first frame.
        """
        return max(0, self.output.dropped(reader) - self._before.get(reader, 0))

    def send_values(self, frame: FrameValues) -> None:
        """Write the values of the child's parameters in ``frame`` into its memory, unless all are as they were last
        time.

        ``own`` values replace those in ``frame``. A parameter ``tempo`` gets ``/clock/bpm``, ``beat_zero`` the worker's
        own. Parameters that the show lacks, as its layer began with a source of another kind, keep their values.
        Triggers aren't among them.
        """
        named = {name: frame[address] for name in self.values.names if (address := self._address(name)) in frame}
        values = {**named, BEAT_ZERO.name: self.beat_zero, **self.own}
        if values != self._sent:
            self.values.write(values)
            self._sent = values

    def _address(self, name: str) -> str:
        return _SHARED.get(name) or self.elsewhere.get(name) or f"{self.prefix}/{name}"

    def send_trigger(self, name: str, amount: float) -> None:
        """Send the child the trigger ``name`` (without the prefix), with its argument ``amount``.

        Never waits: it is queued for the child, and lost while there is no process or 256 messages wait already.
        """
        self.child.send({"trigger": name, "amount": amount})
