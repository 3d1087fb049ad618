"""The parameter table: one line declares a parameter, and everything else follows from it.

Address, range, clamping, smoothing, help text, preset key, key binding and OSC type are all read from the one `Param`;
nothing about a parameter is written a second time.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from vj.base.errors import BadInput, unknown
from vj.base.paths import is_mere_name
from vj.params.scope import EVERYTHING, Scope

Value = float | int | bool | str
"""A parameter's value: of its kind's type, where a choice is its name as a text. Triggers have none."""
Kind = Literal["float", "int", "bool", "choice", "trigger", "text", "picture", "look"]
"""A ``text`` is free text; a ``picture`` is the name of a picture file, a ``look`` that of a trained look."""

LONGEST_TEXT = 1000
"""The most bytes that a text value may have in UTF-8."""

_MOST_LISTED = 8
"""The most addresses that an error lists."""
_ON_OFF = dict.fromkeys(("1", "on", "true", "yes"), True) | dict.fromkeys(("0", "off", "false", "no"), False)


@dataclass(frozen=True, slots=True)
class Param:
    """The declaration of one parameter; it holds no value. ``name`` is the end of its address.

    ``low`` and ``high`` bound floats and ints, and the argument of a trigger that takes one; they are equal for a
    trigger without an argument. ``choices`` are the names that a choice takes, in order. ``smooth`` is the time
    constant in seconds with which a float follows its target (0: at once). A trigger with ``launch`` waits for a beat
    if `/clock/quantise` says so. A ``heavy`` trigger goes through all parameters, so only a few are carried out in one
    frame. A trigger that ``takes_text`` has a text as its argument, such as the name of what is to be added. ``scope``
    is what the parameter takes part in. An int that ``jumps`` isn't a quantity but the number of something, such as of
    a clip: a fade changes it at once, as it does a choice. What is ``told`` is set by the show alone, such as how far
    it is with something; controls only read it. Raises BadInput for a ``default`` that it doesn't take.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    default: Value = 0.0
    unit: str = ""
    help: str = ""
    kind: Kind = "float"
    choices: tuple[str, ...] = ()
    smooth: float = 0.0
    launch: bool = False
    heavy: bool = False
    scope: Scope = EVERYTHING
    takes_text: bool = False
    jumps: bool = False
    told: bool = False

    def __post_init__(self) -> None:
        if self.kind != "trigger":  # convert the default to its kind: 1 becomes 1.0 for a float
            object.__setattr__(self, "default", self._check(self.default, strict=True))

    @property
    def range(self) -> str:
        """The range as text without the unit: ``0..1``, ``on/off``, the choices joined by ``|``, or the kind of a text.

        It is ``now`` for a trigger without an argument.
        """
        if self.takes_text:
            return "text"
        if self.kind == "bool":
            return "on/off"
        if self.kind == "choice":
            return "|".join(self.choices)
        if self.kind == "trigger" and self.low == self.high:
            return "now"
        if self.is_text:
            return self.kind
        return f"{self.low:g}..{self.high:g}"

    @property
    def is_text(self) -> bool:
        """Whether its values are free texts, names of pictures and looks included."""
        return self.kind in ("text", "picture", "look")

    @property
    def is_quantity(self) -> bool:
        """Whether there are values in between its values: it is a float or an int, and doesn't jump."""
        return self.kind in ("float", "int") and not self.jumps

    @property
    def is_in_scenes(self) -> bool:
        """Whether snapshots hold its value: it has the scope SCENE, and is no trigger."""
        return self.kind != "trigger" and Scope.SCENE in self.scope

    @property
    def counts(self) -> bool:
        """Whether it is a trigger whose argument is a whole number from ``low`` to ``high``, such as a slot's.

        Such numbers begin with 1 or above. A range such as 0..1 is a place along something, -1..1 a direction.
        """
        return self.kind == "trigger" and 1 <= self.low < self.high and self.low % 1 == self.high % 1 == 0

    @property
    def range_and_unit(self) -> str:
        """The text of `range`, followed by the unit if there is one: ``0..30 s``."""
        return f"{self.range} {self.unit}".rstrip()

    @property
    def written_default(self) -> str:
        """The default as it is written on a command line (``on`` and ``off`` for a bool); empty for a trigger."""
        if self.kind == "bool":
            return "on" if self.default else "off"
        return "" if self.kind == "trigger" else str(self.default)

    def check(self, raw: object, *, strict: bool = False) -> Value:
        """Returns ``raw`` as a value of this parameter: a float, int, bool or text, as its kind says.

        A number out of range is clamped, because controllers overshoot, and a number for a choice is rounded to the
        nearest index; with ``strict`` (presets, command line) a number out of range and one that is no index are
        errors. An int is rounded in any case, and a number is on if it is 0.5 or more. A choice becomes its name. The
        argument of a trigger is checked as a float, or as a text if it takes one. The name of a picture must not lead
        out of the library; with ``strict`` it may. That of a look is a mere name in any case. Raises BadInput for a
        wrong type (also for texts of numbers, and for True or False where a number is wanted), NaN, infinity, an
        unknown choice, a text of more than `LONGEST_TEXT` bytes or with a null character, and anything for what is
        ``told``.
        """
        self.check_settable(self.name)
        return self._check(raw, strict)

    def check_settable(self, address: str) -> None:
        """Raises BadInput, naming ``address``, for what is ``told``."""
        if self.told:
            raise BadInput(f"{address} says how far the show is, and can't be set")

    def _check(self, raw: object, strict: bool) -> Value:
        if self.kind == "bool":
            return self._check_bool(raw)
        if self.kind == "choice":
            return self._check_choice(raw, strict)
        if self.is_text or self.takes_text:
            return self._check_text(raw, strict)
        return self._check_number(raw, strict)

    def parse(self, text: str) -> Value:
        """Returns the value that ``text`` stands for on a command line, checked strictly as in `check`.

        On/off takes ``on``, ``off``, ``true``, ``false``, ``yes``, ``no``, ``1`` and ``0``; a choice its name or its
        index from 0. For a trigger it is the argument, a float or a text. Raises BadInput for a text that stands for no
        value, or for one out of range.
        """
        if self.kind == "bool":
            if text.lower() not in _ON_OFF:
                raise BadInput(f"{self.name} takes on or off, not {text!r}")
            return _ON_OFF[text.lower()]
        if self.is_text or self.takes_text or (self.kind == "choice" and text in self.choices):
            return self.check(text, strict=True)
        try:
            return self.check(float(text), strict=True)
        except ValueError:
            return self.check(text, strict=True)

    def encode(self, value: Value) -> float:
        """Returns ``value`` as one number, to be passed to a child in shared memory; `decode` is the way back.

        A choice becomes its index from 0, on and off become 1 and 0. Not for texts. Raises ValueError for an unknown
        choice.
        """
        return float(self.choices.index(str(value))) if self.kind == "choice" else float(value)

    def decode(self, number: float) -> Value:
        """Returns the value that `encode` has turned into ``number``, as the kind's type: a choice as its name."""
        if self.kind == "choice":
            return self.choices[int(number)]
        if self.kind == "bool":
            return bool(number)
        return int(number) if self.kind == "int" else number

    def _check_bool(self, raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, int) or (isinstance(raw, float) and math.isfinite(raw)):
            return raw >= 0.5
        raise BadInput(f"{self.name} takes on or off, not {raw!r}")

    def overshoots(self, raw: object) -> bool:
        """Returns whether ``raw`` is a number beyond the range or, for a choice, beyond its indices.

        False for everything that is no number, and always for parameters that are bools, texts, pictures or triggers.
        """
        if (
            isinstance(raw, bool)
            or not isinstance(raw, int | float)
            or self.is_text
            or self.kind in ("bool", "trigger")
        ):
            return False
        low, high = (0.0, len(self.choices) - 1.0) if self.kind == "choice" else (self.low, self.high)
        return not low <= raw <= high

    def _check_choice(self, raw: object, strict: bool) -> str:
        if isinstance(raw, str) and raw in self.choices:
            return raw
        if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) != math.inf and raw == raw:
            last = len(self.choices) - 1
            nearest = math.floor(min(max(raw, 0), last) + 0.5)
            if not strict or nearest == raw:
                return self.choices[nearest]
        raise unknown(self.name, raw, self.choices)

    def _check_text(self, raw: object, strict: bool) -> str:
        try:
            fits = isinstance(raw, str) and "\0" not in raw and len(raw.encode()) <= LONGEST_TEXT
        except UnicodeEncodeError:  # a file name that isn't valid UTF-8
            fits = False
        if not isinstance(raw, str) or not fits:
            raise BadInput(f"{self.name} takes a text of at most {LONGEST_TEXT} bytes, not {str(raw)[:80]!r}")
        if self.kind == "look" and not is_mere_name(raw):
            raise BadInput(f"{self.name} takes the name of a trained look, not {raw[:80]!r}")
        leaves = raw.startswith(("/", "\\", "~")) or ":" in raw or ".." in raw.replace("\\", "/").split("/")
        if self.kind == "picture" and leaves and not strict:
            raise BadInput(f"{self.name} takes the name of a file in the library, not {raw[:80]!r}")
        return raw

    def _check_number(self, raw: object, strict: bool) -> float | int:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise BadInput(f"{self.name} takes a number in {self.range}, not {raw!r}")
        if isinstance(raw, float) and not math.isfinite(raw):
            raise BadInput(f"{self.name} takes a finite number in {self.range}, not {raw}")
        if strict and not self.low <= raw <= self.high:
            raise BadInput(f"{self.name} takes {self.range}{' ' + self.unit if self.unit else ''}, not {raw}")
        held = min(max(raw, self.low), self.high)
        return round(held) if self.kind == "int" else float(held)


def toggle(name: str, default: bool = False, *, help: str) -> Param:
    """Returns a parameter of kind ``bool``, which is on or off."""
    return Param(name, default=default, kind="bool", help=help)


def choice(name: str, choices: Iterable[str], default: str, *, help: str) -> Param:
    """Returns a parameter whose value is one of ``choices``, as a text; OSC may also send the index, counted from 0.

    Raises BadInput if ``default`` is none of them.
    """
    return Param(name, default=default, kind="choice", choices=tuple(choices), help=help)


def text(name: str, default: str = "", *, help: str) -> Param:
    """Returns a parameter of kind ``text``, such as the name of a device. Its reader must accept any text."""
    return Param(name, default=default, kind="text", help=help)


def picture(name: str, default: str = "", *, help: str) -> Param:
    """Returns a parameter of kind ``picture``: its value is the name of a picture file, such as ``starry.jpg``.

    `vj.base.paths.picture` finds the file: in the library, among the bundled ones, or at an absolute path. It may not
    exist.
    """
    return Param(name, default=default, kind="picture", help=help)


def look(name: str, default: str = "", *, help: str) -> Param:
    """Returns a parameter of kind ``look``: its value is the name of a trained look, such as ``look-1``, or empty.

    `vj.base.paths.look` finds its file in the library. It may not exist.
    """
    return Param(name, default=default, kind="look", help=help)


def trigger(
    name: str,
    low: float = 0.0,
    high: float = 0.0,
    *,
    unit: str = "",
    launch: bool = False,
    heavy: bool = False,
    help: str,
) -> Param:
    """Returns a trigger, which fires once for each message, in order, and has no value.

    With ``low`` below ``high`` it takes a number from that range as its argument, in ``unit``; else it takes none.
    ``launch`` and ``heavy`` are as in `Param`.
    """
    return Param(name, low, high, default=low, unit=unit, kind="trigger", launch=launch, heavy=heavy, help=help)


def command(name: str, *, help: str) -> Param:
    """Returns a trigger whose argument is a text, such as the name of what is to be added or removed."""
    return Param(name, default="", kind="trigger", takes_text=True, help=help)


def scoped(scope: Scope, *params: Param) -> tuple[Param, ...]:
    """Returns copies of ``params``, in order, with ``scope`` in place of their own scopes."""
    return tuple(replace(param, scope=scope) for param in params)


class ParamTable(Mapping[str, Param]):
    """The parameters of a show by their addresses, in the order of declaration; values are in a `Store`.

    Looking up an unknown address raises BadInput, also with ``get``; ``in`` asks without raising. One thread may
    `change` the table while others read it: each sees it either as it was before or as it is after. Readers that keep
    something of it look at ``version`` to know when to read anew.
    """

    def __init__(self) -> None:
        self._params: dict[str, Param] = {}
        self._version = 0

    @property
    def version(self) -> int:
        """A number that grows with every `change`. Read it before the parameters: then no change is missed."""
        return self._version

    def declare(self, prefix: str, params: Iterable[Param]) -> None:
        """Add ``params`` below ``prefix``: ``rate`` below ``/layer/1/model`` becomes ``/layer/1/model/rate``.

        Only while the table is made; a running show's is changed by `Store.change_table`. Raises ValueError for an
        address that is declared already.
        """
        for param in params:
            _declare(self._params, prefix, param)

    def change(self, remove: Iterable[str] = (), declare: Iterable["Declared"] = ()) -> None:
        """Remove the addresses ``remove`` (unknown ones are ignored), then declare ``declare`` after all others.

        Readers in other threads see both at once. An address may be in both. Raises ValueError for an address that is
        declared already; then nothing is changed.
        """
        params, gone = self._params.copy(), frozenset(remove)
        for address in gone:
            params.pop(address, None)
        for prefix, added in declare:
            for param in added:
                _declare(params, prefix, param)
        self._params = params
        self._version += 1  # only now: what is read after this is the new table

    def arrange(self, addresses: Iterable[str]) -> None:
        """Put ``addresses``, all of which must be in the table, after all others, in this order; see `change`."""
        last = dict.fromkeys(addresses)
        params = {address: param for address, param in self._params.items() if address not in last}
        params.update((address, self._params[address]) for address in last)
        self._params = params
        self._version += 1

    def copy(self) -> "ParamTable":
        """Returns a table of the parameters that are here now, which doesn't follow changes."""
        copied = ParamTable()
        copied._params = dict(self._params)
        return copied

    def without(self, addresses: Iterable[str]) -> "ParamTable":
        """Returns a view of the table without the parameters at ``addresses``; unknown ones are ignored.

        It follows the changes of this table, and isn't changed itself.
        """
        return _TableWithout(self, frozenset(addresses))

    def find(self, address: str) -> Param | None:
        """Returns the parameter at ``address``, or None if there is none, for threads that don't change the table."""
        return self._params.get(address)

    def below(self, prefix: str) -> dict[str, Param]:
        """Returns the parameters whose addresses begin with ``prefix`` and a slash, by what follows that slash.

        Below ``/layer/1`` the key of ``/layer/1/model/rate`` is ``model/rate``. Empty if there are none.
        """
        start = f"{prefix}/"
        return {
            address.removeprefix(start): param for address, param in self._params.items() if address.startswith(start)
        }

    def numbers(self, prefix: str) -> list[int]:
        """Returns the numbers that stand right below ``prefix``, in the order of declaration: 1 and 3 below ``/layer``
        if there are ``/layer/1/opacity`` and ``/layer/3/opacity``.
        """
        firsts = dict.fromkeys(name.partition("/")[0] for name in self.below(prefix))
        return [int(first) for first in firsts if first.isdecimal()]

    def full_address(self, written: str) -> str:
        """Returns the only address that ends with the parts ``written``: ``/layer/1/model/rate`` for ``rate``.

        Returns ``written`` itself, unchecked, where it begins with a slash or no address ends with it. Raises BadInput,
        naming some of them, where several do.
        """
        if written.startswith("/"):
            return written
        ends = [address for address in self._params if address.endswith(f"/{written}")]
        if len(ends) > 1:
            more = " ..." if len(ends) > _MOST_LISTED else ""
            raise BadInput(f"{written!r} may be {', '.join(ends[:_MOST_LISTED])}{more}")
        return ends[0] if ends else written

    def within(self, scope: Scope) -> frozenset[str]:
        """Returns the addresses of the parameters, triggers included, that take part in all of ``scope``."""
        return frozenset(address for address, param in self._params.items() if scope in param.scope)

    def rooms(self, scope: Scope) -> tuple[str, ...]:
        """Returns the first parts (``/layer``) of the addresses that take part in ``scope``, each once, as declared."""
        firsts = (f"/{address.split('/')[1]}" for address, param in self._params.items() if scope in param.scope)
        return tuple(dict.fromkeys(firsts))

    def __getitem__(self, address: str) -> Param:
        try:
            return self._params[address]
        except KeyError:
            raise unknown("address", address, self._params) from None

    def __contains__(self, address: object) -> bool:
        return address in self._params

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)


Declared = tuple[str, Iterable[Param]]
"""Parameters to be declared below a prefix: ``("/layer/1/model", params)``."""


def _declare(params: dict[str, Param], prefix: str, param: Param) -> None:
    address = f"{prefix}/{param.name}"
    if address in params:
        raise ValueError(f"parameter {address} is declared twice")
    params[address] = param


class _TableWithout(ParamTable):
    """A view of the table ``whole`` without the addresses ``gone``."""

    def __init__(self, whole: ParamTable, gone: frozenset[str]) -> None:
        self._whole = whole
        self._gone = gone
        self._found: tuple[dict[str, Param], dict[str, Param]] = ({}, {})
        """The parameters of the whole table, and those that are left of them."""

    @property
    def version(self) -> int:
        return self._whole.version

    def change(self, remove: Iterable[str] = (), declare: Iterable[Declared] = ()) -> None:
        raise TypeError("a view of a table isn't changed itself")

    def arrange(self, addresses: Iterable[str]) -> None:
        raise TypeError("a view of a table isn't changed itself")

    @property
    def _params(self) -> dict[str, Param]:  # type: ignore[override]
        every, left = self._whole._params, self._found
        if left[0] is not every:
            left = self._found = every, {address: p for address, p in every.items() if address not in self._gone}
        return left[1]
