"""Waits at the start of a show for its effects, so that its first frame has them."""

from collections.abc import Callable, Iterator

from vj.base.clock import Clock
from vj.layers.before_chain import BeforeChain
from vj.layers.layer import Layer
from vj.layers.layer_target import Effects
from vj.model.files.weights import Progress
from vj.show.frame_step import FrameStep

LONGEST = 5.0
"""Seconds for which effects are waited for; those that take longer appear while the show plays."""
_POLL = 0.01
_SHAPED = 2
"""How many pictures of a model are waited for once its source is shaped: it may have begun the first one before."""
_DOING = "preparing effects"


def await_effects(
    step: FrameStep,
    clock: Clock,
    stopped: Callable[[], bool],
    meanwhile: Callable[[], None],
    progress: Progress,
    longest: float = LONGEST,
) -> None:
    """Wait until all effects of the show that ``step`` plays are ready or refused, and until models have seen what the
    effects before them make; for at most ``longest`` seconds.

    Returns at once if there are no effects, and soon if ``stopped`` returns true. ``meanwhile`` is called about every
    0.01 s; ``progress`` is called with what is waited for, and at the end with 1.
    """
    if not any(chain.effects for chain in _chains(step)):
        return
    progress(_DOING, None)
    until, awaited = clock.now() + longest, _AwaitedEffects(step)
    while not (awaited.are_there() or stopped() or clock.now() >= until):
        meanwhile()
        clock.sleep(_POLL)
    progress(_DOING, 1.0)


class _AwaitedEffects:
    """The effects of a show that doesn't play yet."""

    def __init__(self, step: FrameStep) -> None:
        self._step = step
        self._enough: dict[Layer, int] = {}
        """For each layer whose model sees shaped pictures, how many of its pictures are to be waited for."""

    def are_there(self) -> bool:
        """Go on with preparing the effects, and return whether all are ready or refused."""
        self._step.apply_values()
        layers = self._step.layers
        for chain in (self._step.mixer.effects, *(layer.effects for layer in layers)):
            while chain.prepare():
                pass
        if not all(chain.is_settled for chain in _chains(self._step)):
            return False
        return all(layer.before.is_idle or layer.before.notice or self._has_seen(layer) for layer in layers)

    def _has_seen(self, layer: Layer) -> bool:
        """Returns whether the model of ``layer`` has drawn what the effects before it have made."""
        made = layer.switcher.published
        return made >= self._enough.setdefault(layer, made + _SHAPED) or layer.model.child.state != "running"


def _chains(step: FrameStep) -> Iterator[Effects | BeforeChain]:
    yield step.mixer.effects
    for layer in step.layers:
        yield layer.effects
        yield layer.before
