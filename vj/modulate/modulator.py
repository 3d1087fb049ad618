"""One modulator: computes its level from frame to frame."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vj.base.errors import BadInput
from vj.modulate.envelope import Envelope
from vj.modulate.params import MODULATOR
from vj.modulate.shapes import SHAPES, parse_steps, random_level, step_level, wander
from vj.params.curves import bend
from vj.params.envelope_follower import EnvelopeFollower
from vj.params.param import Value
from vj.params.signals import Sound


@dataclass(frozen=True, slots=True)
class Moment:
    """What all modulators of a frame look at: ``now`` (monotonic seconds), ``dt`` (seconds since the last frame), the
    present ``beat`` with its fraction, the lengths of a ``bar`` and a ``phrase`` (beats), and the newest ``sound``.
    """

    now: float
    dt: float
    beat: float
    bar: float
    phrase: float
    sound: Sound


class Modulator:
    """Computes the level (0..1) of one modulator; what it moves is decided elsewhere.

    The same values and moments give the same levels. ``level`` is that of the last `advance`, 0 at first.
    """

    def __init__(self, number: int) -> None:
        """``number`` is that in ``/modulate/N``, from 1; its random levels depend on it."""
        self.number = number
        self.notice = ""
        """Why its drawn steps can't be read; empty if they can."""
        self.level = 0.0
        self.listens = False
        """Whether the sound moved it at the last `advance`, by its level or by onsets or kicks."""
        self._envelope = Envelope()
        self._follower = EnvelopeFollower(0.0, 0.0)
        self._counted: dict[str, float] = {}
        self._steps: tuple[str, tuple[float, ...]] = ("", (0.0,))
        self._cycles = 0.0

    def fire(self) -> None:
        """Set the envelope off: its level rises from the next `advance` on that is moved ``by`` the envelope, even if
        it is moved by something else until then.
        """
        self._envelope.fire()

    def advance(self, values: Mapping[str, Value], moment: Moment) -> float:
        """Move on to ``moment``, set ``level`` and ``listens``, and return the level of this frame: clamped to 0..1,
        then bent by its curve; once a frame.

        ``values`` are its settings by name (those in `NAMES`, such as ``by``, ``rate``, ``steps``). Steps that can't be
        read raise nothing: the last ones stay, and ``notice`` says why.
        """
        by_onset = values["by"] == "envelope" and values["on"] in ("onset", "kick")
        self.listens = by_onset or values["by"] == "audio"
        level = _KINDS[str(values["by"])](self, values, moment)
        self.level = bend(values["curve"], min(max(level, 0.0), 1.0))  # type: ignore[arg-type]
        return self.level

    def _lfo(self, values: Mapping[str, Value], moment: Moment) -> float:
        turns = self._turns(values, moment) + float(values["phase"])
        cycle = math.floor(turns)
        phase = turns - cycle
        match values["shape"]:
            case "random":
                return wander(self.number, cycle, phase)
            case "hold":
                return random_level(self.number, cycle)
            case "steps":
                return step_level(self._drawn(str(values["steps"])), phase)
            case shape:
                return SHAPES[str(shape)](phase, float(values["width"]))

    def _turns(self, values: Mapping[str, Value], moment: Moment) -> float:
        """Returns the cycles since the start. With a rate they are summed up, so that the phase doesn't jump when the
        rate changes.
        """
        if values["sync"]:
            return moment.beat / float(values["beats"])
        self._cycles += moment.dt * float(values["rate"])
        return self._cycles

    def _drawn(self, text: str) -> tuple[float, ...]:
        """Returns the steps that ``text`` describes. If it can't be read, returns the last ones and sets ``notice``."""
        if text != self._steps[0]:
            try:
                self._steps, self.notice = (text, parse_steps(text)), ""
            except BadInput as reason:
                self._steps, self.notice = (text, self._steps[1]), str(reason)
        return self._steps[1]

    def _enveloped(self, values: Mapping[str, Value], moment: Moment) -> float:
        if self._has_come(str(values["on"]), moment):
            self._envelope.fire()
        return self._envelope.advance(float(values["attack"]), float(values["release"]), moment.dt)

    def _heard(self, values: Mapping[str, Value], moment: Moment) -> float:
        heard = float(getattr(moment.sound, str(values["band"])))
        follower = self._follower
        follower.attack, follower.release = float(values["attack"]), float(values["release"])
        follower.gate = float(values["gate"])
        return follower.advance(heard, moment.dt)

    def _beaten(self, values: Mapping[str, Value], moment: Moment) -> float:
        """Returns 1 on each beat (bar, phrase), falling to 0 within the part ``width`` of it."""
        every = {"bar": moment.bar, "phrase": moment.phrase}.get(str(values["on"]), 1.0)
        gone, width = moment.beat / every % 1.0, float(values["width"])
        return 1.0 - gone / width if gone < width else 0.0

    def _has_come(self, what: str, moment: Moment) -> bool:
        """Returns whether another beat, onset … has come since the last call for the same ``what``."""
        counts = {
            "beat": math.floor(moment.beat),
            "bar": math.floor(moment.beat / moment.bar),
            "phrase": math.floor(moment.beat / moment.phrase),
            "onset": moment.sound.onsets,
            "kick": moment.sound.kicks,
        }
        count = counts.get(what, 0)
        before, self._counted[what] = self._counted.get(what, count), count
        return count != before


_KINDS = {
    "lfo": Modulator._lfo,
    "envelope": Modulator._enveloped,
    "audio": Modulator._heard,
    "beat": Modulator._beaten,
}
"""For each value of ``by``, the method that computes the level."""
NAMES = tuple(param.name for param in MODULATOR if param.kind != "trigger")
"""The names of the parameters that `Modulator.advance` reads."""
