"""A MIDI controller that is plugged in: its decoder, its bindings at work, its lights."""

from collections.abc import Iterable, Mapping, Sequence

from vj.control.midi.action import Action
from vj.control.midi.decode import MidiDecoder
from vj.control.midi.feedback import MidiFeedback
from vj.control.midi.mapping import ANY, MidiBinding, own_first
from vj.control.midi.message import ControlMove, MidiControl
from vj.control.midi.profile import profile_of
from vj.params.control_queue import ControlQueue
from vj.params.param import ParamTable, Value

_Key = tuple[str, int, int]
"""The type, channel and number of a binding, by which those of a control are found."""


class MidiDevice:
    """A MIDI controller at one port. ``opened`` is the number of the port's opening, which changes when it is opened
    anew.
    """

    def __init__(self, port: str, opened: int, table: ParamTable, queue: ControlQueue) -> None:
        self.port = port
        self.opened = opened
        self.decoder = MidiDecoder()
        self.profile = profile_of(port)
        self._table = table
        self._queue = queue
        self._defaults = self.profile.defaults(table, port)
        self._actions: dict[MidiBinding, Action] = {}
        self._by_key: dict[_Key, list[Action]] = {}
        self.feedback = MidiFeedback((), self.profile, port)

    def bind(self, own: Sequence[MidiBinding]) -> None:
        """Use ``own`` and the profile's defaults from now on. A binding that was used before goes on as it stands."""
        heard = [binding for binding in own if binding.port.lower() in self.port.lower()]
        before, self._actions, self._by_key = self._actions, {}, {}
        for binding in dict.fromkeys(own_first(heard, self._defaults)):
            action = before.get(binding) or Action(binding, self._table[binding.address], self._queue)
            self._actions[binding] = action
            self._by_key.setdefault((binding.type, binding.channel, _number(binding)), []).append(action)
        self.light()

    def reopen(self, opened: int) -> None:
        """Start anew after the controller was away: faders may stand anywhere, and every light is dark."""
        self.opened, self.decoder = opened, MidiDecoder()
        self.leave()
        self.light()

    def leave(self) -> None:
        """Release what its keys held down, as the controller goes or was away."""
        for action in self._actions.values():
            action.forget()

    def light(self) -> None:
        """Have every light sent again."""
        self.feedback = MidiFeedback(self._actions.values(), self.profile, self.port)

    def moved(self, moved: ControlMove, values: Mapping[str, Value], at: float) -> bool:
        """Act on a move of a control at the time ``at`` (monotonic seconds). Returns whether any binding queued
        something.

        ``values`` are what the parameters are set to.
        """
        self.feedback.moved(moved.control, at)
        applied = False
        for action in self._bound_to(moved.control):
            applied |= action.moved(moved, values, at)
        return applied

    def awaited(self, control: MidiControl) -> str:
        """Returns the address that ``control`` has yet to meet, or an empty text."""
        return next((action.binding.address for action in self._bound_to(control) if action.waits), "")

    def _bound_to(self, control: MidiControl) -> Iterable[Action]:
        kind, channel, number = control
        for key in ((kind, channel, number), (kind, 0, number), (kind, channel, ANY), (kind, 0, ANY)):
            yield from self._by_key.get(key, ())


def _number(binding: MidiBinding) -> int:
    return 0 if binding.type in ("pitch", "pressure") else binding.number
