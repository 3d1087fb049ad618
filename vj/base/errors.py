"""The errors that the user sees.

VjError               one clear line, no traceback; the command line exits with ``status``
├── BadInput          2: the user gave something that can't be used; names the bad value and the choices
├── Unavailable       2: this machine lacks something; says how to fix it
│   └── NotInstalled  2: a library is missing; trying again is of no use before the show is started anew
└── NeverPlayed       3: a show ended, but a model that it asked for had failed and never gave a picture

Every other error exits with status 1, and Ctrl-C with 130.
"""

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_LISTED, _SOME = 120, 12
"""Up to ``_MOST_LISTED`` choices are all listed in a message; of more than that, the ``_SOME`` nearest ones."""
_LONGEST = 200
"""Characters of an unknown name that are compared and shown."""
NEAR = 0.7
"""How alike two names must be (difflib's ratio, 0..1) for one to be suggested in place of the other."""


class VjError(Exception):
    """Base of every error that is meant for the user's eyes. Its text is one line, shown without a traceback."""

    status = 1
    """The exit status of a command that ends with this error."""


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
    """Returns the error for a ``name`` that is not among ``choices``; the caller raises it.

    Its message suggests the nearest choice, if one is alike (see `NEAR`), and lists all of them in alphabetical order
    or, of more than 120, the 12 nearest ones and how many more there are. ``kind`` is the word for what is named, such
    as ``source``.
    """
    listed = sorted(choices)
    near = get_close_matches(str(name), listed, n=1, cutoff=NEAR)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return BadInput(f"unknown {kind} {str(name)[:_LONGEST]!r}{hint}; choices: {_listed(str(name), listed)}")


def _listed(name: str, choices: list[str]) -> str:
    if len(choices) <= _MOST_LISTED:
        return ", ".join(choices) or "none"
    near = get_close_matches(name[:_LONGEST], choices, n=_SOME, cutoff=0.0)
    return f"{', '.join(near)} and {len(choices) - len(near)} more"
