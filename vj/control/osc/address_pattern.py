"""OSC address patterns: ``*``, ``?``, ``[a-z]``, ``[!abc]`` and ``{one,two}``, none of which matches a ``/``.

Matching keeps the set of places in the text that the pattern may have reached, and never tracks back: it takes at most
the pattern's length times the text's. A regular expression is never built from what a stranger sent, as it could take
for ever.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from vj.base.errors import BadInput

LONGEST_PATTERN = 128
"""The longest pattern that is matched, in characters."""
EFFORT = 40_000
"""The most work between two calls of `PatternMatcher.rest`: characters of patterns times characters of names that are
compared, and nodes that are visited.

That takes ten ms at the worst. A new pattern on a show of 2,000 addresses needs a few thousand.
"""

_SPECIAL = "*?[]{}"
_STAR_ONLY = "*"

Token = Callable[[str, int], Iterable[int]]
"""A piece of a pattern: from a text and a place in it to the places where the rest of the pattern may go on."""


@dataclass(slots=True)
class _Node:
    """The addresses that begin with the same parts. ``address`` is set where one of them ends."""

    address: str = ""
    below: dict[str, "_Node"] = field(default_factory=dict)


class PatternMatcher:
    """Finds which of its addresses a pattern matches. It goes down a tree part by part, so that most are never
    compared.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        """``addresses`` are all that can be found, each with a ``/`` before every part (``/layer/1/opacity``)."""
        self._root = _Node()
        self._left = EFFORT
        for address in addresses:
            node = self._root
            for part in address.split("/")[1:]:
                node = node.below.setdefault(part, _Node())
            node.address = address

    def rest(self) -> None:
        """Allow the full `EFFORT` again for the calls of `match` that follow; call it once per batch."""
        self._left = EFFORT

    def match(self, pattern: str) -> tuple[str, ...]:
        """Returns the addresses that ``pattern``, which begins with ``/``, matches as a whole, grouped part by part; an
        empty tuple if there are none. A pattern without wildcards matches the address that equals it.

        Raises BadInput for a pattern that is longer than `LONGEST_PATTERN` or has a bracket that isn't closed, and for
        every pattern once the effort since the last `rest` is used up.
        """
        if len(pattern) > LONGEST_PATTERN:
            raise BadInput(f"OSC pattern is longer than {LONGEST_PATTERN} characters: {pattern[:40]}…")
        self._charge(len(pattern))
        nodes = [self._root]
        for part in pattern.split("/")[1:]:
            nodes = self._descend(nodes, part)
        return tuple(node.address for node in nodes if node.address)

    def _descend(self, nodes: list[_Node], part: str) -> list[_Node]:
        if not is_pattern(part):
            self._charge(len(nodes))
            return [node.below[part] for node in nodes if part in node.below]
        self._charge(sum(len(node.below) for node in nodes))
        if part == _STAR_ONLY:
            return [below for node in nodes for below in node.below.values()]
        tokens, known = tokenise(part), dict[str, bool]()
        for name in {name for node in nodes for name in node.below}:
            self._charge(len(part) * len(name))
            known[name] = fits(tokens, name)
        return [below for node in nodes for name, below in node.below.items() if known[name]]

    def _charge(self, effort: int) -> None:
        if self._left < 0:
            raise BadInput("OSC patterns ask for too much matching at once")
        self._left -= effort


def is_pattern(address: str) -> bool:
    """Returns whether ``address`` has any of ``* ? [ ] { }``."""
    return any(mark in address for mark in _SPECIAL)


def fits(tokens: list[Token], text: str) -> bool:
    """Returns whether ``tokens``, as `tokenise` returns them, match the whole of ``text``."""
    places = {0}
    for token in tokens:
        first = (min(places),) if token is _star else places  # from the first place a star reaches all others
        places = {after for place in first for after in token(text, place)}
        if not places:
            return False
    return len(text) in places


def tokenise(part: str) -> list[Token]:
    """Returns the tokens of one part of a pattern, that is between two ``/``, for `fits`. Raises BadInput for a ``[``
    or ``{`` that is not closed.
    """
    tokens: list[Token] = []
    place = 0
    while place < len(part):
        token, after = _token(part, place)
        if not (token is _star and tokens and tokens[-1] is _star):
            tokens.append(token)
        place = after
    return tokens


def _token(part: str, place: int) -> tuple[Token, int]:
    letter = part[place]
    if letter == "*":
        return _star, place + 1
    if letter == "?":
        return _any_one, place + 1
    if letter in "[{":
        end = part.find("]" if letter == "[" else "}", place)
        if end < 0:
            raise BadInput(f"OSC pattern has a {letter} that is not closed: {part!r}")
        inside = part[place + 1 : end]
        return (_one_of(inside) if letter == "[" else _words(inside.split(","))), end + 1
    end = next((at for at in range(place, len(part)) if part[at] in "*?[{"), len(part))
    return _words([part[place:end]]), end


def _star(text: str, place: int) -> Iterable[int]:
    return range(place, len(text) + 1)


def _any_one(text: str, place: int) -> Iterable[int]:
    return (place + 1,) if place < len(text) else ()


def _words(words: list[str]) -> Token:
    return lambda text, place: [place + len(word) for word in words if text.startswith(word, place)]


def _one_of(inside: str) -> Token:
    """Returns the token of a bracket: ``a-z0`` matches any of these characters, ``!a-z`` any but these."""
    no = inside.startswith("!")
    ranges = _ranges(inside.removeprefix("!"))

    def token(text: str, place: int) -> Iterable[int]:
        if place == len(text):
            return ()
        within = any(low <= text[place] <= high for low, high in ranges)
        return (place + 1,) if within != no else ()

    return token


def _ranges(letters: str) -> list[tuple[str, str]]:
    """Returns the ranges in ``a-z0``: a..z and 0..0. A ``-`` at the end stands for itself."""
    ranges, place = [], 0
    while place < len(letters):
        wide = letters[place + 1 : place + 2] == "-" and place + 2 < len(letters)
        ranges.append((letters[place], letters[place + 2 if wide else place]))
        place += 3 if wide else 1
    return ranges
