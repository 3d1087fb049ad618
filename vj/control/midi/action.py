"""A binding at work on one port: what it queues when its control moves."""

from collections.abc import Mapping

from vj.control.midi.mapping import ANY, MidiBinding, Relative, mode_of, scale_of, step_of
from vj.control.midi.message import ControlMove
from vj.control.midi.takeover import Takeover
from vj.params.control_queue import Change, ControlQueue
from vj.params.param import Param, Value

_KEYS = ("note", "program")
_CONTINUOUS = ("cc", "cc14", "nrpn", "rpn", "pitch")
"""Types of control that have a position; a key or a pressure is always at rest before it is played."""


class Action:
    """Does what one binding says, on one port, when its control moves: it queues values and changes.

    ``mode`` and ``scale`` are those of the binding for its parameter (see `mode_of` and `scale_of`).
    """

    def __init__(self, binding: MidiBinding, param: Param, queue: ControlQueue) -> None:
        """``param`` is the parameter at the binding's address. The binding must have passed
        `vj.control.midi.mapping.check`.
        """
        self.binding = binding
        self.param = param
        self._queue = queue
        self.mode = mode_of(binding, param)
        self.scale = scale_of(binding, param)
        self._step = step_of(binding, param)
        is_followed = binding.type in _CONTINUOUS and self.mode == "absolute"
        self._takeover = Takeover(binding.takeover if is_followed else "none", self.scale)
        self.is_continuous = is_followed
        """Whether it is a fader, a wheel or a knob, rather than something that is pressed."""
        self._pressed = False

    @property
    def waits(self) -> bool:
        """Whether the control was moved and has yet to meet the parameter's value. Only a binding with takeover
        ``pickup`` waits.
        """
        return self._takeover.waits

    def forget(self) -> None:
        """Queue the release of a ``momentary`` binding whose control is held down, as it won't come by itself, and
        forget where a fader or knob stood: the controller is away, or was.
        """
        if self._pressed:
            self._pressed = False
            self._release()
        if self.is_continuous:
            self._takeover.forget()

    def moved(self, moved: ControlMove, values: Mapping[str, Value], at: float) -> bool:
        """Act on a move of the control at the time ``at`` (monotonic seconds). Returns whether anything was queued.

        Encoders queue a step; with the mode ``absolute`` the parameter follows the control, as takeover allows; with
        any other mode pressing counts, and for ``momentary`` also releasing. ``values`` are what the parameters are set
        to now, by address.
        """
        if self.binding.relative != "none" or moved.step:
            detents = moved.step or _detents(moved.value, self.binding.relative)
            return bool(detents) and self._turn(detents)
        if self.mode == "absolute":
            return self._follow(moved, values)
        is_key = moved.control.type in _KEYS
        was, self._pressed = self._pressed, moved.value > 0 if is_key else 2 * moved.value >= moved.most
        if self._pressed and (is_key or not was):
            return self._press(moved, values, at)
        return was and not self._pressed and self._release()

    def _turn(self, detents: int) -> bool:
        if self.param.kind == "trigger" or self.mode == "set":
            return False
        if self.param.kind == "bool":
            self._queue.put(self.binding.address, (detents * self._step) > 0)
        else:
            self._queue.put_change(Change(self.binding.address, "step", detents * self._step))
        return True

    def _follow(self, moved: ControlMove, values: Mapping[str, Value]) -> bool:
        if moved.control.type in _KEYS:
            if not moved.value:
                return False
            value: Value | None = self._numbered(moved) if self._counts(moved) else self.scale.value(moved.position)
        else:
            value = self._takeover.move(moved.position, values[self.binding.address])
        if value is None:
            return False
        self._queue.put(self.binding.address, value)
        return True

    def _counts(self, moved: ControlMove) -> bool:
        """Returns whether the control's number gives the value: the binding is for any program, or any key."""
        return self.binding.number == ANY and moved.control.type in _KEYS

    def _numbered(self, moved: ControlMove) -> Value:
        number = min(self.scale.low + moved.control.number, max(self.scale.low, self.scale.high))
        return self.param.check(int(number) if self.param.kind == "choice" else number)

    def _press(self, moved: ControlMove, values: Mapping[str, Value], at: float) -> bool:
        if self.mode == "trigger":
            number = moved.control.number if self._counts(moved) else 0
            amount = min(self.scale.low + number, self.param.high)
            text = str(self.binding.value) if self.param.takes_text else ""
            self._queue.put_change(Change(self.binding.address, "fire", float(amount), at, text))
        elif self.mode == "step":
            self._queue.put_change(Change(self.binding.address, "step", self._step, at))
        elif self.mode in ("momentary", "set"):
            self._queue.put(self.binding.address, self.scale.value(1.0))
        elif self.param.kind == "bool":
            self._queue.put_change(Change(self.binding.address, "toggle", 0.0, at))
        else:
            low, high = self.scale.value(0.0), self.scale.value(1.0)
            self._queue.put(self.binding.address, low if values[self.binding.address] == high else high)
        return True

    def _release(self) -> bool:
        if self.mode != "momentary":
            return False
        self._queue.put(self.binding.address, self.scale.value(0.0))
        return True


def _detents(value: int, relative: Relative) -> int:
    """Returns how many detents an encoder went; right is positive."""
    if relative == "offset":
        return value - 64
    if relative == "sign":
        return value if value < 64 else 64 - value
    return value if value < 64 else value - 128
