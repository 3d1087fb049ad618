"""What the code may not rely on, as other systems have it otherwise: read from the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.folders import VJ as ROOT

FILES = sorted(ROOT.rglob("*.py"))

_TEXT = ("read_text", "write_text")
_OPENING = ("open", "fdopen")
_STARTING = ("run", "Popen", "call", "check_call", "check_output")
"""What starts a process, whose ``text`` says how its output is read."""
_OTHERS = (
    "os",
    "av",
    "Image",
    "source",
    "_source",
    "sources",
    "self",
    "pool",
    "loader",
    "_loader",
    "tarfile",
    "DataSet",
)
"""What has an ``open`` that opens no text file."""


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call, with the name of the function, and of the module or object that it is one of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                owner = getattr(function.value, "id", getattr(function.value, "attr", ""))
                yield node, function.attr, str(owner)
            elif isinstance(function, ast.Name):
                yield node, function.id, ""


def opens_text(call: ast.Call, name: str, owner: str) -> bool:
    if name in _TEXT:
        return True
    if name not in _OPENING or (name == "open" and owner in _OTHERS):
        return False
    places = 1 if name == "fdopen" or not isinstance(call.func, ast.Attribute) else 0  # Path.open names no file
    modes = (
        [call.args[places]] if len(call.args) > places else [word.value for word in call.keywords if word.arg == "mode"]
    )
    return not any(isinstance(mode, ast.Constant) and "b" in str(mode.value) for mode in modes)


def without_encoding(code: str) -> list[int]:
    """The lines that read or write text in whatever encoding the system has: on Windows that is not UTF-8."""
    found = []
    for call, name, owner in calls(ast.parse(code)):
        words = {word.arg for word in call.keywords}
        as_text = name in _STARTING and words & {"text", "universal_newlines"}
        if (as_text or opens_text(call, name, owner)) and "encoding" not in words:
            found.append(call.lineno)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_text_is_utf_8_everywhere(file: Path) -> None:
    assert without_encoding(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        *("p.read_text()", "p.write_text('x')", "p.open()", "p.open('w')"),
        *("open(p)", "open(p, 'w')", "open(p, mode='w')", "os.fdopen(1, 'w')"),
        "subprocess.run(c, text=True)",
    ],
)
def test_text_without_an_encoding_is_seen(code: str) -> None:
    assert without_encoding(code) == [1]


@pytest.mark.parametrize(
    "code", ["p.open('rb')", "os.fdopen(1, 'wb')", "open(p, 'rb')", "source.open()", "os.open(p, 1)"]
)
def test_bytes_and_devices_need_none(code: str) -> None:
    assert without_encoding(code) == []
