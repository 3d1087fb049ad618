"""Where chains of effects are drawn, over a layer's picture or over the whole, and the layers that come and go."""

from collections.abc import Callable, Mapping, Sequence

from vj.layers.before_chain import BeforeChain
from vj.layers.layer import Layer
from vj.layers.layer_target import Effects, NoEffects
from vj.layers.mixer import Mixer
from vj.preset.chains import MASTER_CHAIN
from vj.preset.layer_plan import LayerPlan
from vj.show.clip_bank import Handlers


class DrawnStage:
    """The stage of a show whose layers are ``layers``, the lowest first, in a list that it changes in place."""

    def __init__(
        self,
        mixer: Mixer,
        layers: list[Layer],
        make: Callable[[LayerPlan], Layer],
        end: Callable[[Layer], None],
    ) -> None:
        """``mixer`` draws the layers.

        ``make`` returns a new layer and starts what it shows; it raises VjError where it can't. ``end`` ends what a
        layer shows. Neither may wait in a running show.
        """
        self._mixer = mixer
        self._layers = layers
        self._make = make
        self._end = end

    def open_chain(self, prefix: str) -> Effects | BeforeChain:
        """Returns the chain at the address ``prefix``: the master's or one of a layer's. Another one isn't drawn."""
        if prefix == MASTER_CHAIN:
            return self._mixer.effects
        for layer in self._layers:
            if prefix == f"{layer.prefix}/effect":
                return layer.effects
            if prefix == f"{layer.prefix}/before":
                return layer.before
        return NoEffects()

    def open_layer(self, plan: LayerPlan) -> Handlers:
        """Begin to show the layer ``plan`` above all others; it appears with its first picture."""
        layer = self._make(plan)
        layer.is_awaited = True
        self._layers.append(layer)
        return layer.handlers

    def handlers(self, number: int) -> Handlers:
        """Returns the handlers of the triggers of layer ``number``."""
        return next(layer.handlers for layer in self._layers if layer.number == number)

    def close_layer(self, number: int) -> None:
        """Draw the layer ``number`` no more, and end what it shows."""
        for layer in [layer for layer in self._layers if layer.number == number]:
            self._layers.remove(layer)
            self._end(layer)
            layer.release()

    def order_layers(self, numbers: Sequence[int]) -> None:
        """Draw the layers in the order of ``numbers``, the lowest first. One that isn't there yet keeps its place."""
        self._layers.sort(key=lambda layer: numbers.index(layer.number))

    def failed_layers(self) -> Mapping[int, str]:
        """Returns the layers that were opened and will never have a picture, each with the reason."""
        return {
            layer.number: layer.clips.playing.trouble
            for layer in self._layers
            if layer.is_awaited and layer.clips.playing.trouble
        }
