"""Where chains of effects are drawn: over a layer's picture, or over the whole."""

from collections.abc import Mapping, Sequence

from vj.base.errors import Unavailable
from vj.effect.chain import EffectChain
from vj.effect.loader import ShaderLoader
from vj.layers.layer import Layer
from vj.layers.layer_target import NoEffects
from vj.layers.mixer import Mixer
from vj.preset.chains import MASTER_CHAIN
from vj.preset.layer_plan import LayerPlan
from vj.show.structure import Handlers


class DrawnStage:
    """The stage of a show whose layers are ``layers``, the lowest first, in a list that it changes in place."""

    def __init__(self, mixer: Mixer, layers: list[Layer], loader: ShaderLoader, *, waits: bool = False) -> None:
        """``mixer`` draws the layers; ``loader`` loads the effects' shaders. With ``waits`` they are waited for."""
        self._mixer = mixer
        self._layers = layers
        self._loader = loader
        self._waits = waits

    def open_chain(self, prefix: str) -> EffectChain:
        """Returns a new, empty chain for the address ``prefix``, which is drawn from now on."""
        canvas = self._mixer.canvas
        chain = EffectChain(canvas.ctx, canvas.size, prefix, self._loader, self._waits)
        if prefix == MASTER_CHAIN:
            self._mixer.effects = chain
        for layer in self._layers:
            if prefix == f"{layer.prefix}/effect":
                layer.target.effects = chain
        return chain

    def open_layer(self, plan: LayerPlan) -> Handlers:
        raise Unavailable("layers can't be added in this show")

    def close_layer(self, number: int) -> None:
        """Draw the layer ``number`` no more."""
        for layer in [layer for layer in self._layers if layer.number == number]:
            layer.target.effects = NoEffects()
            self._layers.remove(layer)

    def order_layers(self, numbers: Sequence[int]) -> None:
        """Draw the layers in the order of ``numbers``, the lowest first. One that isn't there yet keeps its place."""
        self._layers.sort(key=lambda layer: numbers.index(layer.number))

    def failed_layers(self) -> Mapping[int, str]:
        """Returns the layers that were opened and will never have a picture, each with the reason."""
        return {}
