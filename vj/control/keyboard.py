"""The keys of the computer's keyboard. What each key does is a `KeyBinding`, which is checked when the show starts."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, digits
from typing import Literal, get_args

from vj.base.clock import Clock
from vj.base.errors import BadInput, unknown
from vj.params.control_queue import ACTIONS, Change, ControlQueue
from vj.params.param import Kind, ParamTable, Value

KeyAction = Literal["toggle", "step", "set", "fire", "hold"]

KEYS = (
    *ascii_lowercase,
    *digits,
    *(f"f{number}" for number in range(1, 13)),
    *("space", "escape", "enter", "tab", "backspace", "insert", "delete"),
    *("left", "right", "up", "down", "page_up", "page_down", "home", "end"),
    *("minus", "equal", "comma", "period", "slash", "backslash", "semicolon", "apostrophe", "grave_accent"),
    *("left_bracket", "right_bracket"),
    *(f"kp_{digit}" for digit in digits),
    *("kp_decimal", "kp_divide", "kp_multiply", "kp_subtract", "kp_add", "kp_enter"),
)
"""The names of keys, as GLFW has them: by their place on a US keyboard; ``kp`` is the number pad."""
MODIFIERS = ("shift", "ctrl")
"""Keys that may be held down with another: ``shift+f1``, ``ctrl+s``, ``shift+ctrl+z``."""

_MOST_ENTRIES = 1000
"""The most entries of a choice that one step may go."""
QUIT_WITHIN = 1.0
"""Two presses of escape within so many seconds ask to quit."""

_KINDS: Mapping[KeyAction, tuple[Kind, ...]] = {
    "toggle": ACTIONS["toggle"],
    "step": ACTIONS["step"],
    "fire": ACTIONS["fire"],
    "hold": ("bool",),
    "set": ("float", "int", "bool", "choice", "text", "picture", "look"),
}
"""The kinds of parameter that each action is for."""


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """What ``key`` does to the parameter at ``address``, depending on ``action``.

    ``key`` is one of `KEYS`, after the `MODIFIERS` that are held with it: ``f``, ``shift+ctrl+z``. ``toggle`` switches
    an on/off; ``hold`` switches it on while the key is down; neither takes a ``value``. ``set`` sets the parameter to
    ``value``; ``step`` moves it by ``value``, a part of the range (−1..1) for numbers and a count of entries for
    choices; ``fire`` fires a trigger, with ``value`` as its argument where it takes one.
    """

    key: str
    address: str
    action: KeyAction
    value: Value | None = None


DEFAULT_BINDINGS = (
    KeyBinding("f", "/output/fullscreen", "toggle"),
    KeyBinding("h", "/output/hud", "toggle"),
    KeyBinding("slash", "/output/keys", "toggle"),
    KeyBinding("shift+slash", "/output/keys", "toggle"),
    KeyBinding("b", "/master/blackout", "toggle"),
    KeyBinding("space", "/master/freeze", "toggle"),
    KeyBinding("up", "/layer/1/model/strength", "step", 0.05),
    KeyBinding("down", "/layer/1/model/strength", "step", -0.05),
    KeyBinding("right", "/layer/1/model/style", "step", 1),
    KeyBinding("left", "/layer/1/model/style", "step", -1),
    *(KeyBinding(str(number), "/layer/1/model/style", "set", number - 1) for number in range(1, 10)),
    KeyBinding("escape", "/master/panic", "fire"),
    KeyBinding("t", "/clock/tap", "fire"),
    KeyBinding("shift+t", "/clock/resync", "fire"),
    KeyBinding("minus", "/clock/half", "fire"),
    KeyBinding("equal", "/clock/double", "fire"),
    KeyBinding("comma", "/clock/nudge", "fire", -0.02),
    KeyBinding("period", "/clock/nudge", "fire", 0.02),
    *(KeyBinding(f"f{slot}", f"/snapshot/{slot}", "fire") for slot in range(1, 9)),
    *(KeyBinding(f"shift+f{slot}", "/snapshot/store", "fire", slot) for slot in range(1, 9)),
    KeyBinding("enter", "/cue/go", "fire"),
    KeyBinding("backspace", "/cue/back", "fire"),
    KeyBinding("x", "/random/go", "fire"),
    KeyBinding("ctrl+z", "/history/undo", "fire"),
    KeyBinding("shift+ctrl+z", "/history/redo", "fire"),
    KeyBinding("k", "/layer/1/train/keep", "fire"),
    KeyBinding("g", "/layer/1/train/go", "fire"),
    KeyBinding("shift+g", "/layer/1/train/stop", "fire"),
    KeyBinding("u", "/layer/1/train/undo", "fire", 2.0),
    KeyBinding("l", "/learn/on", "toggle"),
    KeyBinding("page_down", "/learn/next", "fire"),
    KeyBinding("page_up", "/learn/previous", "fire"),
    KeyBinding("delete", "/learn/forget", "fire"),
    KeyBinding("ctrl+s", "/show/save", "fire"),
)
"""What keys do unless a preset binds them otherwise, as far as the show has these addresses."""
_LEARNING = {"escape": "/learn/cancel", "enter": "/learn/replace"}
"""The triggers that these keys fire while a MIDI control is learned; they do nothing else then."""


class Keyboard:
    """Turns key presses into values and changes in the control queue; it sets nothing itself.

    Escape twice within `QUIT_WITHIN` seconds sets ``quit_requested`` for good, whatever escape is bound to. While a
    MIDI control is learned, escape fires `/learn/cancel` and enter `/learn/replace`, and these two keys do nothing
    else.
    """

    def __init__(
        self,
        table: ParamTable,
        queue: ControlQueue,
        bindings: Iterable[KeyBinding],
        clock: Clock,
        learning: Callable[[], bool] = lambda: False,
    ) -> None:
        """``bindings`` are the preset's own; a key that they name, with the same modifiers, loses all its defaults
        (`DEFAULT_BINDINGS`). ``clock`` gives the times of triggers. ``learning`` returns whether a MIDI control is
        being learned.

        A default for something that this show lacks is left out. Raises BadInput for a binding of the preset that
        `check` refuses.
        """
        self._table = table
        self._queue = queue
        self._clock = clock
        self._learning = learning
        own = tuple(bindings)
        taken = {binding.key for binding in own}
        defaults = tuple(spare for spare in DEFAULT_BINDINGS if spare.key not in taken and fits(spare, table))
        self._bindings: dict[str, list[KeyBinding]] = {}
        for binding in own + defaults:
            check(binding, table)
            self._bindings.setdefault(binding.key, []).append(binding)
        self._down: dict[str, str] = {}
        self._escaped = -math.inf
        self.quit_requested = False

    def described(self) -> list[str]:
        """Returns a new list with a line for every binding, the preset's first, as ``KEY:  ACTION ADDRESS VALUE`` (two
        spaces after the colon; no value where there is none). A key with two bindings has two lines.

        Neighbours with the same action share a line, without the value and with the first one's address, if their keys
        differ by a number at the end only, and so do their addresses or not at all: ``f1 ... f8:  fire /snapshot/1``.
        """
        rows: list[tuple[tuple[str, str, str], list[KeyBinding]]] = []
        for binding in (one for bound in self._bindings.values() for one in bound):
            kind = (binding.key.rstrip(digits), binding.action, binding.address.rstrip(digits))
            if rows and rows[-1][0] == kind and binding.key[-1] in digits:
                rows[-1][1].append(binding)
            else:
                rows.append((kind, [binding]))
        return [_line(row) for _, row in rows]

    def key(self, name: str, pressed: bool) -> None:
        """Handle a key that went down (``pressed``) or came up, by queueing what it is bound to. ``name`` is as
        `KeyBinding.key`, with the modifiers that are held: ``shift+f1``. Keys without a binding do nothing.

        Only ``hold`` does something when a key comes up; its modifiers may have come up before it. A key that is held
        down repeats, as if it were pressed again and again. Callers should pass on repeats only of keys that step.
        """
        plain = name.rpartition("+")[2]
        if pressed:
            self._down[plain] = name
        else:
            name = self._down.pop(plain, name)  # the modifier may have come up first
        if plain in _LEARNING and self._learning():
            self._answer(_LEARNING[plain], pressed)
            return
        for binding in self._bindings.get(name, ()):
            if pressed or binding.action == "hold":
                self._act(binding, pressed)
        if name == "escape" and pressed:
            now = self._clock.now()
            self.quit_requested |= now - self._escaped <= QUIT_WITHIN
            self._escaped = now

    def _answer(self, address: str, pressed: bool) -> None:
        if pressed:
            self._queue.put_change(Change(address, "fire"))

    def _act(self, binding: KeyBinding, pressed: bool) -> None:
        if binding.address not in self._table:  # it may come back
            return
        if binding.action == "hold":
            self._queue.put(binding.address, pressed)
        elif binding.action == "set":
            param = self._table[binding.address]
            self._queue.put(binding.address, param.check(binding.value, strict=param.kind == "picture"))
        elif isinstance(binding.value, str):
            self._queue.put_change(Change(binding.address, "fire", at=self._clock.now(), text=binding.value))
        else:
            at = self._clock.now() if binding.action == "fire" else 0.0
            self._queue.put_change(Change(binding.address, binding.action, float(binding.value or 0.0), at))


def _line(row: Sequence[KeyBinding]) -> str:
    """Returns one line for several bindings, from the first to the last."""
    first, last = row[0], row[-1]
    keys = first.key if len(row) == 1 else f"{first.key} ... {last.key}"
    value = "" if first.value is None or len(row) > 1 else f" {first.value}"
    return f"{keys}:  {first.action} {first.address}{value}"


def fits(binding: KeyBinding, table: ParamTable) -> bool:
    """Returns whether the binding can work in a show with ``table``: its key, address and action are known and fit each
    other, and so does its value; that is, whether `check` raises nothing.
    """
    try:
        check(binding, table)
    except BadInput:
        return False
    return True


def check(binding: KeyBinding, table: ParamTable) -> None:
    """Raises BadInput, naming the key, for a binding that can't work in a show with ``table``: for an unknown key,
    address or action, modifiers in another order than `MODIFIERS`, an action that isn't for this kind of parameter, or
    a value that it doesn't take.
    """
    *held, key = binding.key.split("+")
    if key not in KEYS:
        raise unknown("key", key, KEYS)
    if held != [modifier for modifier in MODIFIERS if modifier in held]:
        raise BadInput(f"key {binding.key!r}: before the key may stand {' and '.join(MODIFIERS)}, in this order")
    try:
        _check_action(binding, table)
    except BadInput as reason:
        raise BadInput(f"key {binding.key!r}: {reason}") from None


def _check_action(binding: KeyBinding, table: ParamTable) -> None:
    param, action, value = table[binding.address], binding.action, binding.value
    param.check_settable(binding.address)
    if action not in get_args(KeyAction):
        raise unknown("action", action, get_args(KeyAction))
    if param.kind not in _KINDS[action]:
        raise BadInput(f"{action} is for {' and '.join(_KINDS[action])}, and {binding.address} is a {param.kind}")
    if action == "set" or (action == "fire" and (value is not None or param.low != param.high or param.takes_text)):
        param.check(value, strict=True)
    elif action == "step":
        _check_step(value, whole=param.kind == "choice")
    elif value is not None:
        raise BadInput(f"{action} takes no value, not {value!r}")


def _check_step(value: Value | None, whole: bool) -> None:
    """Raises BadInput unless ``value`` is a count of entries (``whole``), or a part of the range between -1 and 1; 0 is
    neither.
    """
    most = _MOST_ENTRIES if whole else 1
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 < abs(value) <= most and not (whole and value % 1):  # type: ignore[arg-type, operator]
        return
    means = "a count of entries such as 1 or -1" if whole else "a part of the range, from -1 to 1"
    raise BadInput(f"step takes {means}, not {value!r}")
