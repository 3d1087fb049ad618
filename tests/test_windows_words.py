"""What Windows writes otherwise: letters, drives, signals, command lines."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import vj, vj_fails
from vj.child import __main__ as child
from vj.model.files import library
from vj.preset.paths import in_full, resolve_target
from vj.show import save_load, show
from vj.source import split_spec


@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "ascii"])
@pytest.mark.parametrize("command", [("params",), ("models", "--licences"), ("run", "--help")])
def test_letters_that_an_encoding_lacks_are_no_reason_to_fail(encoding: str, command: tuple[str, ...]) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "vj", *command],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=100,
    )
    assert process.returncode == 0, process.stderr
    process.stdout.decode(encoding)


def test_an_error_about_such_letters_is_one_line() -> None:
    said = vj_fails(
        "run",
        "--headless",
        "--osc-port",
        "0",
        "--query-port",
        "-1",
        "--source",
        "movie:‽━.mp4",
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert said.startswith("vj: movie: there is no file")


@pytest.mark.parametrize(
    ("spec", "kind", "target"),
    [
        (r"movie:C:\clips\a.mp4", "movie", r"C:\clips\a.mp4"),
        ("still:D:/pictures/a.png", "still", "D:/pictures/a.png"),
        (r"folder:\\server\share\pictures", "folder", r"\\server\share\pictures"),
        ("stream:http://a:8091/cam", "stream", "http://a:8091/cam"),
    ],
)
def test_a_drives_letter_belongs_to_the_path(spec: str, kind: str, target: str) -> None:
    assert split_spec(spec) == (kind, target)
    assert in_full(spec) == resolve_target(spec, Path("somewhere")) == spec, "nothing of that name is here"


def test_a_file_on_a_drive_is_known_by_its_path_and_in_another_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Linux such a path is one odd file name, which has to be found all the same."""
    monkeypatch.chdir(tmp_path)
    Path(r"C:\net.pth").write_bytes(b"x")
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(library, "find_file", lambda path, role="": asked.append((str(path), role)))
    library.find(r"C:\net.pth")
    library.find(r"C:\net.pth:mirror")
    assert asked == [(r"C:\net.pth", ""), (r"C:\net.pth", "mirror")]


def test_ctrl_break_ends_the_show_in_order_and_leaves_its_children_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[int, object] = {}
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)
    monkeypatch.setattr(signal, "signal", asked.__setitem__)
    child._leave_keys_to_the_show()
    assert asked == {signal.SIGINT: signal.SIG_IGN}
    assert show._endings() == (signal.SIGTERM, signal.SIGINT)
    monkeypatch.setattr(show.sys, "platform", "win32")
    child._leave_keys_to_the_show()
    assert asked == {signal.SIGINT: signal.SIG_IGN, 21: signal.SIG_IGN}
    assert show._endings() == (signal.SIGTERM, signal.SIGINT, 21)


def test_a_command_to_type_is_quoted_as_the_system_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert save_load._quoted("my show.toml") == "'my show.toml'"
    monkeypatch.setattr(save_load.sys, "platform", "win32")
    assert save_load._quoted("my show.toml") == '"my show.toml"'
    assert save_load._quoted("ink") == "ink"


def test_a_shows_figures_are_utf_8_whatever_the_system_thinks(tmp_path: Path) -> None:
    stats = tmp_path / "s.json"
    show_ = ("run", "--headless", "--size", "64x36", "--source", "pattern", "--model", "identity")
    vj(*show_, "--frames", "2", "--osc-port", "0", "--stats", str(stats), env={"PYTHONIOENCODING": "ascii"})
    assert json.loads(stats.read_text(encoding="utf-8"))["display"]["frames"] == 2
