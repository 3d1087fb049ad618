"""How a layer goes from the picture of before to the one of now, when its clip or its model changes."""

from vj.effect.effect import EffectMoment, InputValue
from vj.effect.isf import END, PROGRESS, START
from vj.effect.live_effect import LiveEffect
from vj.effect.loader import ShaderLoader
from vj.gl.compositor import Compositor
from vj.gl.target import DrawTarget
from vj.preset.composition_params import CUT, TRANSITIONS, WIPE


class Transition:
    """Times a layer's transitions, and draws them. ``kind`` and ``seconds`` are those of the next one.

    Kinds other than ``cut``, ``fade`` and ``wipe`` are the names of shaders; until one is ready, it fades.
    """

    def __init__(self, compositor: Compositor, shaders: ShaderLoader | None = None, *, waits: bool = False) -> None:
        """``shaders`` loads shaders; without it, all but ``cut`` and ``wipe`` fade. With ``waits``, `prepare` waits for
        a shader, as a renderer must."""
        self.kind: str = CUT
        self.seconds = 1.0
        self._compositor = compositor
        self._shaders = shaders
        self._waits = waits
        self._shader: LiveEffect | None = None
        self._asked = CUT
        self._running = CUT
        self._takes = self._progress = 0.0

    @property
    def notice(self) -> str:
        """Why the shader of the transition can't play; usually empty."""
        return self._shader.notice if self._shader else ""

    def prepare(self) -> None:
        """Have the shader of the transition ready for the next time, by one small part. Call it once a frame."""
        if self.kind != self._asked and not self.is_running:
            self._ask()
        if self._shader:
            self._shader.advance()

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

    def draw(self, before: DrawTarget, after: DrawTarget, into: DrawTarget, moment: EffectMoment) -> None:
        """Draw the picture between ``before`` and ``after`` into ``into``. Blending must be off."""
        into.begin()
        effect = self._shader.effect if self._shader and self._asked == self._running else None
        if effect:
            inputs: dict[str, InputValue] = {START: before.texture, END: after.texture, PROGRESS: self._progress}
            effect.draw(into.framebuffer, inputs, moment)
        else:
            self._compositor.mixing.draw(before.texture, after.texture, self._progress, wipe=self._running == WIPE)

    def release(self) -> None:
        """Free the shader of the transition."""
        if self._shader:
            self._shader.release()
            self._shader = None

    def _ask(self) -> None:
        """Let go of the shader of before, and ask for the one of ``kind`` if that is a shader's name."""
        self._asked = self.kind
        self.release()
        if self._shaders is None or self.kind in TRANSITIONS:
            return
        self._shader = LiveEffect(self._compositor.ctx, self._compositor.size, self._shaders, self.kind)
        if self._waits:
            self._shader.finish()
