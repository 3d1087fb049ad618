"""The effects before a layer's model, drawn in the process that renders."""

from concurrent.futures import ThreadPoolExecutor

from vj.base.frame import Size
from vj.child.shared_curves import Curve
from vj.effect.shaper import Shaper, Shaping
from vj.layers.layer_worker import LayerWorker
from vj.layers.source_slots import SOURCE_TO_SHAPER, SourceSlots, reader_number


class SteppedShaper:
    """Shapes a source's pictures in turns: `advance` does what a live show's process would have done by now, so that
    what is rendered is the same each time. See `vj.layers.before_chain.PictureShaper`."""

    def __init__(self, slots: SourceSlots, layer: int, box: Size) -> None:
        """It reads one of ``slots`` for ``layer`` (from 1), and publishes into the one that is there for that.
        Pictures fit into ``box``."""
        self.slot = slots.shaped(layer)
        self._slots = slots
        self._layer = layer
        self._box = box
        self._wanted: Shaping | None = None
        self._shaper: Shaper | None = None
        self._thread = ThreadPoolExecutor(1, "shaper")
        """Its OpenGL context is current in no other thread, and starts no thread before the first task."""

    @property
    def notice(self) -> str:
        """What is wrong with the effects; usually empty."""
        return self._shaper.notice if self._shaper else ""

    def ask(self, wanted: Shaping, source: LayerWorker) -> None:
        """As in `vj.layers.before_chain.PictureShaper.ask`."""
        self._wanted = wanted

    def serves(self, source: LayerWorker) -> bool:
        """Returns whether anything is wanted: it is drawn before an engine looks."""
        return self._wanted is not None

    def rest(self) -> None:
        """As in `vj.layers.before_chain.PictureShaper.rest`."""
        self._wanted = None
        if self._shaper:
            self._shaper.rest()

    def fire(self, instance: str, name: str) -> None:
        """As in `vj.layers.before_chain.PictureShaper.fire`."""
        if self._shaper:
            self._shaper.fire(instance, name)

    def hear(self, waveform: Curve, spectrum: Curve) -> None:
        """Do nothing: a recording holds no sound."""

    def advance(self, now: float) -> None:
        """Draw the source's newest picture at ``now`` (s), if shaping is wanted."""
        if self._wanted:
            self._thread.submit(self._draw, self._wanted, now).result()

    def end(self) -> None:
        """As in `vj.layers.before_chain.PictureShaper.end`. What the effects remember is forgotten."""
        self._wanted = None
        if self._shaper:
            self._thread.submit(self._shaper.release).result()
            self._shaper = None

    def close(self) -> None:
        """End it, and its thread."""
        self.end()
        self._thread.shutdown()

    def _draw(self, wanted: Shaping, now: float) -> None:
        if self._shaper is None:
            reader = reader_number(self._layer, SOURCE_TO_SHAPER)
            prefix = f"/layer/{self._layer}/before"
            self._shaper = Shaper(self._slots.memories, reader, self.slot, self._box, prefix, patient=True)
        self._shaper.take_turn(wanted, now)
