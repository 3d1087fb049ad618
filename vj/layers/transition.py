"""How a layer goes from the picture of before to the one of now, when its clip or its model changes."""

from vj.effect.effect import Effect, EffectMoment, InputValue
from vj.effect.isf import END, PROGRESS, START
from vj.gl.compositor import Compositor
from vj.gl.target import DrawTarget
from vj.preset.composition_params import CUT, WIPE


class Transition:
    """Times a layer's transitions, and draws them. ``kind`` and ``seconds`` are those of the next one.

    ``effect`` is a shader for transitions; one of its name is drawn by it. Other kinds than ``cut``, ``wipe`` and its
    name fade.
    """

    def __init__(self) -> None:
        self.kind: str = CUT
        self.seconds = 1.0
        self.effect: Effect | None = None
        self._running = CUT
        self._takes = self._progress = 0.0

    @property
    def is_running(self) -> bool:
        """Whether some of the picture of before still shows."""
        return self._running != CUT

    def begin(self) -> None:
        """Begin a transition from what shows now. With the kind ``cut``, or in no time, it is over at once."""
        self._running = self.kind if self.seconds > 0.0 else CUT
        self._takes, self._progress = self.seconds, 0.0

    def advance(self, dt: float) -> None:
        """Go on by ``dt`` seconds."""
        if self.is_running:
            self._progress += dt / self._takes
            if self._progress >= 1.0:
                self._running = CUT

    def draw(
        self, compositor: Compositor, before: DrawTarget, after: DrawTarget, into: DrawTarget, moment: EffectMoment
    ) -> None:
        """Draw the picture between ``before`` and ``after`` into ``into``. Blending must be off."""
        into.begin()
        if self.effect and self.effect.isf.name == self._running:
            inputs: dict[str, InputValue] = {START: before.texture, END: after.texture, PROGRESS: self._progress}
            self.effect.draw(into.framebuffer, inputs, moment)
        else:
            compositor.mixing.draw(before.texture, after.texture, self._progress, wipe=self._running == WIPE)
