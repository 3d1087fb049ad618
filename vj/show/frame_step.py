"""The steps of one frame, the same for the live loop, the renderer and tests."""

from collections.abc import Sequence

from vj.gl.flash_limiter import FlashLimiter
from vj.layers.layer import Layer
from vj.layers.mixer import Mixer
from vj.params.control_queue import ControlBatch
from vj.show.desk import Desk
from vj.show.structure import Structure

_DIGITS = 3
"""Decimal places of the time (s) of beat 0, so that children aren't sent every tremor of a clock that is followed."""


class FrameStep:
    """The steps of one frame: `advance`, `apply_values`, `update_layers` and `draw`, in this order.

    None of them waits, and none presents the picture. The frame's values are ``desk.values``; ``layers`` begin with the
    lowest. ``flashes`` counts the flashes of what is drawn, and limits them.
    """

    def __init__(
        self, desk: Desk, layers: Sequence[Layer], mixer: Mixer, now: float, structure: Structure | None = None
    ) -> None:
        """``mixer`` draws the layers on its canvas. The first frame counts from ``now`` (monotonic seconds).

        ``structure`` adds and removes effects and layers, if anything does.
        """
        self.desk = desk
        self.layers = layers
        self.mixer = mixer
        self.structure = structure
        self.flashes = FlashLimiter(mixer.canvas)
        self._advanced_to = self._updated_at = now
        self._frozen = False

    def begin(self, now: float) -> None:
        """Begin the show: beats, flashes and the first frame count from ``now``."""
        self.desk.begin(now)
        self.flashes.begin()
        self._advanced_to = self._updated_at = now
        self.mixer.moment.time, self.mixer.moment.frame = 0.0, -1

    def advance(self, batch: ControlBatch | None, now: float, lookahead: float) -> None:
        """Apply ``batch`` (None: nothing was sent), and bring the desk's values to the time ``now``.

        ``lookahead`` is the time (s) from ``now`` until the frame is seen. With several batches, a frame calls this for
        each, in order of time; a ``now`` before that of the last call counts as no time passed. Layers are not touched.
        """
        self.desk.advance_frame(batch, now, max(0.0, now - self._advanced_to), lookahead)
        self._advanced_to = max(self._advanced_to, now)

    def apply_values(self) -> None:
        """Pass the frame's values to the mixer and to every layer, which passes source and models theirs.

        What a layer corrects, such as a model that it can't play, is set on the desk, and takes effect in the next
        frame.
        """
        if self.structure:
            self.structure.update(self._advanced_to)
        beat_zero = round(self.desk.tempo_control.tempo.at(0.0), _DIGITS)
        for layer in self.layers:
            self.desk.settle(layer.apply_values(self.desk.values, beat_zero))
        if self.mixer.effects.effects:  # values change nothing else in it
            self.mixer.apply_values(self.desk.values)

    def update_layers(self, now: float) -> float | None:
        """Have every layer take the newest pictures of its source and its model, and choose which it shows.

        ``now`` is the frame's time. Returns the capture time (monotonic seconds) of a picture that is shown for the
        first time, of the highest layer that has one, else None; also None while `/master/freeze` is on.
        """
        dt, self._updated_at = now - self._updated_at, now
        self._frozen, captured = bool(self.desk.values["/master/freeze"]), None
        if not self._frozen:
            moment = self.mixer.moment
            moment.time, moment.dt, moment.frame = moment.time + dt, dt, moment.frame + 1
        for layer in self.layers:
            captured = layer.update(now, dt, self._frozen) or captured
        return captured

    def draw(self) -> None:
        """Draw the layers on the mixer's canvas with the master's settings, or black in a blackout. Shows nothing.

        Flashes are counted in any case, and limited while `/output/flash_limit` is on.
        """
        values = self.desk.values
        brightness = 0.0 if values["/master/blackout"] else values.number("/master/opacity")
        crossfader = values.number("/master/crossfader")
        self.mixer.draw(self.layers, brightness, crossfader=crossfader, frozen=self._frozen)
        self.flashes.apply(self._updated_at, bool(values["/output/flash_limit"]))
