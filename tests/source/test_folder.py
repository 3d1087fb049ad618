import random
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.source.conftest import Viewer
from vj.base.clock import FakeClock
from vj.base.errors import BadInput
from vj.base.frame import Pixels, Size
from vj.source import folder
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
    viewer.source._future.exception(timeout=100)  # type: ignore[attr-defined]


def fire(viewer: Viewer, *names: str) -> None:
    """Fire triggers and wait until the picture that they lead to is read; it shows at the next taking."""
    for name in names:
        viewer.source.handle_trigger(name, 0.0)
    viewer.source._skip()  # type: ignore[attr-defined]
    loaded(viewer)


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
        fire(viewer, name)
        seen.append(int(viewer.take(fade=0.0).max()))
    assert seen == [20, 30, 20, 10, 100, 10]


def test_fired_thrice_it_goes_on_by_three(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    fire(viewer, *["next"] * 3)
    assert viewer.take(fade=0.0).max() == 100


def test_next_takes_what_is_read_already(start: Start, slides: Path) -> None:
    viewer = start(Folder, slides)
    loaded(viewer)
    (slides / "slide2.png").unlink()
    viewer.source.handle_trigger("next", 0.0)
    assert viewer.take(fade=0.0).max() == 20


def test_a_flood_of_next_reads_few_pictures_and_arrives(
    start: Start, slides: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = start(Folder, slides)
    loaded(viewer)
    read: list[str] = []
    real = folder._framed
    going = threading.Event()

    def slow(path: Path, frame: Size) -> Pixels:
        read.append(path.name)
        going.wait(100)
        return real(path, frame)

    monkeypatch.setattr(folder, "_framed", slow)
    for _ in range(20):  # a key held down while a large picture is being read
        for _ in range(101):
            viewer.source.handle_trigger("next", 0.0)
        viewer.take(fade=0.0)
    assert len(read) <= 1
    going.set()
    for _ in range(3):
        loaded(viewer)
        viewer.take(fade=0.0)
    assert viewer.picture.max() == 10, "2020 on is 505 times round"
    assert len(read) <= 5


def test_unreadable_ones_are_passed_over_and_told_once(
    start: Start, slides: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (slides / "slide0.png").write_bytes(b"broken")
    (slides / "slide2.png").write_bytes(b"broken")
    viewer = start(Folder, slides)
    assert level(viewer) == 10
    assert changes(viewer, 4) == [30, 100, 10, 30]
    told = [record.getMessage() for record in caplog.records if "skipped" in record.getMessage()]
    assert sorted(name for message in told for name in ("slide0", "slide2") if name in message) == ["slide0", "slide2"]
    assert len(told) == 2


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
    fire(viewer, "previous")
    levels = [int(viewer.take(fade=1.0).max()) for _ in range(30)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (10, 100)
    assert len(set(levels)) > 20


def test_pictures_of_any_shape_come_in_the_boxs_size_from_first_to_last(start: Start, tmp_path: Path) -> None:
    for number, shape in enumerate([(32, 16), (16, 32), (8, 8), (400, 20), (1, 1), (500, 500)]):
        grey(tmp_path / f"{number}.png", 100, shape)
    viewer = start(Folder, tmp_path, Size(66, 50))
    shapes = set()
    for _ in range(7):
        fire(viewer, "next")
        shapes |= {viewer.take(fade=0.4).shape for _ in range(12)}
    assert shapes == {(48, 64, 3)}


def test_a_picture_is_whole_as_large_as_fits_and_on_its_own_darkened_colours(start: Start, tmp_path: Path) -> None:
    upright = np.full((40, 20, 3), (200, 100, 40), np.uint8)
    upright[:4, :4] = upright[-4:, -4:] = (0, 0, 250)
    Image.fromarray(upright).save(tmp_path / "1.png")
    shown = start(Folder, tmp_path, Size(320, 160)).take().astype(int)
    sides = np.concatenate([shown[:, :110], shown[:, -110:]], axis=1)
    middle = shown[:, 120:200]
    assert np.abs(middle[80, 40] - (200, 100, 40)).max() <= 3
    assert np.abs(middle[4, 4] - (0, 0, 250)).max() <= 30, "a corner is missing"
    assert np.abs(middle[-4, -4] - (0, 0, 250)).max() <= 30, "a corner is missing"
    assert np.abs(sides[80].mean(axis=0) - (100, 50, 20)).max() <= 6


def test_as_a_clip_it_waits_at_its_first_picture(start: Start, slides: Path, clock: FakeClock) -> None:
    viewer = start(Folder, slides)
    source, anew, on = viewer.source, viewer.values, viewer.values | {"clip/start": "continue"}
    assert source.wait(anew)
    clock.sleep(60.0)
    assert not source.wait(anew)
    assert level(viewer) == 10
    source.launch(anew)
    assert changes(viewer, 2) == [20, 30]
    assert source.wait(on)
    assert level(viewer) == 30
    clock.sleep(60.0)
    loaded(viewer)
    assert level(viewer) == 30
    source.launch(on)
    assert [level(viewer) for _ in range(3)] == [30] * 3
    source.wait(anew)
    loaded(viewer)
    assert source.wait(anew)
    assert level(viewer) == 10
    source.launch(anew)
    assert changes(viewer, 2) == [20, 30]
    source.launch(anew)
    loaded(viewer)
    assert level(viewer) == 10


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no picture in"):
        Folder.check(str(tmp_path))
    (tmp_path / "broken.png").write_bytes(b"broken")
    with pytest.raises(BadInput, match=r"can be read.*broken\.png"):
        Folder(str(tmp_path), Size(32, 32), 25.0).open()
