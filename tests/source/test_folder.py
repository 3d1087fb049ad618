import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.source.conftest import Viewer
from vj.errors import BadInput
from vj.frame.frame import Size
from vj.source.folder import Folder

Start = Callable[..., Viewer]


def grey(path: Path, level: int, size: tuple[int, int] = (32, 24)) -> None:
    Image.new("L", size, level).save(path)


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    """Pictures whose grey is ten times their number, and a text."""
    for number in (1, 2, 3, 10):
        grey(tmp_path / f"slide{number}.png", 10 * number)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def level(viewer: Viewer) -> int:
    return int(viewer.take(dwell=0.2, fade=0.0).max())


def changes(viewer: Viewer, number: int) -> list[int]:
    """The next ``number`` different pictures; reading one takes real time, so the fake one runs on meanwhile."""
    seen = [level(viewer)]
    while len(seen) < number + 1:
        now = level(viewer)
        if now != seen[-1]:
            seen.append(now)
    return seen[1:]


def loaded(viewer: Viewer) -> None:
    """Wait for the picture that is being read."""
    viewer.source._future.exception(timeout=10)  # type: ignore[attr-defined]


def test_natural_order_over_and_over(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    assert level(viewer) == 10
    assert changes(viewer, 6) == [20, 30, 100, 10, 20, 30]


def test_each_shows_for_its_dwell(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    loaded(viewer)
    levels = [int(viewer.take(dwell=1.0, fade=0.0).max()) for _ in range(26)]
    assert levels == [10] * 24 + [20] * 2


def test_next_and_previous(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    seen = []
    for name in ("next", "next", "previous", "previous", "previous", "next"):
        viewer.source.command(name, 0.0)
        loaded(viewer)
        seen.append(int(viewer.take(fade=0.0).max()))
    assert seen == [20, 30, 20, 10, 100, 10]


def test_fired_thrice_it_goes_on_by_three(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    for _ in range(3):
        viewer.source.command("next", 0.0)
    loaded(viewer)
    assert viewer.take(fade=0.0).max() == 100


def test_unreadable_ones_are_passed_over(start: Start, slides: Path) -> None:
    (slides / "slide0.png").write_bytes(b"broken")
    (slides / "slide2.png").write_bytes(b"broken")
    viewer = start(Folder, slides)
    assert level(viewer) == 10
    assert changes(viewer, 4) == [30, 100, 10, 30]
    assert viewer.source.skipped >= 3  # type: ignore[attr-defined]


def test_what_comes_and_goes_is_noticed_when_the_list_comes_round(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    loaded(viewer)
    (slides / "slide2.png").unlink()
    grey(slides / "slide4.png", 40)
    assert level(viewer) == 10
    assert changes(viewer, 7) == [20, 30, 100, 10, 30, 40, 100]


def test_a_folder_emptied_while_it_plays_keeps_its_picture(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    level(viewer)
    for path in slides.iterdir():
        path.unlink()
    assert all(level(viewer) in (10, 20) for _ in range(50))


def test_shuffled_every_picture_shows_once_a_round(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    viewer.source._random = random.Random(1)  # type: ignore[attr-defined]
    viewer.values["shuffle"] = True
    assert level(viewer) == 10
    seen = changes(viewer, 30)
    assert set(seen) == {10, 20, 30, 100}
    assert all(seen.count(one) >= 5 for one in set(seen))


def test_fades_from_one_to_the_next(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    viewer.take()
    viewer.source.command("previous", 0.0)
    loaded(viewer)
    levels = [int(viewer.take(fade=1.0).max()) for _ in range(30)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (10, 100)
    assert len(set(levels)) > 20


def test_pictures_of_different_shapes_fade_in_a_frame_that_holds_both(start: Start, tmp_path: Path) -> None:
    grey(tmp_path / "1.png", 100, (32, 16))
    grey(tmp_path / "2.png", 100, (16, 32))
    viewer = start(Folder, tmp_path, Size(32, 32))
    viewer.source.command("next", 0.0)
    loaded(viewer)
    shapes = [viewer.take(fade=0.4).shape[:2] for _ in range(12)]
    assert shapes[0] == (32, 32)
    assert shapes[-1] == (32, 16)
    assert np.array_equal(np.unique(viewer.picture), [100])


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no picture in"):
        Folder.check(str(tmp_path))
    (tmp_path / "broken.png").write_bytes(b"broken")
    with pytest.raises(BadInput, match=r"can be read.*broken\.png"):
        Folder(str(tmp_path), Size(32, 32), 25.0).open()
