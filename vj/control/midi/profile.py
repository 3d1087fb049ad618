"""Profiles of controllers: their controls, their lights, and what they do unless a preset says otherwise.

Each is a TOML file in ``profiles/``. Each ``[[control]]`` of it is a row of similar controls, one for each of its
``numbers`` on each of its ``channels``; ``{n}`` in ``address`` counts them from 1. A default whose address a show lacks
is left out.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from vj.base.errors import BadInput
from vj.base.validation_messages import Location, explain
from vj.control.midi.mapping import MidiBinding, Mode, Relative, fits
from vj.control.midi.message import ControlType, MidiControl
from vj.params.param import ParamTable

PROFILES = Path(__file__).parent / "profiles"
GENERIC = "generic"
"""The name of the profile that fits every port."""

Light = Literal["none", "led", "value"]
"""How a control shows its parameter. ``led`` shows on or off by the values ``on`` and ``off``, and the state of a
trigger also by ``blink`` (it waits, or is being learned) and ``dim`` (it has something to launch). ``value`` shows the
position: a motor or a ring of LEDs.
"""


@dataclass(frozen=True)
class ProfileRow:
    """One ``[[control]]`` of a profile: a row of similar controls, one for each of ``numbers`` on each of ``channels``
    (1..16).

    ``address`` is the parameter that they move by default, with ``{n}`` for the place in the row; empty for none.
    ``mode`` and ``relative`` are as in `MidiBinding`. ``light`` says how they show it, with the values ``on``, ``off``,
    ``blink`` and ``dim`` (0..127).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    type: ControlType
    numbers: list[int]
    channels: list[int] = field(default_factory=lambda: [1])
    address: str = ""
    mode: Mode | None = None
    relative: Relative = "none"
    light: Light = "none"
    on: int = 127
    off: int = 0
    blink: int = 127
    dim: int | None = None
    """Shows a trigger that has something to launch, such as a stored snapshot; None stands for ``off``."""

    def controls(self) -> Iterator[tuple[int, MidiControl]]:
        """Yield each control with its place, counted from 1: all ``numbers`` of the first channel, then those of the
        next.
        """
        every = [MidiControl(self.type, channel, number) for channel in self.channels for number in self.numbers]
        yield from enumerate(every, start=1)

    def binding(self, place: int, control: MidiControl, port: str) -> MidiBinding:
        """Returns what ``control``, at ``place`` in the row (from 1), does by default at the port with the name
        ``port``. Whether the show has such an address is not looked at.
        """
        address = self.address.replace("{n}", str(place))
        return MidiBinding(
            address, control.type, control.number, control.channel, port, mode=self.mode, relative=self.relative
        )


@dataclass(frozen=True)
class Profile:
    """What is known of one controller.

    ``ports`` are parts of the names by which systems call it; ``control`` are its rows of controls; ``init`` are
    exclusive messages, in hexadecimal, that it is sent when it is plugged in; ``source`` says where all this is known
    from.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    ports: list[str]
    source: str
    control: list[ProfileRow]
    init: list[str] = field(default_factory=list)

    def fits(self, port: str) -> bool:
        """Returns whether ``port`` is the name of such a controller: whether it has one of ``ports`` as a part, in
        upper or lower case.
        """
        return any(part.lower() in port.lower() for part in self.ports)

    def row(self, control: MidiControl) -> ProfileRow | None:
        """Returns the row that ``control`` stands in, by type, channel and number, or None."""
        return next((row for row in self.control if any(own == control for _, own in row.controls())), None)

    def find(self, binding: MidiBinding, port: str) -> tuple[MidiControl, ProfileRow] | None:
        """Returns the first of its controls that ``binding`` is for at the port with the name ``port``, with its row,
        or None.
        """
        every = ((control, row) for row in self.control for _, control in row.controls())
        return next(((control, row) for control, row in every if binding.hears(port, control)), None)

    def defaults(self, table: ParamTable, port: str) -> tuple[MidiBinding, ...]:
        """Returns what its controls do by default at the port with the name ``port``, without bindings that a show with
        ``table`` can't use.
        """
        rows = ((row, place, control) for row in self.control if row.address for place, control in row.controls())
        return tuple(b for b in (row.binding(place, control, port) for row, place, control in rows) if fits(b, table))

    def greetings(self) -> list[bytes]:
        """Returns the messages of ``init`` as bytes, each with its F0 and F7."""
        return [bytes.fromhex(text) for text in self.init]


_ADAPTER = TypeAdapter(Profile)


def load(path: Path) -> Profile:
    """Returns the profile in the TOML file at ``path``. Raises BadInput, naming the file and the key, if it can't be
    read or is malformed.
    """
    try:
        return _ADAPTER.validate_python(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except ValidationError as found:
        raise BadInput(f"{path}: {explain(found, _keys)}") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: {error}") from None


@cache
def profiles() -> tuple[Profile, ...]:
    """Returns the profiles that come with the project; the generic one, which fits every port, comes last. They are
    read once in a process. Raises BadInput as `load` does.
    """
    found = sorted(map(load, PROFILES.glob("*.toml")), key=lambda profile: (profile.name == GENERIC, profile.name))
    return tuple(found)


def profile_of(port: str, known: Sequence[Profile] | None = None) -> Profile:
    """Returns the profile that fits the port with the name ``port`` best: of all texts in the profiles' ``ports`` that
    are a part of ``port`` (in upper or lower case), the longest decides; the first profile if two are equal.

    ``known`` are the profiles to choose from, by default `profiles`, of which the generic one fits every port. Raises
    BadInput if none of ``known`` fits, or as `profiles` does.
    """
    fitting = [profile for profile in (profiles() if known is None else known) if profile.fits(port)]
    if not fitting:
        raise BadInput(f"no MIDI profile for {port!r}")

    def length(profile: Profile) -> int:
        return max(len(part) for part in profile.ports if part.lower() in port.lower())

    return max(fitting, key=length)


def _keys(location: Location) -> list[str]:
    return [field.name for field in fields(ProfileRow if location else Profile)]
