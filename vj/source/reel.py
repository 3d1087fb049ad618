"""Finds the pictures of a film in both directions, and remembers them as far as memory allows.

Video decodes forward only, from key frames. So pictures are remembered by their time, with their neighbours' times once
both were decoded in a row. A film that fits into the limit is remembered whole as it is first played: from then on
every loop, reversal and jump is a look-up. Of a larger film only the group of pictures before the playhead is
remembered, and only while it plays backwards; of a group that is too large itself, its end.

Finding a picture may mean decoding many others. A `Search` yields after each of those, so that the player can go on
publishing meanwhile.
"""

import math
from collections.abc import Callable, Generator
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from vj.base.frame import Picture
from vj.source.film import Film, ReopenedError

_A_MOMENT = 1e-4
"""Seconds by which the time stamps of one frame may differ through rounding."""


class Shot:
    """A picture of a film at ``time`` (s, in the film); ``before`` and ``after`` are its neighbours' times, None while
    they aren't known."""

    __slots__ = ("after", "before", "lasts", "picture", "time")

    def __init__(self, time: float, lasts: float, picture: Picture) -> None:
        """``lasts`` are the seconds that it is shown, as the film states them; ``picture`` has the delivery size, and
        isn't copied."""
        self.time = time
        self.lasts = lasts
        self.picture = picture
        self.before: float | None = None
        self.after: float | None = None


Search = Generator[None, None, Shot | None]
"""A generator that yields None after each decoded picture, and may end without a yield. Its return value (of ``yield
from``, or StopIteration's ``value``) is the shot that was found, or None. A shot that is remembered is returned itself,
not a copy: its picture must not be changed."""

_Sought = ParamSpec("_Sought")
_Searching = Callable[Concatenate["Reel", _Sought], Search]


def _resumed(search: _Searching[_Sought]) -> _Searching[_Sought]:
    """Returns ``search``, but begun again whenever the film has been opened anew with another decoder."""

    def resuming(reel: "Reel", /, *args: _Sought.args, **kwargs: _Sought.kwargs) -> Search:
        while True:
            try:
                return (yield from search(reel, *args, **kwargs))
            except ReopenedError:
                yield

    update_wrapper(resuming, search)
    return resuming


class Reel:
    """Finds shots of a film, and remembers them in memory. A film of which all pictures take at most ``limit`` bytes is
    remembered whole; see the module's docstring for others.

    Each method returns a `Search`, which decodes only while it is iterated. One search at a time may be in use, because
    every search moves the film.
    """

    def __init__(self, film: Film, limit: int) -> None:
        """``film`` stands on its first frame, and is used by this reel alone from now on. ``limit`` is the most bytes
        that remembered shots take (and one picture more)."""
        self._film = film
        self._limit = limit
        self._shots: dict[float, Shot] = {}
        self._here: Shot | None = None
        self._last: float | None = None
        self._end = 0.0
        """When the film's last picture is no longer shown (s), once that picture was decoded."""
        picture = film.picture().nbytes
        self._whole = film.frames * picture <= limit
        self._room = max(1, limit // picture)
        if self._whole and film.time is not None:
            self._here = self._remember(film.time)

    @property
    def length(self) -> float:
        """Returns the seconds from the first frame to the end of the last: as the file states (0 if it doesn't), until
        the last was decoded. It includes the time for which the last one is shown."""
        if self._last is None:
            return self._film.length
        return self._end - self._film.start

    @_resumed
    def after(self, shot: Shot) -> Search:
        """Searches the shot that follows ``shot`` in the film. The search's return value is that `Shot`, or None at the
        end; it is also a later one if the very next can't be reached."""
        known = self._known(shot.after)
        if known or shot.time == self._last:
            return known
        if self._film.time != shot.time:
            time = yield from self._skip_to(shot.time)
            if time is None or time > shot.time:
                return None if time is None else self._current()
        return self._current() if self._step() is not None else None

    @_resumed
    def before(self, shot: Shot) -> Search:
        """Searches the shot before ``shot`` in the film, and remembers the others of its group. The search's return
        value is that `Shot`, or None at the beginning."""
        known = self._known(shot.before)
        if known or shot.time == self._film.first:
            return known
        return (yield from self._group_before(shot.time))

    @_resumed
    def at(self, time: float) -> Search:
        """Searches the first shot at or after ``time`` (s, in the film; minus infinity for the first, infinity for the
        last), else the last shot. The search's return value is that `Shot`, or None for a film without one."""
        known = self._known_at(time)
        if known:
            return known
        if time == math.inf:
            return (yield from self._group_before(time))
        yield from self._skip_to(time)
        if self._film.time is None:
            return (yield from self._group_before(math.inf))
        return self._current()

    @_resumed
    def key_after(self, time: float) -> Search:
        """Searches the first key frame at or after ``time`` (s, in the film), without decoding what lies before it; a
        remembered shot there is taken even if it is no key frame. The search's return value is that `Shot`, or None if
        there is none."""
        known = self._known_at(time)
        if known:
            return known
        self._here = None
        if self._film.time is None:  # opened anew: not from the beginning
            self._film.seek(time)
        self._film.skip_to_key(time)
        yield
        return self._current() if self._step() is not None else None

    def _skip_to(self, time: float) -> Generator[None, None, float | None]:
        """Decodes up to the first frame at or after ``time`` (s); returns that frame's time, or None at the end."""
        target, back = min(time, self._film.start + self._film.length), 0.0
        while True:
            self._seek(target - back)
            reached = self._step()
            too_far = reached is None or reached > time + _A_MOMENT
            if not too_far or target - back <= self._film.start:
                break
            back = _further(back)
            yield
        while reached is not None and reached < time - _A_MOMENT:
            yield
            reached = self._step()
        return reached

    def _group_before(self, time: float) -> Search:
        """Remembers the pictures from a key frame up to ``time`` (s); returns the last of them, or None if there is
        none."""
        back = 0.0
        while True:
            target = min(time, self._film.start + self._film.length) - _A_MOMENT - back
            self._seek(target)
            found = None
            while (reached := self._step(remember=True)) is not None and reached < time:
                found = self._here
                yield
            if found or target <= self._film.start:
                return found
            back = _further(back)

    def _seek(self, time: float) -> None:
        self._here = None
        self._film.seek(time)

    def _step(self, remember: bool = False) -> float | None:
        """Decodes one frame; returns its time (s), or None at the end."""
        previous, time = self._here, self._film.advance()
        if time is None:
            if self._film.time is not None:
                self._last, self._end = self._film.time, self._film.time + self._film.lasts
            return None
        if self._film.has_gaps:  # neighbours are unknown after a gap; another round will find them
            self._here = None
            return time
        self._here = self._remember(time) if remember or self._whole else None
        if previous and self._here:
            previous.after, self._here.before = time, previous.time
        return time

    def _current(self) -> Shot:
        """Returns the frame that was decoded last."""
        assert self._film.time is not None
        return self._here or Shot(self._film.time, self._film.lasts, self._film.picture())

    def _remember(self, time: float) -> Shot:
        """Returns the shot at ``time``, remembered from now on."""
        shot = self._shots.get(time)
        if shot is None:
            if len(self._shots) >= self._room:
                self._make_room()
            shot = self._shots[time] = Shot(time, self._film.lasts, self._film.picture())
        return shot

    def _make_room(self) -> None:
        """Forgets the oldest shot, or all shots of a film that turns out too large to be remembered whole."""
        if self._whole:  # the file holds more than it states
            self._whole = False
            self._shots.clear()
        else:
            del self._shots[next(iter(self._shots))]  # the oldest: played backwards, that one comes up last

    def _known(self, time: float | None) -> Shot | None:
        return None if time is None else self._shots.get(time)

    def _known_at(self, time: float) -> Shot | None:
        """Returns the remembered shot that `at` would find, or None."""
        if math.isinf(time):
            return self._known(self._film.first if time < 0 else self._last)
        for shot in self._shots.values():
            before = -math.inf if shot.time == self._film.first else shot.before
            if before is not None and before < time - _A_MOMENT <= shot.time:
                return shot
        return self._known(self._last) if self._last is not None and time > self._last else None


def _further(back: float) -> float:
    """Returns how far before the goal to try next (s): some formats seek to a key frame after the time that was asked
    for."""
    return max(1.0, 2.0 * back)
