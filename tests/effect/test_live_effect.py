"""A shader by name in a running show."""

from collections.abc import Iterator

import moderngl
import pytest

from tests.effect.pictures import SIZE
from vj.effect.isf import Isf, parse
from vj.effect.live_effect import LiveEffect
from vj.effect.loader import LoadedShader, ShaderFile, ShaderLoader


def loaded(level: str) -> LoadedShader:
    return LoadedShader(parse(f"/*{{}}*/ void main() {{ gl_FragColor = vec4({level}); }}", "made"), {}, "")


class Saved(ShaderFile):
    """A file of which another version is loaded just when the loop looks at it."""

    newer: LoadedShader | None = None

    def __init__(self, first: LoadedShader) -> None:
        self._loaded: LoadedShader | None = first
        super().__init__("made")
        self._loaded, self.version = first, 1

    @property  # type: ignore[override]
    def loaded(self) -> LoadedShader | None:
        found = self._loaded
        if self.newer:
            self._loaded, self.newer, self.version = self.newer, None, self.version + 1
        return found

    @loaded.setter
    def loaded(self, value: LoadedShader | None) -> None:
        self._loaded = value


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> Iterator[ShaderLoader]:
    made = ShaderLoader(SIZE, background=False)
    yield made
    made.stop()


def test_a_version_that_comes_while_it_looks_is_not_missed(
    ctx: moderngl.Context, loader: ShaderLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = loaded("0.25"), loaded("0.75")
    file = Saved(first)
    monkeypatch.setattr(loader, "open", lambda instance: file)
    live = LiveEffect(ctx, SIZE, loader, "made")
    file.newer = second
    while live.advance():
        pass
    assert live.effect
    played: Isf = live.effect.isf
    assert played is second.isf
    live.release()
