"""What holds for every source."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.source.conftest import Viewer
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.source import SOURCES


@pytest.mark.parametrize("name", SOURCES)
def test_declares_itself(name: str) -> None:
    source = SOURCES[name]
    assert source.name == name
    assert source.help
    assert len({param.name for param in source.params}) == len(source.params)
    assert all(param.help for param in source.params)


def test_looking_at_sources_loads_nothing_heavy() -> None:
    heavy = ("cv2", "av", "PIL", "mss", "torch", "cv2_enumerate_cameras")
    script = f"""
import sys
from vj.base.errors import VjError
from vj.source import SOURCES
for name in SOURCES:
    source = SOURCES[name]
    source.params, source.help
    for target in ("", "nowhere", "http://127.0.0.1/"):
        try:
            source.check(target)
        except VjError:
            pass
print([name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["movie", "still"])
def test_files_are_checked_at_once(name: str, tmp_path: Path) -> None:
    check = SOURCES[name].check
    (tmp_path / "holiday.mp4").touch()
    check(str(tmp_path / "holiday.mp4"))
    with pytest.raises(BadInput, match=rf"needs a file: {name}:PATH"):
        check("")
    with pytest.raises(BadInput, match=r"there is no file .*holliday\.mp4 \(did you mean '.*holiday\.mp4'\?\)"):
        check(str(tmp_path / "holliday.mp4"))
    with pytest.raises(BadInput, match="there is no file") as caught:
        check(str(tmp_path / "quite-another"))
    assert "did you mean" not in str(caught.value)
    with pytest.raises(BadInput, match="is a folder, not a file"):
        check(str(tmp_path))
    for impossible in ("x" * 5000, "a\0b", "~nobody-of-this-name/clip.mp4"):
        with pytest.raises(BadInput):
            check(impossible)


def test_folders_are_checked_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.png").touch()
    SOURCES["folder"].check(str(tmp_path))
    with pytest.raises(BadInput, match="is a file, not a folder"):
        SOURCES["folder"].check(str(tmp_path / "one.png"))
    with pytest.raises(BadInput, match="there is no folder"):
        SOURCES["folder"].check(str(tmp_path / "two"))


def test_what_needs_no_preparing_waits_for_its_launch_and_publishes_at_once(clock: FakeClock, tmp_path: Path) -> None:
    for name in ("still", "pattern"):
        Image.new("RGB", (64, 48), (10, 200, 30)).save(tmp_path / "a.png")
        source = SOURCES[name](str(tmp_path / "a.png") if name == "still" else "", Size(64, 48), 25.0, clock)
        source.open()
        viewer = Viewer(source)
        assert [source.wait(viewer.values) for _ in range(3)] == [True, False, False]
        viewer.take()
        clock.sleep(60.0)
        source.launch(viewer.values)
        now = clock.now()
        viewer.take()
        assert viewer.times[-1] == now
        assert source.wait(viewer.values)
        source.close()
