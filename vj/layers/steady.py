"""Steadies what a layer shows of its model: when it does so, and with which motion.

A model that is slower than the display shows jumps and shimmer. *Coherence* mixes each new result with the one before,
moved along with what the source shows, where both agree. *Reprojection* moves the last result to the source's newest
picture until the next result is there. Both need the motion, which `vj.layers.motion_child` measures beside the show.
"""

import math
from dataclasses import dataclass
from typing import Final, Protocol

from vj.base.frame import Frame
from vj.child.slot_reader import slot_of
from vj.gl.steadying import SteadiedPicture, SteadyPass
from vj.gl.texture import PictureTexture
from vj.layers.flow_maps import COMING_TO_SHOWN, NEWEST_TO_COMING, NEWEST_TO_SHOWN, FlowHead, read_head
from vj.layers.motion_wish import Wished

MEMORY: Final = 0.25
"""Seconds after which, at full coherence, about a third of a result is left in those after it."""
SLOWER, AS_FAST = 1.4, 1.15
"""A model is slower than the display if its results come this many refreshes apart; it no longer is below the
second."""
PATIENCE: Final = 0.1
"""Seconds that a result waits for its motion at most."""
PAUSE: Final = 10.0
"""Seconds for which steadying on its own account rests once this machine had no time for it."""
_LEARNS: Final = 0.05
"""The weight of the newest refresh in their mean distance."""


def part_that_stays(coherence: float, seconds: float) -> float:
    """Returns how much (0..1) of a result stays in the next one, which is of a picture ``seconds`` later, at a
    ``coherence`` of 0..1. It depends on the time, so that a fast model forgets no sooner than a slow one."""
    return coherence * math.exp(-max(0.0, seconds) / MEMORY)


class MotionSource(Protocol):
    """Where the motion between a source's pictures comes from."""

    @property
    def works(self) -> bool:
        """Whether it answers now, or will soon."""
        ...

    @property
    def late(self) -> int:
        """How often it found that this machine has no time for it."""
        ...

    def ask(self, wished: Wished) -> None:
        """Have it measure what is ``wished``, from now on. The first call starts it. Never waits."""
        ...

    def rest(self) -> None:
        """Have it do nothing until the next `ask`."""
        ...

    def end(self) -> None:
        """End what measures; nothing else may be called afterwards. Never waits."""
        ...

    def newest(self) -> Frame | None:
        """Returns its newest record (`vj.layers.flow_maps`) if it wasn't taken yet, else None. Valid until the next
        call."""
        ...


@dataclass(slots=True)
class SteadyLook:
    """How a layer is steadied, taken from its parameters: ``when`` (``auto``, ``on``, ``off``), and how far, 0..1."""

    when: str = "off"
    reproject: float = 1.0
    coherence: float = 1.0


@dataclass(slots=True)
class ModelPace:
    """How the model that plays and the display keep time: ``period`` is the mean seconds between results (0: unknown);
    ``follows`` is false for a model whose pictures change by themselves; ``engine`` is its engine's number among the
    source's readers, ``slot`` the source's slot, and ``shaped`` the one that the engine reads in its place, or 0."""

    period: float = 0.0
    follows: bool = True
    engine: int = 0
    slot: int = 0
    shaped: int = 0


@dataclass(slots=True)
class ResultOf:
    """What a result was made from: the number of the source's picture, when that was captured (monotonic s), and the
    number of the model."""

    origin: int = 0
    captured: float = 0.0
    maker: int = 0


class Steady:
    """Steadies the results of one layer. Only the loop may use it.

    Each frame calls `choose`, `look`, `take` for each new result until it is taken, and `move`. ``view`` is the number
    of the source's picture that ``picture`` is moved to; both count only while `shows`.
    """

    def __init__(self, passes: SteadyPass, motion: MotionSource, *, by_itself: bool) -> None:
        """``by_itself`` says whether ``auto`` may switch it on: where a graphics card draws, and nothing is rendered
        afterwards."""
        self._steadied = SteadiedPicture(passes)
        self._motion = motion
        self._by_itself = by_itself
        self._rests_as = ""
        self.is_on = False
        """Whether results are steadied now."""
        self._look = SteadyLook()
        self._wished = Wished()
        self._head = FlowHead(0, 0, 0, 0)
        self._shown = self._maker = 0
        """The number of the source's picture behind the result that is shown, 0 before one; and who made it."""
        self._captured = 0.0
        self._waiting_since: float | None = None
        self._refresh = 0.0
        self._was_slower = False
        self._late, self._rests_until = 0, -math.inf
        self._changed = False
        self.view = 0

    @property
    def state(self) -> str:
        """What it does to results now, or why it does nothing of its own accord, as words for people; empty where it
        is off."""
        if self.is_on:
            named = ("reprojected", self._look.reproject), ("coherent", self._look.coherence)
            return " and ".join(name for name, part in named if part > 0.0)
        return f"not steadied: {self._rests_as}" if self._rests_as else ""

    @property
    def shows(self) -> bool:
        """Whether ``picture`` is what to show."""
        return self.is_on and self._shown > 0

    @property
    def picture(self) -> PictureTexture:
        """The result to show, steadied."""
        return self._steadied.picture

    @property
    def before(self) -> PictureTexture:
        """What was shown when `leave` was called last."""
        return self._steadied.before

    def choose(self, look: SteadyLook, pace: ModelPace, now: float, dt: float) -> None:
        """Decide whether to steady at ``now`` (monotonic s), ``dt`` seconds after the last frame.

        ``on`` always does. ``auto`` does while the model follows the source and is slower than the display; when the
        motion can't keep up with the source, it rests for `PAUSE` seconds.
        """
        self._look = look
        self._refresh += _LEARNS * (dt - self._refresh) if self._refresh else dt
        does_something = look.when != "off" and (look.reproject > 0.0 or look.coherence > 0.0)
        self._rests_as = self._reason_to_rest(pace, now) if does_something and look.when == "auto" else ""
        is_on = does_something and not self._rests_as
        if self.is_on and not is_on:
            self._motion.rest()
            self._shown, self._waiting_since, self._wished = 0, None, Wished()
        wished = self._wished
        moved_on = (pace.slot, pace.engine, pace.shaped) != (wished.slot, wished.engine, wished.shaped)
        if is_on and (moved_on or not self.is_on):  # before the first result, what measures only looks on
            own = {"slot": pace.slot, "engine": pace.engine, "shaped": pace.shaped}
            self._wished = self._wished._replace(**own, shown=self._shown)
            self._motion.ask(self._wished)
        self.is_on = is_on

    def look(self) -> None:
        """Take the newest motion, if there is some."""
        if self.is_on and (record := self._motion.newest()):
            self._head = read_head(record.pixels)
            self._steadied.take_flow(record.pixels)
            self._changed = True

    def take(self, result: PictureTexture, frame: ResultOf, now: float) -> bool:
        """Take the result that was made from ``frame``, which may be given again and again. Returns whether it is taken
        now; else it waits for its motion, and must be given again in the next frame. Call it only while `is_on`."""
        if not self._cohere(result, frame, now):
            return False
        self._shown, self._maker, self._captured = frame.origin, frame.maker, frame.captured
        self._waiting_since, self._changed = None, True
        self._ask(0)
        return True

    def move(self) -> None:
        """Move what is shown to the source's newest picture, if that or the result has changed."""
        if not (self._changed and self.shows):
            return
        self._changed = False
        flow = self._flow()
        if flow is None or self._look.reproject <= 0.0:
            self._steadied.stay()
            self.view = self._shown
        else:
            self._steadied.move(flow, self._look.reproject)
            self.view = self._head.newest if self._look.reproject >= 1.0 else self._shown

    def leave(self) -> None:
        """Keep what is shown as `before`, as another model's results are to come."""
        self._steadied.leave()

    def release(self) -> None:
        """Free the memory on the GPU and end what measures motion, as the layer is shown no more."""
        self.is_on = False
        self._steadied.release()
        self._motion.end()

    def _reason_to_rest(self, pace: ModelPace, now: float) -> str:
        """Returns why ``auto`` doesn't steady at ``now``; empty if it does."""
        if not self._by_itself:
            return "no graphics card draws"
        if self._motion.late != self._late:
            self._late, self._rests_until = self._motion.late, now + PAUSE
        least = AS_FAST if self._was_slower else SLOWER
        self._was_slower = pace.follows and pace.period > least * self._refresh
        if not pace.follows:
            return "the model paints by itself"
        if not self._was_slower:
            return "the model keeps up" if pace.period > 0.0 else "no result yet"
        return "" if now >= self._rests_until else "this machine has no time for it"

    def _cohere(self, result: PictureTexture, frame: ResultOf, now: float) -> bool:
        """Mix the result with the one before. Returns false if it must wait for its motion."""
        follows = slot_of(frame.origin) == slot_of(self._shown) and frame.origin > self._shown > 0
        is_alone = self._look.coherence <= 0.0 or frame.maker != self._maker or not follows
        if is_alone or not self._motion.works:
            self._steadied.begin(result)
            return True
        head = self._head
        if (head.coming, head.shown) == (frame.origin, self._shown):
            stays = part_that_stays(self._look.coherence, frame.captured - self._captured)
            self._steadied.cohere(result, COMING_TO_SHOWN, stays if head.has(COMING_TO_SHOWN) else 0.0)
            return True
        if self._waiting_since is None:
            self._waiting_since = now
            self._ask(frame.origin)
        if now - self._waiting_since < PATIENCE:
            return False
        self._steadied.begin(result)
        return True

    def _ask(self, asked: int) -> None:
        self._wished = self._wished._replace(shown=self._shown, asked=asked)
        self._motion.ask(self._wished)

    def _flow(self) -> int | None:
        """Returns the number of the map that leads from the newest picture to the one behind what is shown."""
        head = self._head
        if head.shown == self._shown and head.has(NEWEST_TO_SHOWN):
            return NEWEST_TO_SHOWN
        return NEWEST_TO_COMING if head.coming == self._shown and head.has(NEWEST_TO_COMING) else None
