"""Reads the JSON at the top of a shader as leniently as the hosts do for which such files were written by hand.

It may have comments, trailing commas, line breaks in texts, texts in single quotes, keys without quotes or with only
the second one, and numbers such as ``.5``, ``1.`` and ``+1``.
"""

import json
import re
from typing import Any

_DEEPEST = 40
"""How many tables and lists may be inside each other."""
_TOO_DEEP = f"more than {_DEEPEST} tables and lists are inside each other"
_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "yes": True, "no": False}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters, and halves of characters, which JSON can name and no file, address or display can hold."""
_STRICT = json.JSONDecoder(strict=False)


def read_table(text: str, at: int) -> tuple[dict[str, Any], int]:
    """Returns the JSON table (object) that begins at ``text[at]``, a ``{``, and the place behind its end.

    Characters that can't be written anywhere are replaced. Raises ValueError, which names the line of ``text`` (counted
    from 1) if that is known, for what is no table, and for more than 40 tables and lists inside each other.
    """
    try:
        found, end = _STRICT.raw_decode(text, at)
    except (ValueError, RecursionError):
        found, end = _Reader(text, at).table(0)
    return _writable(found, 0), end


def _writable(value: Any, depth: int) -> Any:
    """Returns ``value``, with a mark in place of each character that can't be written."""
    if isinstance(value, str):
        return _UNWRITABLE.sub("\ufffd", value)
    if not isinstance(value, dict | list):
        return value
    if depth > _DEEPEST:
        raise ValueError(_TOO_DEEP)
    if isinstance(value, list):
        return [_writable(one, depth + 1) for one in value]
    return {_writable(key, 0): _writable(one, depth + 1) for key, one in value.items()}


class _Reader:
    """Reads one value after the other from ``text``, beginning at ``at``."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at

    def table(self, depth: int) -> tuple[dict[str, Any], int]:
        """Returns the table that begins here, and the place behind its end."""
        self._at += 1
        found: dict[str, Any] = {}
        while self._next() != "}":
            key = self._key(depth)
            if self._next() != ":":
                raise self._error("':' is missing")
            self._at += 1
            found[key] = self._value(depth)
            self._skip_comma("}")
        self._at += 1
        return found, self._at

    def _key(self, depth: int) -> str:
        """Returns the next key. One without a quote before it may have one behind it."""
        is_bare = self._next() not in tuple("\"'")
        key = self._value(depth)
        if is_bare and self._next() in tuple("\"'"):
            self._at += 1
        return str(key)

    def _list(self, depth: int) -> list[Any]:
        self._at += 1
        found = []
        while self._next() != "]":
            found.append(self._value(depth))
            self._skip_comma("]")
        self._at += 1
        return found

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise self._error(_TOO_DEEP)
        mark = self._next()
        if mark == "{":
            return self.table(depth + 1)[0]
        if mark == "[":
            return self._list(depth + 1)
        if mark and mark in "\"'":
            return self._quoted(mark)
        if found := _NUMBER.match(self._text, self._at):
            self._at = found.end()
            return _number(found[0])
        if word := _WORD.match(self._text, self._at):
            self._at = word.end()
            return _WORDS.get(word[0].lower(), word[0])
        raise self._error(f"{mark!r} is no value" if mark else "it ends too early")

    def _quoted(self, quote: str) -> str:
        self._at += 1
        letters: list[str] = []
        while (letter := self._text[self._at : self._at + 1]) != quote:
            if not letter:
                raise self._error("a text has no end")
            self._at += 1
            if letter == "\\":
                letter = self._escaped()
            letters.append(letter)
        self._at += 1
        return "".join(letters)

    def _escaped(self) -> str:
        letter = self._text[self._at : self._at + 1]
        self._at += 1
        if letter == "u" and (code := re.compile(r"[0-9a-fA-F]{4}").match(self._text, self._at)):
            self._at = code.end()
            return chr(int(code[0], 16))
        return _ESCAPES.get(letter, letter)

    def _next(self) -> str:
        """Skip blanks and comments. Returns the next letter, an empty text at the end."""
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _skip_comma(self, end: str) -> None:
        """Skip the commas behind an entry. Raises ValueError if there are none and the table or list goes on."""
        if self._next() not in (",", end):
            raise self._error(f"',' or '{end}' is missing")
        while self._next() == ",":
            self._at += 1

    def _error(self, what: str) -> ValueError:
        return ValueError(f"line {self._text.count(chr(10), 0, self._at) + 1}: {what}")


def _number(text: str) -> float | int:
    text = text.rstrip("fF")
    return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text) else float(text)
