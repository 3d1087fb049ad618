"""Moves through a film by its own time stamps: picture by picture, in both directions, and on at the ends of a part."""

import math
from typing import Final

from vj.base.clock import Clock
from vj.source.clip_settings import BOUNCE, LOOP, Part
from vj.source.reel import Reel, Search, Shot

PATIENCE: Final = 0.1
"""Seconds of decoding towards a far frame after which the present picture is shown again."""
_LONGEST_GAP = 10.0
"""Seconds that a leap in a file's time stamps holds a picture at most, unless the file states a longer duration for
it."""
_A_MOMENT = 1e-6
"""Seconds that rounding may make of nothing."""
_HEAD = 1.0
"""Seconds at the beginning of a part that are kept in memory, to go on there at once."""


class Playhead:
    """The place in a film: its present frame, ``shot``, and the seconds of it that have been played.

    `look_ahead` finds the frame that comes next, `travel` moves towards it; ``due`` is when the present frame, or what
    is shown of it now, is due (monotonic s).
    """

    def __init__(self, reel: Reel, start: float, period: float, clock: Clock) -> None:
        """``start`` is the time of the film's first frame (s, in the film), ``period`` the usual time from one frame to
        the next (s)."""
        self._reel = reel
        self._start = start
        self._period = period
        self._clock = clock
        self.shot: Shot | None = None
        """The present frame; None before the first was found."""
        self.due = clock.now()
        self.part = Part()
        """The part that is played."""
        self.skipped = 0.0
        """Seconds at the beginning of the part that a loop leaves out, because they have been shown already."""
        self.heading = 1.0
        """The direction of play, 1.0 or -1.0."""
        self._is_first = False
        """Whether the frame that was jumped to last is the part's first."""
        self._turned = False
        """Whether the direction is the reverse of that which was asked for, in a film that goes back and forth."""
        self._next: Shot | None = None
        """The frame that comes next, once it is found."""
        self._search: Search | None = None
        """The search for the next frame, while it goes on."""
        self._leap: float | None = None
        """Seconds of film from the present frame to the next; None if the time stamps decide."""
        self._gap = self._into = 0.0
        """Seconds of film from the present frame to the next, and the part of them that has been played."""
        self._end: tuple[float, float, Part] | None = None
        """Where nothing comes next: the frame's time, with the direction and the part for which that holds."""
        self._alone: tuple[float, Part] | None = None
        """The same for a frame that has no neighbour in its part in either direction."""
        self._strayed = math.nan
        """The time of a frame that was jumped to though it isn't in the part, because there was no other (s)."""

    @property
    def begin(self) -> float:
        """Returns when the part begins (s, in the film)."""
        return max(self.part.begin, self._start)

    @property
    def length(self) -> float:
        """Returns the seconds of film from the part's beginning to its end; 0 or less while that isn't known."""
        return min(self.part.end, self._start + self._reel.length) - self.begin

    @property
    def place(self) -> float:
        """Returns the place that is shown (s, in the film): the present frame's time and what has been played of it.
        There must be a present frame."""
        assert self.shot
        return self.shot.time + self.heading * self._into

    @property
    def is_searching(self) -> bool:
        """Whether the next frame is being looked for."""
        return self._search is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing comes after the present frame and its own time is over."""
        return self._end is not None and self._end == self._here and self._into >= self._shown() - _A_MOMENT

    def go_to(self, time: float) -> None:
        """Begins to look for the frame at ``time`` (s, in the film), or the nearest one of the part; it becomes the
        present one as soon as it is found."""
        self._is_first = False
        self._look_for(self._reel.at(max(time, self.part.begin), self.part.end), leap=0.0)

    def go_to_beginning(self) -> None:
        """Begins to look for the frame with which the part begins, in the direction of play; it becomes the present one
        as soon as it is found."""
        self.skipped = 0.0
        self._turned = False
        self._look_for(self._first(), leap=0.0)

    def go_to_key(self, time: float) -> None:
        """Begins to look for the first key frame at or after ``time`` (s, in the film), which comes next, when it is
        due."""
        self._look_for(self._reel.key_after(time), leap=None)

    def prepare(self) -> Search | None:
        """Returns a search that gets ready what comes after the present frame, for the time in which there is nothing
        else to do, or None. It may be given up at any time."""
        return self._reel.ahead(self.shot, self.heading < 0) if self.shot and not self._search else None

    def prepare_beginning(self) -> Search | None:
        """Returns a search that keeps the second after the present frame in memory, as `prepare` does."""
        if not self.shot or self.heading < 0:
            return self.prepare()
        return self._reel.keep_on(self.part.begin if self._is_first else self.shot.time, self.shot, _HEAD)

    def stay(self) -> None:
        """Makes the present frame come next, now: the time since it was shown doesn't count."""
        self._next, self._search, self._leap = self.shot, None, 0.0
        self._gap = self._into = 0.0
        self.due = self._clock.now()

    def face(self, speed: float, mode: str) -> None:
        """Turns to the direction of ``speed``. Forgets the next frame when it changes, except one that is being jumped
        to. ``mode`` is what happens at the ends, a value of the setting ``loop``."""
        if mode != BOUNCE:
            self._turned = False
        wanted = math.copysign(1.0, speed) * (-1.0 if self._turned else 1.0) if speed else self.heading
        if wanted != self.heading and self._leap != 0.0:
            self._next = self._search = None
            self._into = 0.0
        self.heading = wanted

    def limit(self, part: Part) -> None:
        """Plays only ``part`` from now on. If the present frame isn't in it, the part's beginning comes next."""
        if part != self.part:
            self.part, self._strayed = part, math.nan
            if self._leap != 0.0:
                self._next = self._search = None

    def look_ahead(self, speed: float, mode: str) -> None:
        """Finds the next frame, unless it is known or there is no ``speed``. A long search ends early, and goes on at
        the next call. At the end of the part ``mode`` says what comes next."""
        if self.shot and not self._next and not self._search:
            if not speed:
                return
            if self._end != self._here:
                self._go_on(self.shot)
        if self._search and not self.pursue():
            return
        if self.shot and self._leap is None and not (self._next and self._belongs(self._next)):
            self._next, self._end = None, self._here
            self._turn(self.shot, mode)

    def pursue(self, seconds: float = PATIENCE) -> bool:
        """Continues the search for up to ``seconds``. Returns whether it ended; what it found is then the next
        frame."""
        assert self._search
        deadline = self._clock.now() + seconds
        try:
            while self._clock.now() <= deadline:
                next(self._search)
        except StopIteration as done:
            self._next, self._search = done.value, None
            self._measure_gap()
            return True
        return False

    def travel(self, speed: float) -> bool:
        """Moves to the next frame, or towards it, at ``speed`` (0 or more), and sets when the picture is due. Returns
        whether the frame was reached."""
        left = self._gap - self._into
        if self._next and (left <= 0 or 0 < left <= 1.5 * self._period * speed):
            self.due += left / speed if speed else 0.0
            self._arrive(self._next)
            return True
        shown = self._period * max(1, math.floor((self._clock.now() - self.due) / self._period))
        self.due += shown
        self._into += shown * speed
        return False

    def _arrive(self, shot: Shot) -> None:
        """Makes ``shot`` the present frame. Keeps it if it is within the beginning of a part, to which a decoder has to
        come from a key frame before."""
        if self._leap is not None and not self.part.covers(shot.time):
            self._strayed = shot.time
        if math.isfinite(self.part.begin) and shot.time < self.part.begin + _HEAD:
            self._reel.keep(self.part.begin, shot, is_first=self._is_first and self._leap is not None)
        self.shot, self._next, self._leap, self._into, self._end = shot, None, None, 0.0, None

    @property
    def _here(self) -> tuple[float, float, Part]:
        assert self.shot
        return self.shot.time, self.heading, self.part

    def _belongs(self, shot: Shot) -> bool:
        return self.part.covers(shot.time) or shot.time == self._strayed

    def _go_on(self, shot: Shot) -> None:
        """Looks for the frame after ``shot`` in the direction of play, or for the part's beginning if ``shot`` is
        beside it."""
        if not self._belongs(shot):
            self._look_for(self._first(), leap=0.0)
        else:
            self._look_for(self._reel.before(shot) if self.heading < 0 else self._reel.after(shot), leap=None)

    def _turn(self, shot: Shot, mode: str) -> None:
        """Goes on at the part's end, where ``shot`` is, as ``mode`` says."""
        if mode == LOOP:
            self._look_for(self._first(), leap=self._shown())
            self.pursue()
        elif mode == BOUNCE and self._alone != (shot.time, self.part):
            self._reverse()
            self._go_on(shot)
            if self.pursue() and not (self._next and self._belongs(self._next)):
                self._next, self._alone = None, (shot.time, self.part)
                self._reverse()

    def _reverse(self) -> None:
        self._turned, self.heading = not self._turned, -self.heading

    def _first(self) -> Search:
        """Returns a search for the frame at which a round begins."""
        self._is_first = self.heading > 0 and self.skipped <= 0.0
        if self.heading < 0:
            return self._reel.at(math.inf, self.part.end)
        if self.skipped > 0.0:
            return self._reel.at(self.begin + self.skipped, self.part.end)
        return self._reel.at(self.part.begin, self.part.end)

    def _shown(self) -> float:
        """Returns for how long the present frame is shown at the part's end (s of film)."""
        if not self.shot:
            return self._period
        return min(self.shot.lasts, self.part.end - self.shot.time) if self.heading > 0 else self.shot.lasts

    def _look_for(self, search: Search, leap: float | None) -> None:
        """Begins a search for the next frame. ``leap`` is the time until it is shown (s of film), or None for its time
        stamp."""
        self._next, self._search, self._leap = None, search, leap

    def _measure_gap(self) -> None:
        """Sets the time from the present frame to the next."""
        if self._leap is not None:
            self._gap = self._leap
            self._into = min(self._into, self._gap)  # an end may have been held for long
            self.due = self.due if self._leap else self._clock.now()
        elif self._next and self.shot:
            first = self.shot if self._next.time > self.shot.time else self._next
            self._gap = min(abs(self._next.time - self.shot.time), max(_LONGEST_GAP, first.lasts))
        else:
            self._gap = 0.0
