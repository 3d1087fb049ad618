"""A MIDI controller that is plugged in: its decoder, its bindings at work, its lights."""

from collections.abc import Iterable, Mapping, Sequence

from vj.control.midi.action import Action
from vj.control.midi.decode import MidiDecoder
from vj.control.midi.feedback import MidiFeedback
from vj.control.midi.mapping import ANY, MidiBinding, fits, own_first
from vj.control.midi.message import ControlMove, MidiControl
from vj.control.midi.profile import profile_of
from vj.params.control_queue import ControlQueue
from vj.params.param import ParamTable, Value

_Key = tuple[str, int, int]
"""The type, channel and number of a binding, by which those of a control are found."""


class MidiDevice:
    """A MIDI controller at the port with the name ``port``. ``opened`` is the number of the port's opening, which
    changes when it is opened anew.

    ``decoder`` decodes what comes from it, ``profile`` is the one that fits its name, and ``feedback`` knows what its
    lights show. It has no bindings before `bind`.
    """

    def __init__(self, port: str, opened: int, table: ParamTable, queue: ControlQueue) -> None:
        """``table`` holds the parameters of the show; what its controls do goes into ``queue``. Nothing is opened or
        sent.
        """
        self.port = port
        self.opened = opened
        self.decoder = MidiDecoder()
        self.profile = profile_of(port)
        self._table = table
        self._queue = queue
        self._actions: dict[MidiBinding, Action] = {}
        self._by_key: dict[_Key, list[Action]] = {}
        self.feedback = MidiFeedback((), self.profile, port)

    def bind(self, own: Sequence[MidiBinding]) -> None:
        """Use ``own``, as far as they are for this port, from now on, and those defaults of the profile whose control
        has nothing else to do. A binding that was used before goes on as it stands; all others are dropped. One whose
        parameter isn't in the table now does nothing. Every light is sent again.
        """
        table, defaults = self._table, self.profile.defaults(self._table, self.port)
        heard = [binding for binding in own if binding.port.lower() in self.port.lower()]
        before, self._actions, self._by_key = self._actions, {}, {}
        for binding in dict.fromkeys(own_first(heard, defaults)):
            param = table.find(binding.address)
            if param is None or not fits(binding, table):
                continue
            action = before.get(binding)
            if action is None or action.param is not param:
                action = Action(binding, param, self._queue)
            self._actions[binding] = action
            self._by_key.setdefault((binding.type, binding.channel, _number(binding)), []).append(action)
        for binding in before.keys() - self._actions.keys():
            before[binding].forget()  # its key may be held down just now
        self.light()

    def reopen(self, opened: int) -> None:
        """Start anew after the controller was away, with a new decoder: release what was held down, forget where faders
        stood, and have every light sent again. ``opened`` is the number of the new opening.
        """
        self.opened, self.decoder = opened, MidiDecoder()
        self.leave()
        self.light()

    def leave(self) -> None:
        """Release what its controls held down, and forget where its faders stand, as the controller goes or
        was away.
        """
        for action in self._actions.values():
            action.forget()

    def light(self) -> None:
        """Forget which lights are lit, so that ``feedback`` gives all of them again. Sends nothing itself."""
        self.feedback = MidiFeedback(self._actions.values(), self.profile, self.port)

    def moved(self, moved: ControlMove, values: Mapping[str, Value], at: float) -> bool:
        """Act on a move of a control at the time ``at`` (monotonic seconds), by every binding that is for it. Returns
        whether any of them queued something.

        ``values`` are what the parameters are set to, by address.
        """
        self.feedback.moved(moved.control, at)
        applied = False
        for action in self._bound_to(moved.control):
            if action.param.kind == "trigger" or action.binding.address in values:  # else it has just gone
                applied |= action.moved(moved, values, at)
        return applied

    def awaited(self, control: MidiControl) -> str:
        """Returns the address of the parameter that ``control`` has yet to meet (see `Action.waits`), the first one if
        there are several, or an empty text.
        """
        return next((action.binding.address for action in self._bound_to(control) if action.waits), "")

    def _bound_to(self, control: MidiControl) -> Iterable[Action]:
        kind, channel, number = control
        for key in ((kind, channel, number), (kind, 0, number), (kind, channel, ANY), (kind, 0, ANY)):
            yield from self._by_key.get(key, ())


def _number(binding: MidiBinding) -> int:
    return 0 if binding.type in ("pitch", "pressure") else binding.number
