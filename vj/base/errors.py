"""What can go wrong, as the performer reads it.

VjError               one clear line, no traceback; the command line exits with ``status``
├── BadInput          2: something the user gave can't be used: names the bad value and the choices
├── Unavailable       2: something this machine lacks: names what would fix it
│   └── NotInstalled  2: a library: it can't be there before the show is started anew
└── NeverPlayed       3: a show came to its end, and a model that it asked for failed and never gave a picture

Status 1 is for all that is wrong otherwise, 130 for Ctrl-C.
"""

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_LISTED, _SOME = 120, 12
"""Choices that are all named; of more than that so many."""
_LONGEST = 200
NEAR = 0.7
"""How alike two names are (difflib's ratio, 0..1) of which one may have been meant by the other."""


class VjError(Exception):
    """Base of every error that is meant for the user's eyes."""

    status = 1


class BadInput(VjError):
    """A value, name, file or address that can't be used."""

    status = 2


class Unavailable(VjError):
    """A device, library or service that this machine lacks."""

    status = 2


class NotInstalled(Unavailable):
    """A library that this machine lacks. Trying again is of no use while the show plays."""


class NeverPlayed(VjError):
    """A model that a show asked for failed and never gave a picture."""

    status = 3


def unknown(kind: str, name: object, choices: Iterable[str]) -> BadInput:
    """The error for a name that is not among ``choices``, with the nearest one named; of very many, some near ones."""
    listed = sorted(choices)
    near = get_close_matches(str(name), listed, n=1, cutoff=NEAR)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return BadInput(f"unknown {kind} {str(name)[:_LONGEST]!r}{hint}; choices: {_listed(str(name), listed)}")


def _listed(name: str, choices: list[str]) -> str:
    if len(choices) <= _MOST_LISTED:
        return ", ".join(choices) or "none"
    near = get_close_matches(name[:_LONGEST], choices, n=_SOME, cutoff=0.0)
    return f"{', '.join(near)} and {len(choices) - len(near)} more"
