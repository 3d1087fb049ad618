"""The shaders that there are, known without waiting for a disk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import until
from vj.base.errors import BadInput
from vj.effect import catalogue, library
from vj.effect.catalogue import Catalogue
from vj.source import SOURCES, params_of

MAIN = "void main() { gl_FragColor = vec4(0.5); }"
LEVEL = '{"INPUTS": [{"NAME": "level", "TYPE": "float"}]}'


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    """A catalogue that has looked at nothing yet; the shaders that a test writes are the performer's."""
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path.parent))
    monkeypatch.setattr(library, "FOLDER", tmp_path.name)
    made = Catalogue()
    yield made
    made.stop()


def test_once_it_has_looked_no_question_reads_a_disk(
    known: Catalogue, shader: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shader(MAIN, LEVEL)
    shader("", "{", name="wrong.fs")
    known.start()
    until(lambda: "made" in known.shaders and library._kept is not None)

    def asked(*_: object) -> None:
        raise AssertionError("a disk was read")

    with monkeypatch.context() as reading:
        reading.setattr(library, "shaders", asked)
        reading.setattr(library, "read", asked)
        assert "level" in [param.name.removeprefix("made/") for param in params_of("shader:made")]
        assert [param.name for param in known.params("made-2")] == ["made-2/on", "made-2/mix", "made-2/level"]
        SOURCES["shader"].check("made")
        for name, why in (("wrong", "JSON can't be read"), ("missing", "unknown shader")):
            with pytest.raises(BadInput, match=why):
                SOURCES["shader"].check(name)
    known.stop()
    shader(MAIN, name="later.fs")
    assert library.isf("later").kind == "generator"


def test_a_fault_in_one_look_does_not_end_all_later_ones(
    known: Catalogue, shader: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    shader(MAIN)
    looks: list[int] = []

    def found() -> dict[str, Path]:
        looks.append(len(looks))
        if len(looks) == 1:
            raise RuntimeError("a disk that went away")
        return library.shaders()

    monkeypatch.setattr(catalogue, "shaders", found)
    monkeypatch.setattr(catalogue, "_PERIOD", 0.01)
    known.start()
    until(lambda: library._kept is not None)
    assert "made" in known.shaders
