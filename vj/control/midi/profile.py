"""What is known of a controller: its controls, their lights, and what they do in a show that says nothing else.

One TOML file a controller, in `profiles/`. Each ``[[control]]`` is a row of alike controls: ``numbers`` and
``channels`` are gone through, and ``{n}`` in ``address`` counts them from 1. A default whose address a show lacks is
left out.
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

Light = Literal["none", "led", "value"]
"""``led`` shows on or off by ``on`` and ``off``, a trigger's state also by ``blink`` (waiting, or being learned) and
``dim`` (something is there); ``value`` takes the position: a motor or a ring of LEDs."""


@dataclass(frozen=True)
class ProfileRow:
    """One ``[[control]]``."""

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
    """Of a trigger that has something to launch, such as a snapshot that is stored; as ``off`` unless told."""

    def controls(self) -> Iterator[tuple[int, MidiControl]]:
        """Each control, counted from 1."""
        every = [MidiControl(self.type, channel, number) for channel in self.channels for number in self.numbers]
        yield from enumerate(every, start=1)

    def binding(self, place: int, control: MidiControl, port: str) -> MidiBinding:
        address = self.address.replace("{n}", str(place))
        return MidiBinding(
            address, control.type, control.number, control.channel, port, mode=self.mode, relative=self.relative
        )


@dataclass(frozen=True)
class Profile:
    """``ports`` are parts of the names by which systems call it; ``init`` exclusive messages that it gets when it is
    plugged in, in hexadecimal; ``source`` says where all this is known from.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    ports: list[str]
    source: str
    control: list[ProfileRow]
    init: list[str] = field(default_factory=list)

    def fits(self, port: str) -> bool:
        return any(part.lower() in port.lower() for part in self.ports)

    def row(self, control: MidiControl) -> ProfileRow | None:
        """The row that ``control`` stands in."""
        return next((row for row in self.control if any(own == control for _, own in row.controls())), None)

    def find(self, binding: MidiBinding, port: str) -> tuple[MidiControl, ProfileRow] | None:
        """The first of its controls that ``binding`` is about."""
        every = ((control, row) for row in self.control for _, control in row.controls())
        return next(((control, row) for control, row in every if binding.hears(port, control)), None)

    def defaults(self, table: ParamTable, port: str) -> tuple[MidiBinding, ...]:
        """What its controls do in a show with ``table``."""
        rows = ((row, place, control) for row in self.control if row.address for place, control in row.controls())
        return tuple(b for b in (row.binding(place, control, port) for row, place, control in rows) if fits(b, table))

    def greetings(self) -> list[bytes]:
        return [bytes.fromhex(text) for text in self.init]


_ADAPTER = TypeAdapter(Profile)


def load(path: Path) -> Profile:
    """Raises BadInput, naming the file and the key."""
    try:
        return _ADAPTER.validate_python(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except ValidationError as found:
        raise BadInput(f"{path}: {explain(found, _keys)}") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: {error}") from None


@cache
def profiles() -> tuple[Profile, ...]:
    """Those that come with the project; the generic one, which fits every port, last."""
    found = sorted(map(load, PROFILES.glob("*.toml")), key=lambda profile: (profile.name == GENERIC, profile.name))
    return tuple(found)


def profile_of(port: str, known: Sequence[Profile] | None = None) -> Profile:
    """The most particular one that fits: that with the longest part of the name. Raises BadInput where none does."""
    fitting = [profile for profile in (profiles() if known is None else known) if profile.fits(port)]
    if not fitting:
        raise BadInput(f"no MIDI profile for {port!r}")

    def length(profile: Profile) -> int:
        return max(len(part) for part in profile.ports if part.lower() in port.lower())

    return max(fitting, key=length)


def _keys(location: Location) -> list[str]:
    return [field.name for field in fields(ProfileRow if location else Profile)]
