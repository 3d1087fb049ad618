"""The steps of one frame, the same for the live loop, the renderer and tests."""

from collections.abc import Sequence

from vj.layers.layer import Layer
from vj.layers.mixer import Mixer
from vj.params.control_queue import ControlBatch
from vj.show.desk import Desk


class FrameStep:
    """The steps of one frame: `advance`, `apply_values`, `update_layers` and `draw`, in this order.

    None of them waits.
    """

    def __init__(self, desk: Desk, layers: Sequence[Layer], mixer: Mixer, now: float) -> None:
        """All times are monotonic seconds; that of the first frame counts from ``now``."""
        self.desk = desk
        self.layers = layers
        self.mixer = mixer
        self._advanced_to = self._updated_at = now

    def begin(self, now: float) -> None:
        """Begin the show: beats and the first frame count from ``now``."""
        self.desk.begin(now)
        self._advanced_to = self._updated_at = now

    def advance(self, batch: ControlBatch | None, now: float, lookahead: float) -> None:
        """Apply ``batch``, and advance everything that moves by itself to ``now``.

        ``lookahead`` is the time (s) from ``now`` until the frame is seen. With several batches, a frame calls this for
        each.
        """
        self.desk.advance_frame(batch, now, max(0.0, now - self._advanced_to), lookahead)
        self._advanced_to = max(self._advanced_to, now)

    def apply_values(self) -> None:
        """Give every layer and its children the frame's values.

        The corrections that layers return take effect in the next frame.
        """
        for layer in self.layers:
            self.desk.settle(layer.apply_values(self.desk.values))

    def update_layers(self, now: float) -> float | None:
        """Take the newest pictures. Returns the capture time (s) of one that is shown for the first time, else None."""
        dt, self._updated_at = now - self._updated_at, now
        frozen, captured = bool(self.desk.values["/master/freeze"]), None
        for layer in self.layers:
            captured = layer.update(now, dt, frozen) or captured
        return captured

    def draw(self) -> None:
        """Draw the layers at the master's brightness, or black in a blackout."""
        values = self.desk.values
        self.mixer.draw(self.layers, 0.0 if values["/master/blackout"] else values.number("/master/opacity"))
