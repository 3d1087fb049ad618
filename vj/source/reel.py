"""Finds the pictures of a film in both directions, and remembers them as far as memory allows.

Video decodes forward only, from key frames. So pictures are remembered by their time, with their neighbours' times once
both were decoded in a row. A film that fits into the limit is remembered whole as it is first played: from then on
every loop, reversal and jump is a look-up. Of a larger film only pictures around the playhead are remembered, and only
while it plays backwards or back and forth; of a group that is too large itself, its end. Besides, the beginning of the
part that plays is kept, so that a launch or a loop can go on there while the decoder still has to come to it.

Finding a picture may mean decoding many others. A `Search` yields after each of those, so that the player can go on
publishing meanwhile.
"""

import math
from collections.abc import Callable, Generator
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from vj.base.frame import Picture
from vj.source.film import Film, ReopenedError

_MOST_KEPT = 128 << 20
"""The most bytes of a part's beginning that are kept."""
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
        self.goes_back = False
        """Whether what is played forward is remembered, because it will be played backwards."""
        self._playhead = math.inf
        """The time of the shot around which others are remembered (s)."""
        self._kept: dict[float, Shot] = {}
        self._kept_from = math.nan
        """The time that was searched for when the first of the kept shots was found (s)."""
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
        self._playhead = shot.time
        if self._step(remember=self.goes_back) is None:
            return None
        following = self._current()
        if not self._film.has_gaps:
            shot.after, following.before = following.time, shot.time
        return following

    @_resumed
    def before(self, shot: Shot) -> Search:
        """Searches the shot before ``shot`` in the film, and remembers the others of its group. The search's return
        value is that `Shot`, or None at the beginning."""
        known = self._known(shot.before)
        if known or shot.time == self._film.first:
            return known
        self._playhead = shot.time
        return (yield from self._group_before(shot.time))

    @_resumed
    def at(self, time: float, end: float = math.inf) -> Search:
        """Searches the first shot at or after ``time`` and before ``end`` (s, in the film; minus infinity and infinity
        for the film's own ends), else the last shot before ``end``. The search's return value is that `Shot`, or None
        for a film without one."""
        found = (yield from self._at(time)) if time < end else None
        if found and found.time < end - _A_MOMENT:
            return found
        known = self._known_before(end)
        if known:
            return known
        self._playhead = math.inf
        return (yield from self._group_before(end - _A_MOMENT))

    def keep(self, sought: float, shot: Shot, is_first: bool = False) -> bool:
        """Keeps ``shot`` until those for another time are kept. It is the first one, found by ``at(sought)``, or
        follows the last one that is kept for that time. Returns whether it is kept: not if there is a gap before it,
        nor if they would take more than `_MOST_KEPT` bytes."""
        if is_first and sought != self._kept_from:
            self._kept_from, self._kept = sought, {}
        elif sought != self._kept_from:
            return False
        if self._kept and shot.time not in self._kept:
            last = next(reversed(self._kept.values()))
            if shot.before != last.time or len(self._kept) * shot.picture.nbytes > _MOST_KEPT:
                return False
        self._kept[shot.time] = shot
        return True

    @_resumed
    def keep_on(self, sought: float, shot: Shot, seconds: float) -> Search:
        """Keeps ``shot``, found by ``at(sought)``, and all that are shown within ``seconds`` after it. The search's
        return value is the last of them."""
        last, until = shot, shot.time + seconds
        kept = self.keep(sought, shot, is_first=True)
        while kept and last.time < until:
            following = yield from self.after(last)
            if following is None:
                break
            last, kept = following, self.keep(sought, following)
            yield
        return last

    def ahead(self, shot: Shot, backwards: bool) -> Search | None:
        """Returns a search that gets ready what comes after ``shot`` and all that is known behind it in the direction
        of play, for the time in which there is nothing else to do; None if there is nothing to get ready. It may be
        given up at any time."""
        if self._whole:
            return None
        last, count = shot, 0
        while following := self._known(last.before if backwards else last.after):
            last, count = following, count + 1
        self._playhead = shot.time
        if backwards:
            wanted = last.time != self._film.first and count < self._room // 2
            return self._prepare_before(last.time) if wanted else None
        return self._prepare_after(last.time) if count and self._film.time != last.time else None

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

    @_resumed
    def _prepare_before(self, time: float) -> Search:
        """Remembers what comes before ``time`` (s)."""
        return (yield from self._group_before(time))

    @_resumed
    def _prepare_after(self, time: float) -> Search:
        """Brings the film to the frame at ``time`` (s)."""
        yield from self._skip_to(time)
        return None

    def _at(self, time: float) -> Search:
        """Searches the first shot at or after ``time`` (s), else the last shot."""
        known = self._known_at(time)
        if known:
            return known
        yield from self._skip_to(time)
        if self._film.time is None:
            self._playhead = math.inf
            return (yield from self._group_before(math.inf))
        return self._current()

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
        """Forgets the shot that will be played last, or all shots of a film that turns out too large to be remembered
        whole."""
        if self._whole:  # the file holds more than it states
            self._whole = False
            self._shots.clear()
            return
        farthest = max(self._shots)
        del self._shots[farthest if farthest > self._playhead else min(self._shots)]

    def _known(self, time: float | None) -> Shot | None:
        return None if time is None else self._shots.get(time) or self._kept.get(time)

    def _known_at(self, time: float) -> Shot | None:
        """Returns the known shot that `_at` would find, or None."""
        if time == self._kept_from and self._kept:
            return next(iter(self._kept.values()))
        if math.isinf(time):
            return self._known(self._film.first if time < 0 else self._last)
        for shot in self._shots.values():
            before = -math.inf if shot.time == self._film.first else shot.before
            if before is not None and before < time - _A_MOMENT <= shot.time:
                return shot
        return self._known(self._last) if self._last is not None and time > self._last else None

    def _known_before(self, end: float) -> Shot | None:
        """Returns the remembered shot that is the last one before ``end`` (s), or None."""
        if self._last is not None and end > self._last + _A_MOMENT:
            return self._known(self._last)
        for shot in self._shots.values():
            if shot.after is not None and shot.time < end - _A_MOMENT <= shot.after:
                return shot
        return None


def _further(back: float) -> float:
    """Returns how far before the goal to try next (s): some formats seek to a key frame after the time that was asked
    for."""
    return max(1.0, 2.0 * back)
