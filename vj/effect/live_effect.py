"""One shader by name in a running show: loaded beside the loop, and again whenever its file changes."""

from collections.abc import Iterator

import moderngl

from vj.base.errors import BadInput
from vj.base.frame import Size
from vj.effect.effect import Effect
from vj.effect.loader import LoadedShader, ShaderLoader


class LiveEffect:
    """The effect that a shader makes: ``effect`` is None until it is ready, and stays it if it can't play.

    It belongs to the context ``ctx``, which must be current in all methods.
    """

    def __init__(self, ctx: moderngl.Context, size: Size, loader: ShaderLoader, instance: str) -> None:
        """Begin to load the shader that ``instance`` is (see `vj.effect.library.shader_of`), for pictures of ``size``.

        Returns before anything is read from the disk.
        """
        self._ctx = ctx
        self._size = size
        self._loader = loader
        self._file = loader.open(instance)
        self._seen = 0
        self._next: tuple[Effect, Iterator[None]] | None = None
        self._fault = ""
        self.effect: Effect | None = None

    @property
    def notice(self) -> str:
        """What is wrong with the file as it is now, or which pictures it lacks, in a line; empty if nothing is."""
        error = self._fault or self._file.error
        if not error:
            lacks = self._file.loaded.missing if self._file.loaded else ""
            return f"{self._file.instance}: {lacks}" if lacks else ""
        kept = " (the version before it plays on)" if self.effect else ""
        return f"{self._file.instance}: {error}{kept}"

    @property
    def is_settled(self) -> bool:
        """Whether the shader was loaded or refused, and `advance` has nothing to do."""
        return self._file.is_settled and self._next is None and self._seen == self._file.version

    def advance(self) -> bool:
        """Go on with preparing the shader, or a newer version of it, by one small part: call it once a frame.

        Returns whether there was something to do. ``effect`` may be another one afterwards; the old one is freed.
        """
        if self._next is None:
            version, loaded = self._file.version, self._file.loaded  # in this order: a newer one isn't missed
            if self._seen == version or loaded is None:
                return False
            self._seen, self._fault = version, ""
            self._begin(loaded)
        if self._next:
            effect, steps = self._next
            try:
                next(steps)
            except StopIteration:
                self._play(effect)
            except (BadInput, moderngl.Error) as error:
                effect.release()
                self._fault, self._next = str(error), None
        return True

    def finish(self) -> None:
        """Wait until the shader is ready, or can't play."""
        self._loader.wait(self._file)
        while self.advance():
            pass

    def release(self) -> None:
        """Stop watching the file, and free what was made of it."""
        self._loader.close(self._file)
        for effect in (self.effect, self._next[0] if self._next else None):
            if effect:
                effect.release()
        self.effect = self._next = None

    def _begin(self, loaded: LoadedShader) -> None:
        try:
            effect = Effect(self._ctx, loaded.isf, self._size, loaded.imported, in_steps=True)
            self._next = effect, effect.prepare()
        except (BadInput, moderngl.Error) as error:
            self._fault = str(error)

    def _play(self, effect: Effect) -> None:
        if self.effect:
            self.effect.release()
        self.effect, self._next = effect, None
