"""A picture that was kept is opened in the system's program, beside the show."""

import sys
import threading
from pathlib import Path

import pytest

from tests.waiting import until
from vj.show.picture_opener import command, open_picture

PATH = Path("/looks/look-1/01.png")


def test_it_is_opened_in_another_thread_and_a_system_that_can_t_is_no_error() -> None:
    opened: list[tuple[Path, bool]] = []
    open_picture(PATH, lambda path: opened.append((path, threading.current_thread() is threading.main_thread())))
    until(lambda: opened, "nothing was opened")
    assert opened == [(PATH, False)]
    done = threading.Event()

    def lacks(path: Path) -> None:
        done.set()
        raise FileNotFoundError("there is no xdg-open")

    open_picture(PATH, lacks)
    assert done.wait(10.0)


@pytest.mark.parametrize(("system", "word"), [("linux", "xdg-open"), ("darwin", "open"), ("freebsd14", "xdg-open")])
def test_each_system_has_its_command(system: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert command(PATH) == [word, str(PATH)]
