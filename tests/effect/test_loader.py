"""Shaders loaded beside the loop."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.waiting import until
from vj.base.frame import Size
from vj.effect import library
from vj.effect.loader import ShaderLoader
from vj.effect.trial import ShaderVerdict

SIZE = Size(16, 8)
ONE, TWO = "void main() { gl_FragColor = vec4(1.0); }", "void main() { gl_FragColor = vec4(0.5); }"


class Judge:
    """Says of every shader what it was told to say."""

    def __init__(self) -> None:
        self.verdict = ShaderVerdict("generator")
        self.asked: list[str] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def examine(self, path: Path, root: Path, size: Size) -> ShaderVerdict:
        self.asked.append(path.name)
        assert self.may_go_on.wait(30)
        return self.verdict


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def loader(judge: Judge) -> Iterator[ShaderLoader]:
    made = ShaderLoader(SIZE, judge.examine)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shaders that a test writes are the performer's."""
    monkeypatch.setenv("VJ_LIBRARY", str(tmp_path.parent))
    monkeypatch.setattr(library, "FOLDER", tmp_path.name)


def saved(path: Path, text: str) -> None:
    """Write the file with another time than before."""
    later = path.stat().st_mtime + 2
    path.write_text(text)
    os.utime(path, (later, later))


def test_opening_does_not_wait_for_the_trial(loader: ShaderLoader, judge: Judge, shader: Callable[..., Path]) -> None:
    judge.may_go_on.clear()
    shader(ONE)
    file = loader.open("made")
    assert not file.is_settled
    judge.may_go_on.set()
    loader.wait(file)
    assert file.loaded is not None
    assert (file.version, file.error) == (1, "")


def test_what_is_saved_during_its_trial_is_tried_itself(
    loader: ShaderLoader, judge: Judge, shader: Callable[..., Path]
) -> None:
    judge.may_go_on.clear()
    path = shader(ONE)
    file = loader.open("made")
    until(lambda: judge.asked == ["made.fs"])  # the first text has been read
    saved(path, f"/*{{}}*/{TWO}")
    judge.may_go_on.set()
    loader.wait(file)
    assert file.loaded is not None
    assert TWO in file.loaded.isf.fragment
    assert (judge.asked, file.version, file.error) == (["made.fs", "made.fs"], 1, "")


def test_a_saved_file_is_loaded_again(loader: ShaderLoader, judge: Judge, shader: Callable[..., Path]) -> None:
    path = shader(ONE)
    file = loader.open("made")
    loader.wait(file)
    saved(path, f"/*{{}}*/{TWO}")
    until(lambda: file.version == 2)
    assert file.loaded is not None
    assert TWO in file.loaded.isf.fragment
    path.with_suffix(".vs").write_text("void main() { isf_vertShaderInit(); }")
    until(lambda: file.version == 3)
    loader.close(file)
    saved(path, f"/*{{}}*/{ONE}")
    shader(ONE, name="other.fs")
    loader.wait(loader.open("other"))
    assert file.version == 3, "a file that was closed isn't watched"


def test_what_is_refused_leaves_the_version_before(
    loader: ShaderLoader, judge: Judge, shader: Callable[..., Path]
) -> None:
    path = shader(ONE)
    file = loader.open("made")
    loader.wait(file)
    before = file.loaded
    for verdict, text, reason in (
        (ShaderVerdict(error="line 3: wrong"), f"/*{{}}*/{TWO}", "line 3: wrong"),
        (ShaderVerdict("generator", "", 240.0), f"/*{{}}*/ {TWO}", "takes 240 ms a frame here; at most 100 ms"),
        (ShaderVerdict("generator"), "no shader", "isn't ISF"),
    ):
        judge.verdict = verdict
        saved(path, text)
        until(lambda reason=reason: reason in file.error)
        assert file.loaded is before
    saved(path, f"/*{{}}*/{TWO}")
    until(lambda: file.version == 2)
    assert file.error == ""
    path.unlink()
    until(lambda: "can't be read" in file.error)
    assert file.version == 2


def test_without_a_thread_it_is_there_at_once(shader: Callable[..., Path]) -> None:
    loader = ShaderLoader(SIZE, background=False)
    path = shader(ONE)
    assert loader.open("made").loaded is not None
    path.write_text("no shader")
    assert "isn't ISF" in loader.open("made").error
    loader.stop()


def test_a_shader_that_there_is_not_is_refused(loader: ShaderLoader) -> None:
    file = loader.open("missing")
    loader.wait(file)
    assert "unknown shader 'missing'" in file.error
