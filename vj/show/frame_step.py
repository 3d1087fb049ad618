"""The steps of one frame, the same for the live loop, the renderer and tests."""

from collections.abc import Sequence

from vj.layers.layer import Layer
from vj.layers.mixer import Mixer
from vj.params.control_queue import ControlBatch
from vj.show.desk import Desk


class FrameStep:
    """A frame calls `advance`, `apply_values`, `update_layers` and `draw`, in this order. None of them waits."""

    def __init__(self, desk: Desk, layers: Sequence[Layer], mixer: Mixer, now: float) -> None:
        """The first frame's time counts from ``now`` (monotonic seconds), as all times here."""
        self.desk, self.layers, self.mixer = desk, layers, mixer
        self._advanced_to = self._updated_at = now

    def begin(self, now: float) -> None:
        """The show begins: beats and the first frame count from here."""
        self.desk.begin(now)
        self._advanced_to = self._updated_at = now

    def advance(self, batch: ControlBatch | None, now: float, lookahead: float) -> None:
        """Apply what controls did, and move everything that moves by itself, up to ``now``.

        ``lookahead``: seconds from now until the frame is seen. Several batches may come in one frame.
        """
        self.desk.advance_frame(batch, now, max(0.0, now - self._advanced_to), lookahead)
        self._advanced_to = max(self._advanced_to, now)

    def apply_values(self) -> None:
        """Give every layer and its children the frame's values. What it can't do is corrected in the next frame."""
        for layer in self.layers:
            self.desk.settle(layer.apply_values(self.desk.values))

    def update_layers(self, now: float) -> float | None:
        """Take the newest pictures. Returns the capture time of one that is shown for the first time, if there is."""
        dt, self._updated_at = now - self._updated_at, now
        frozen, captured = bool(self.desk.values["/master/freeze"]), None
        for layer in self.layers:
            captured = layer.update(now, dt, frozen) or captured
        return captured

    def draw(self) -> None:
        """Draw the layers, and the master over them."""
        values = self.desk.values
        self.mixer.draw(self.layers, 0.0 if values["/master/blackout"] else values.number("/master/opacity"))
