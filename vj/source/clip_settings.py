"""The settings that each clip of a film has for itself: the part of it that plays, how fast, and what comes then."""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from vj.params.param import Param, Value, choice
from vj.source.source import CLIP

LOOP, BOUNCE, ONCE, HOLD = "loop", "bounce", "once", "hold"
RESTART, CONTINUE = "restart", "continue"
CLIP_PARAMS: Final = (
    Param("in", 0.0, 36000.0, default=0.0, unit="s", help="where the part that plays begins"),
    Param("out", 0.0, 36000.0, default=0.0, unit="s", help="where it ends; 0, or not after `in`: with the film"),
    Param("speed", -4.0, 4.0, default=1.0, unit="×", help="how fast this clip plays; negative is backwards, 0 holds"),
    choice("loop", (LOOP, BOUNCE, ONCE, HOLD), LOOP, help="at the end: again, back and forth, nothing, the last frame"),
    Param("beats", 0.0, 256.0, default=0.0, unit="beats", help="how long the part lasts; 0: as its speed says"),
    choice("start", (RESTART, CONTINUE), RESTART, help="where it goes on when it is launched again"),
)
"""The parameters of a clip."""
_A_MOMENT = 1e-4
"""Seconds by which a time stamp may differ through rounding."""


class Part(NamedTuple):
    """The part of a film that plays: pictures from ``begin`` on, before ``end`` (s, in the film).

    ``begin`` is minus infinity and ``end`` infinity where it begins and ends with the film.
    """

    begin: float = -math.inf
    end: float = math.inf

    def covers(self, time: float) -> bool:
        """Returns whether the picture with the time stamp ``time`` (s) belongs to the part."""
        return self.begin - _A_MOMENT <= time < self.end - _A_MOMENT


class ClipSettings(NamedTuple):
    """The values of a clip's parameters."""

    begin: float
    """The value of ``in`` (s)."""
    out: float
    speed: float
    loop: str
    beats: float
    start: str

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> "ClipSettings":
        """Returns the settings among the ``values`` of a source, their defaults where there are none."""
        begin, out, speed, loop, beats, start = (values.get(f"{CLIP}{p.name}", p.default) for p in CLIP_PARAMS)
        return cls(float(begin), float(out), float(speed), str(loop), float(beats), str(start))

    def part(self, start: float, length: float, period: float) -> Part:
        """Returns the part of a film that plays. Its first picture is shown at ``start`` (s) and its last one ends
        ``length`` seconds later, 0 if that isn't known; each picture lasts about ``period`` seconds.

        ``in`` beyond the end leads to the last picture. ``out`` counts as the film's end if it is beyond it, or not
        after ``in``.
        """
        begin = min(self.begin, max(0.0, length - period)) if length else self.begin
        ends_before = self.out > begin and not 0.0 < length <= self.out
        return Part(start + begin if begin > 0.0 else -math.inf, start + self.out if ends_before else math.inf)
