"""Brings the shader of a layer's transition into the show, a small part a frame."""

from collections.abc import Iterator

import moderngl

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.effect.effect import Effect
from vj.effect.loader import ShaderLoader


class TransitionShader:
    """The shader of one transition, by name: ``effect`` is None until it is ready, and if it can't play."""

    def __init__(self, ctx: moderngl.Context, size: Size, loader: ShaderLoader, name: str) -> None:
        """Begin to load the shader ``name`` for pictures of ``size``."""
        self.name = name
        self.effect: Effect | None = None
        self.notice = ""
        """Why it can't play; usually empty."""
        self._ctx = ctx
        self._size = size
        self._loader = loader
        self._file = loader.open(name)
        self._next: tuple[Effect, Iterator[None]] | None = None
        self._version = 0

    def advance(self) -> None:
        """Go on with preparing the shader, or a newer version of its file, by one small part."""
        try:
            self._advance()
        except (BadInput, moderngl.Error) as error:
            self.notice, self._next = f"{self.name}: {error}", None

    def finish(self) -> None:
        """Wait until the shader is ready, or can't play."""
        self._loader.wait(self._file)
        self.advance()
        while self._next:
            self.advance()

    def release(self) -> None:
        """Stop watching the file, and free what was made of it."""
        self._loader.close(self._file)
        for effect in (self.effect, self._next[0] if self._next else None):
            if effect:
                effect.release()
        self.effect = self._next = None

    def _advance(self) -> None:
        if self._next is None:
            self.notice = f"{self.name}: {self._file.error}" if self._file.error else self.notice
            loaded = self._file.loaded
            if loaded is None or self._version == self._file.version:
                return
            self._version, self.notice = self._file.version, ""
            effect = Effect(self._ctx, loaded.isf, self._size, loaded.imported, in_steps=True)
            self._next = effect, effect.prepare()
            return
        effect, steps = self._next
        if next(steps, self) is self:
            if self.effect:
                self.effect.release()
            self.effect, self._next = effect, None
