"""A show whose camera people have to allow first, as macOS asks them: allowed late, denied, and not answered."""

import json
import time
from pathlib import Path

import pytest

from tests.conftest import CLIP
from tests.running import finished, start_vj
from tests.without import first_of_all
from vj.layers.start_children import ANSWER, _Patience

PERMISSION = """
from pathlib import Path
WHERE = "System Settings"
def permission():
    with Path({asked!r}).open("a", encoding="utf-8") as asked:
        asked.write("?")
    return Path({answer!r}).read_text(encoding="utf-8")
"""
CAMERAS = """
from types import SimpleNamespace
FILM = SimpleNamespace(index={clip!r}, name="FaceTime HD", path="0x1", vid=None, pid=None, backend=1900)
supported_backends = (1900,)
def enumerate_cameras(backend):
    return [FILM]
"""
INSTEAD = """
import sys
from importlib.util import spec_from_file_location

class _Instead:
    def find_spec(self, name, path=None, target=None):
        return spec_from_file_location(name, {files!r}[name]) if name in {files!r} else None

sys.meta_path.insert(0, _Instead())
"""
SHOW = ("run", "default", "--headless", "--size", "320x180", "--fps", "30", "--model", "identity", "--osc-port", "0")


class People:
    """Those who are asked: the camera is a film, and a file holds what they answer."""

    def __init__(self, folder: Path) -> None:
        self.answer, self._asked, self.stats = folder / "answer", folder / "asked", folder / "s.json"
        files = {
            "vj.source.camera_permission": folder / "permission.py",
            "cv2_enumerate_cameras": folder / "cameras.py",
        }
        code = PERMISSION.format(asked=str(self._asked), answer=str(self.answer))
        files["vj.source.camera_permission"].write_text(code)
        files["cv2_enumerate_cameras"].write_text(CAMERAS.format(clip=str(CLIP)))
        paths = {name: str(path) for name, path in files.items()}
        self.env = first_of_all(folder / "instead", INSTEAD.format(files=paths))

    def looks(self) -> int:
        """How often the show has looked at the answer so far."""
        return len(self._asked.read_text()) if self._asked.exists() else 0


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.mark.show
def test_a_camera_that_is_allowed_late_plays(people: People) -> None:
    people.answer.write_text("undetermined")
    show = start_vj(*SHOW, "--frames", "30", "--stats", str(people.stats), env=people.env)
    deadline = time.monotonic() + 100
    while people.looks() < 20:
        assert show.poll() is None, show.communicate()
        assert time.monotonic() < deadline, "nobody was asked"
        time.sleep(0.02)
    people.answer.write_text("granted")
    _, err = finished(show)
    assert show.returncode == 0, err
    assert json.loads(people.stats.read_text())["layers"][0]["source"]["title"] == "FaceTime HD"


@pytest.mark.show
def test_one_that_is_denied_is_passed_over_and_it_is_said_where_it_can_be_allowed(people: People) -> None:
    people.answer.write_text("denied")
    show = start_vj(*SHOW, "--frames", "30", "--stats", str(people.stats), env=people.env)
    _, err = finished(show)
    assert show.returncode == 0, err
    line = "camera was passed over: FaceTime HD may not be used; fix: allow it in System Settings, then start vj again"
    assert err.count(line) == 1
    layer = json.loads(people.stats.read_text())["layers"][0]
    assert layer["source"]["title"] == CLIP.name
    assert layer["model"]["notice"] == line, "the heads-up display says so too"


@pytest.mark.show
def test_one_that_was_asked_for_alone_and_is_denied_ends_the_show_with_that_line(people: People) -> None:
    people.answer.write_text("denied")
    show = start_vj(*SHOW, "--source", "camera", "--frames", "30", env=people.env)
    _, err = finished(show)
    assert (show.returncode, err) == (
        2,
        "vj: FaceTime HD may not be used; fix: allow it in System Settings, then start vj again\n",
    )


def test_while_people_are_asked_the_time_stands_still_but_not_for_ever() -> None:
    said: list[tuple[str, float | None]] = []
    patience = _Patience(100.0, 8.0, lambda doing, part: said.append((doing, part)))
    assert not patience.is_over(105.0, "")
    assert not patience.is_over(150.0, "for an answer")
    assert not patience.is_over(152.0, ""), "five of the eight seconds are over"
    assert patience.is_over(154.0, "")
    assert said == [("for an answer", None), ("for an answer", 1.0)]
    patience = _Patience(0.0, 8.0, lambda doing, part: None)
    assert not any(patience.is_over(second, "for an answer") for second in range(int(ANSWER) + 8))
    assert patience.is_over(ANSWER + 10.0, "for an answer")
