"""The effects before a layer's model: what the model sees is shaped by them, in a process of its own.

The layer's engines read the shaped pictures as long as there are some, else those of the source. The display's own
picture of the source stays as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from vj.child.shared_curves import Curve
from vj.effect.isf import Isf, params
from vj.effect.loader import ShaderFile, ShaderLoader
from vj.effect.shaper import Shaping
from vj.layers.layer_worker import LayerWorker
from vj.params.param import Value


class PictureShaper(Protocol):
    """What shapes pictures for a layer: a process, or in a renderer a part of it. Nothing here may wait in a show.

    ``slot`` is the number of the slot into which it publishes.
    """

    slot: int

    @property
    def notice(self) -> str:
        """What is wrong with it; usually empty."""
        ...

    def ask(self, wanted: Shaping, source: LayerWorker) -> None:
        """Have pictures of ``source`` shaped as ``wanted``, from now on. To be called once a frame."""
        ...

    def serves(self, source: LayerWorker) -> bool:
        """Returns whether the engines may read its pictures: it keeps up with ``source``."""
        ...

    def rest(self) -> None:
        """Have nothing shaped, until the next `ask`. Harmless a second time."""
        ...

    def fire(self, instance: str, name: str) -> None:
        """Make the event ``name`` of an effect true for the next picture."""
        ...

    def hear(self, waveform: Curve, spectrum: Curve) -> None:
        """Have effects hear this sound from now on; see `vj.gl.spectrum.AudioTextures.upload`."""
        ...

    def end(self) -> None:
        """Let go of what shaping needs; the next `ask` begins anew. Harmless a second time."""
        ...


class BeforeChain:
    """The effects before the model of one layer, as the show has them. Only the loop may use it."""

    def __init__(self, prefix: str, loader: ShaderLoader | None = None, shaper: PictureShaper | None = None) -> None:
        """``prefix`` is its address, ``/layer/1/before``. ``loader`` tries and watches the shaders, ``shaper`` draws
        with them; without these two there are no effects.
        """
        self._prefix = prefix
        self._loader = loader
        self._shaper = shaper
        self._files: dict[str, ShaderFile] = {}
        self._addresses: dict[str, tuple[int, list[str]]] = {}
        """The addresses of the parameters of each effect, with the version of its shader that has them."""
        self._values: Mapping[str, Value] = {}
        self._versions = -1
        """All versions of all shaders, added up, when ``_wanted`` was made."""
        self._wanted = Shaping()
        self._is_on = self._is_served = self._hears = False

    @property
    def effects(self) -> tuple[str, ...]:
        """The names of its effects, in order, as `set_effects` was given them."""
        return tuple(self._files)

    @property
    def notice(self) -> str:
        """What is wrong with its effects, in a line for the performer; empty if nothing is."""
        notices = [_notice(file) for file in self._files.values()]
        if self._is_on and self._shaper:
            notices.append(self._shaper.notice)
        return "; ".join(filter(None, notices))

    @property
    def is_idle(self) -> bool:
        """Whether nothing is shaped: all effects are off, not there yet, or wrong."""
        return not self._is_on

    @property
    def is_settled(self) -> bool:
        """Whether all shaders of its effects are loaded or refused and, if some are on, the engines may read what they
        make, or something is wrong with that."""
        if self._files and self._versions != self._newest():
            return False
        is_tried = all(file.is_settled for file in self._files.values())
        return is_tried and (not self._is_on or self._is_served or bool(self.notice))

    def isf(self, instance: str) -> Isf | None:
        """Returns the shader that the effect ``instance`` plays; None before it plays, and if there is none."""
        file = self._files.get(instance)
        return file.loaded.isf if file and file.loaded else None

    def set_effects(self, names: Sequence[str]) -> None:
        """Have the effects ``names``, in this order: shaders, of which the second one of a kind has ``-2`` behind it.

        Those that the chain has already go on. New ones appear when they have been tried. One that doesn't exist or
        can't play is left out, with a notice.
        """
        if self._loader is None:
            return
        before, self._files = self._files, {}
        for name in dict.fromkeys(names):
            self._files[name] = before.pop(name) if name in before else self._loader.open(name)
        for gone in before.values():
            self._loader.close(gone)
            self._addresses.pop(gone.instance, None)
        self._versions = -1
        if not names:
            self._is_on, self._wanted = False, Shaping()

    def apply_values(self, values: Mapping[str, Value]) -> None:
        """Take the parameters of the effects from ``values``, by address; a missing one counts as its default. Call it
        once a frame as long as there are effects."""
        versions = self._newest()
        if values is self._values and versions == self._versions:
            return
        self._values, self._versions = values, versions
        playing = [(name, file.version) for name, file in self._files.items() if file.version]
        found = {address: values[address] for name, _ in playing for address in self._below(name) if address in values}
        self._is_on = any(self._is_drawn(name) for name, _ in playing)
        self._hears = any(one.is_sound for name, _ in playing if (isf := self.isf(name)) for one in isf.inputs)
        if found != self._wanted.values or playing != self._wanted.effects:
            self._wanted = Shaping(self._wanted.slot, playing, found)

    def slot_for(self, source: LayerWorker) -> int:
        """Returns the number of the slot that the engines are to read while ``source`` plays: that of its pictures as
        they are shaped or, where nothing is shaped, its own. Call it once a frame, after `apply_values`.
        """
        shaper = self._shaper
        if shaper is None:
            return source.slot
        if not self._is_on:
            shaper.rest()
            if not self._files:
                shaper.end()
            return source.slot
        if self._wanted.slot != source.slot:
            self._wanted = self._wanted._replace(slot=source.slot)
        shaper.ask(self._wanted, source)
        self._is_served = shaper.serves(source)
        return shaper.slot if self._is_served else source.slot

    def fire(self, instance: str, name: str) -> None:
        """Make the event input whose parameter is ``name``, of the effect ``instance``, true for the next picture."""
        if self._shaper and self._is_on:
            self._shaper.fire(instance, name)

    def hear(self, waveform: Curve, spectrum: Curve) -> None:
        """Pass the newest sound on to effects that hear it; see `vj.gl.spectrum.AudioTextures.upload`."""
        if self._shaper and self._is_on and self._hears:
            self._shaper.hear(waveform, spectrum)

    def release(self) -> None:
        """Have no effects any more."""
        self.set_effects(())
        if self._shaper:
            self._shaper.end()

    def _newest(self) -> int:
        """Returns the newest versions of all shaders, added up."""
        return sum(file.version for file in self._files.values())

    def _below(self, name: str) -> list[str]:
        """Returns the addresses of the values of the effect ``name``."""
        file = self._files[name]
        version, addresses = self._addresses.get(name, (0, []))
        if version != file.version and file.loaded:
            own = f"{self._prefix}/{name}"
            addresses = [f"{own}/{param.name}" for param in params(file.loaded.isf) if param.kind != "trigger"]
            self._addresses[name] = file.version, addresses
        return addresses

    def _is_drawn(self, name: str) -> bool:
        own = f"{self._prefix}/{name}"
        return bool(self._values.get(f"{own}/on", True)) and float(self._values.get(f"{own}/mix", 1.0)) > 0.0


def _notice(file: ShaderFile) -> str:
    if not file.error:
        return ""
    kept = " (the version before it plays on)" if file.loaded else ""
    return f"{file.instance}: {file.error}{kept}"
