"""The weights of a look: on disk as soon as they are there, remembered for a minute, never broken."""

import errno
from pathlib import Path

import pytest

from tests.train.painted import net, value_of
from vj.base.errors import BadInput
from vj.train import look_file
from vj.train.look_file import Learned
from vj.train.look_weights import LookWeights


def on_disk(name: str = "mine") -> float:
    found = look_file.read(name)
    assert found
    return float(found[0]["base.weight"].flatten()[0])


def learned(weights: LookWeights, seconds: int) -> None:
    """The weights after each second are its number."""
    for second in range(seconds + 1):
        assert weights.put(net(float(second)), Learned(float(second), second * 30))


def test_they_go_on_from_the_file(library: Path) -> None:
    learned(LookWeights("mine"), 3)
    again = LookWeights("mine")
    assert again.net
    assert value_of(again.net) == 3.0
    assert again.net.channels == (4, 4)
    assert again.learned == (3.0, 90)


def test_they_are_a_copy() -> None:
    weights, given = LookWeights("mine"), net(1.0)
    weights.put(given, Learned())
    given.base.weight.data.fill_(9.0)
    weights.save()
    assert on_disk() == 1.0


def test_undo_goes_back_again_and_again() -> None:
    weights = LookWeights("mine")
    assert not weights.undo(1.0), "nothing yet"
    learned(weights, 30)
    assert weights.undo(4.0)
    assert on_disk() == 26.0
    assert weights.learned == (26.0, 780)
    assert weights.undo(5.0)
    assert on_disk() == 21.0
    assert weights.undo(60.0)
    assert on_disk() == 0.0, "the earliest"
    assert not weights.undo(1.0)


def test_only_the_last_minute_is_remembered() -> None:
    weights = LookWeights("mine")
    for second in range(0, 120, 5):
        weights.put(net(float(second)), Learned(float(second), second))
    assert weights.undo(1000.0)
    assert 115.0 - on_disk() == 60.0


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    weights = LookWeights("mine")
    learned(weights, 2)
    assert not weights.put(net(number), Learned(3.0, 90))
    assert on_disk() == 2.0
    assert weights.net
    assert value_of(weights.net) == 2.0
    assert weights.learned == (2.0, 60)


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    weights = LookWeights("mine")
    learned(weights, 1)
    with monkeypatch.context() as patch:
        patch.setattr(look_file, "write_cached", full)
        weights.put(net(5.0), Learned(2.0, 60))
    assert weights.fault == f"can't write {look_file.path_of('mine')}: No space left on device"
    assert on_disk() == 1.0
    assert weights.put(net(6.0), Learned(3.0, 90))
    assert (weights.fault, on_disk()) == ("", 6.0)


def test_a_disk_that_is_locked_costs_nothing_but_the_file(library: Path) -> None:
    library.mkdir()
    (library / "models").write_text("a file where the folder should be")
    weights = LookWeights("mine")
    learned(weights, 3)
    assert "can't write" in weights.fault
    (library / "models").unlink()
    weights.save()
    assert (weights.fault, on_disk()) == ("", 3.0)


def test_what_a_killed_process_left_is_removed(library: Path) -> None:
    learned(LookWeights("mine"), 1)
    part, other = (library / "models" / f"{name}.safetensors.12-ab.new" for name in ("mine", "mine-2"))
    for path in (part, other):
        path.write_bytes(b"half a file")
    LookWeights("mine")
    assert not part.exists()
    assert other.exists()
    assert on_disk() == 1.0


def test_a_new_beginning_keeps_what_was_learned_before(library: Path) -> None:
    learned(LookWeights("mine"), 3)
    weights = LookWeights("mine", anew=True)
    assert weights.net is None
    assert not look_file.path_of("mine").exists()
    assert (library / "looks" / "mine" / "before.safetensors").is_file()


@pytest.mark.parametrize("content", [b"", b"no look", b"\x02\0\0\0\0\0\0\0{}"])
def test_a_file_that_is_no_look_is_left_alone(content: bytes, library: Path) -> None:
    path = look_file.path_of("mine")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"mine\.safetensors"):
        LookWeights("mine")
    assert path.read_bytes() == content
