"""The folder of a training: what is kept in it, and what is painted."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.train.painted import frame, painted, save
from vj.base.errors import BadInput
from vj.train.look_folder import LookFolder, add_keyframe, content_of


def test_a_frame_is_kept_twice_under_the_next_number(library: Path) -> None:
    folder = LookFolder("mine")
    assert folder.places() == []
    assert folder.keep(frame()) == library / "looks" / "mine" / "01.png"
    assert folder.keep(frame(1)).name == "02.png"
    first, second = folder.places()
    assert (first.number, first.source.name, second.number) == (1, "01-source.png", 2)
    for path in (second.source, second.painted):
        assert path
        assert np.array_equal(np.asarray(Image.open(path)), frame(1))


def test_the_painted_file_may_be_of_any_kind_and_the_newest_counts(tmp_path: Path) -> None:
    folder = LookFolder("mine")
    kept = folder.keep(frame())
    other = save(folder.path / "01.jpg", painted(frame()))
    os.utime(other, ns=(kept.stat().st_mtime_ns + 10**9,) * 2)
    assert folder.places()[0].painted == other
    for path in (kept, other):
        os.utime(path, ns=(path.stat().st_mtime_ns - 10**10,) * 2)
    copy = folder.paint(1, save(tmp_path / "over.WEBP", painted(frame())))
    assert copy.name == "01.webp"
    assert folder.places()[0].painted == copy


def test_nothing_that_lies_there_is_replaced_by_a_new_frame() -> None:
    folder = LookFolder("mine")
    stray = save(folder.path / "03.png", painted(frame()))
    before = stray.read_bytes()
    assert folder.keep(frame()).name == "04.png"
    assert stray.read_bytes() == before


def test_a_pair_is_added_once(tmp_path: Path) -> None:
    source, over = save(tmp_path / "a.jpg", frame()), save(tmp_path / "b.png", painted(frame()))
    folder = LookFolder("mine")
    for _ in range(2):
        add_keyframe(folder, source, over)
    assert [place.number for place in folder.places()] == [1]
    add_keyframe(folder, source, save(tmp_path / "c.png", painted(frame(1))))
    assert [place.number for place in folder.places()] == [1, 2]
    with pytest.raises(BadInput, match=r"a\.jpg is the same picture as .*a\.jpg: nothing is painted in it"):
        add_keyframe(folder, source, source)


def test_what_can_not_be_written_is_named(library: Path) -> None:
    library.mkdir()
    (library / "looks").write_text("a file where the folder should be")
    with pytest.raises(BadInput, match=r"can't write .*01\.png: "):
        LookFolder("mine").keep(frame())


def test_only_pictures_are_copied(tmp_path: Path) -> None:
    (tmp_path / "a.psd").write_bytes(b"layers")
    with pytest.raises(BadInput, match=r"a\.psd is no picture; choices: files ending in \.png"):
        content_of(tmp_path / "a.psd")
    with pytest.raises(BadInput, match="there is no file"):
        content_of(tmp_path / "none.png")
