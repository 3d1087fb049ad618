"""Keeps the beginning of a film, or of a part of it, into which the end of a loop fades."""

from vj.base.frame import Picture
from vj.source.reel import Shot


class Beginning:
    """The pictures of a film's first seconds, kept in memory as they are first played, without gaps."""

    def __init__(self, start: float) -> None:
        """``start`` is the time at which what is played begins (s, in the film)."""
        self.start = start
        self._shots: list[Shot] = []

    def keep(self, shot: Shot, seconds: float) -> None:
        """Keeps ``shot`` if it lies within the first ``seconds`` and is the very first one, or follows the last one
        that was kept; else does nothing."""
        last = self._shots[-1].time if self._shots else self.start - 1.0
        is_first = 0.0 <= shot.time - self.start < shot.lasts
        follows = is_first if not self._shots else shot.before in (None, last) and shot.time > last
        if follows and shot.time - self.start <= seconds:
            self._shots.append(shot)

    def covers(self, seconds: float) -> bool:
        """Returns whether all of the film's first ``seconds`` are kept."""
        return bool(self._shots) and self._shots[-1].time + self._shots[-1].lasts - self.start >= seconds

    def at(self, seconds: float) -> Picture:
        """Returns the picture that is shown ``seconds`` after the film's beginning: the kept one itself, which must
        not be changed. Only for times that `covers` confirms."""
        return next((s for s in reversed(self._shots) if s.time - self.start <= seconds), self._shots[0]).picture
