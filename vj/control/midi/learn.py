"""MIDI learn: the performer chooses a parameter and moves a control. If that is bound already, the performer is asked
first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vj.control.midi.detect_encoder import DetectedEncoder, Recogniser
from vj.control.midi.mapping import MidiBinding, overlap
from vj.control.midi.message import ControlMove
from vj.control.midi.params import PREFIX
from vj.control.midi.takeover import TakeoverMode
from vj.params.param import Param, ParamTable, Value
from vj.params.scope import Scope

_MOST_PORTS = 32


@dataclass(frozen=True)
class Conflict:
    """A question to the performer: ``wanted`` would take its control away from the bindings ``held``, of which at least
    one is of another parameter.
    """

    wanted: MidiBinding
    held: tuple[MidiBinding, ...]


class Learner:
    """Keeps the bindings of the preset and learns new ones; ``bindings`` is the tuple of both, which is replaced when
    it changes. The defaults of a controller's profile are no conflict: they give way.

    Once a parameter is bound, nothing more is bound to it until it, or another one, is chosen: touching a second
    control by accident must not count. ``notice`` is a line for the display about what is or was learned, or an empty
    text.
    """

    def __init__(self, table: ParamTable, bindings: Sequence[MidiBinding], post: Callable[[str, Value], None]) -> None:
        """``bindings`` are the preset's. ``post`` takes an address below `/learn` and its new value: which parameter is
        chosen (`/learn/address`), and that learning has ended (`/learn/on`). Only parameters of ``table`` that may be
        learned, and aren't texts, are offered.
        """
        self._table = table
        self._post = post
        self.bindings = tuple(bindings)
        self.notice = ""
        self._armed = ""
        self._chosen = ""
        self._on = False
        self._takeover: TakeoverMode = "pickup"
        self._recognisers: dict[str, Recogniser] = {}
        self._conflict: Conflict | None = None
        self._choices = _choices(table)

    def follow_table(self) -> None:
        """Offer the parameters that the table has now. If the one that waits for a control has gone, none waits."""
        self._choices = _choices(self._table)
        if self._armed and self._armed not in self._choices:
            self._conflict = None
            self._arm()

    @property
    def armed(self) -> str:
        """The address of the parameter that the next control is for; empty if none is awaited. During a conflict it
        stays.
        """
        return self._armed

    def heed(self, values: Mapping[str, Value]) -> None:
        """Take over `/learn/on`, `/learn/address` and `/learn/takeover` from ``values`` (by whole address). If one of
        the first two has changed, wait for a control for the chosen parameter, or for none, and drop a conflict.
        """
        self._takeover = values[f"{PREFIX}/takeover"]  # type: ignore[assignment]
        on, chosen = bool(values[f"{PREFIX}/on"]), str(values[f"{PREFIX}/address"])
        if (on, chosen) == (self._on, self._chosen):
            return
        self._on, self._chosen = on, chosen
        self._conflict = None
        self._arm()

    def handle_trigger(self, name: str) -> None:
        """Handle a trigger below `/learn`, given the last part of its address. ``next`` and ``previous`` post another
        parameter to choose; ``replace`` binds what a conflict is about; ``cancel`` ends learning; ``forget`` removes
        all bindings of the chosen parameter. Any other does nothing.
        """
        if name in ("next", "previous"):
            self._choose(1 if name == "next" else -1)
        elif name == "replace" and self._conflict:
            self._bind(self._conflict.wanted)
        elif name == "cancel":
            self._conflict, self._armed, self.notice = None, "", ""
            self._post(f"{PREFIX}/on", False)
        elif name == "forget":
            self._forget()

    def bind_moved(self, port: str, moved: ControlMove) -> None:
        """Bind a control of ``port`` that was moved to the parameter that waits for one, once the control is recognised
        (see `Recogniser`). If it moves another parameter already, that becomes a conflict, and ``notice`` asks. Nothing
        happens unless learning waits for a control.
        """
        if not self._armed or self._conflict:
            return
        if port not in self._recognisers and len(self._recognisers) >= _MOST_PORTS:
            return
        found = self._recognisers.setdefault(port, Recogniser()).hear(moved)
        param = self._table.find(self._armed)
        if found and param:
            self._propose(_binding(param, self._armed, port, found, self._takeover))

    def _arm(self) -> None:
        self._recognisers.clear()
        self._armed = self._chosen if self._on and self._chosen in self._choices else ""
        if not self._on:
            self.notice = ""
        elif self._armed:
            self.notice = f"learn {self._armed}: move a control"
        else:
            self.notice = f"learn: {self._chosen!r} can't be bound" if self._chosen else "learn: choose a parameter"

    def _choose(self, by: int) -> None:
        if not self._choices:
            return
        known = self._chosen in self._choices
        place = self._choices.index(self._chosen) + by if known else min(by, 0)
        self._post(f"{PREFIX}/address", self._choices[place % len(self._choices)])

    def _propose(self, wanted: MidiBinding) -> None:
        held = tuple(binding for binding in self.bindings if overlap(binding, wanted))
        if any(binding.address != wanted.address for binding in held):
            self._conflict = Conflict(wanted, held)
            others = ", ".join(binding.address for binding in held if binding.address != wanted.address)
            self.notice = f"learn: {wanted} moves {others}; replace or cancel?"
        else:
            self._bind(wanted)

    def _bind(self, wanted: MidiBinding) -> None:
        kept = [binding for binding in self.bindings if not overlap(binding, wanted)]
        self.bindings = (*kept, wanted)
        self._conflict, self._armed = None, ""
        self.notice = f"learned: {wanted} moves {wanted.address}"

    def _forget(self) -> None:
        kept = tuple(binding for binding in self.bindings if binding.address != self._chosen)
        gone = len(self.bindings) - len(kept)
        self.bindings = kept
        self._conflict = None
        self._arm()
        if self._on:
            self.notice = f"learn: {self._chosen!r} had {gone or 'no'} control{'s' if gone > 1 else ''}"


def _choices(table: ParamTable) -> list[str]:
    """Returns the addresses that a control may be learned for."""
    params = dict(table.items())
    return [a for a, p in params.items() if not p.is_text and not p.takes_text and Scope.LEARN in p.scope]


def _binding(param: Param, address: str, port: str, found: DetectedEncoder, takeover: TakeoverMode) -> MidiBinding:
    """Returns the binding that suits the parameter and the control: buttons toggle, fire or step; all else is
    followed.
    """
    control = found.control
    binding = MidiBinding(address, control.type, control.number, control.channel, port, takeover=takeover)
    if param.kind == "trigger":
        return replace(binding, mode="trigger")
    if found.sort == "encoder":
        return replace(binding, relative=found.relative)
    if found.sort == "button":
        return replace(binding, mode="step" if param.kind == "choice" else "toggle")
    return binding
