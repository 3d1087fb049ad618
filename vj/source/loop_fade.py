"""The end of a film that loops, faded into its beginning: what is kept of the beginning for that."""

from vj.base.frame import Pixels
from vj.source.reel import Shot


class Beginning:
    """The pictures of a film's first seconds, kept as they are first played."""

    def __init__(self, start: float) -> None:
        """``start`` is the time of the film's first picture (s)."""
        self._start = start
        self._shots: list[Shot] = []

    def keep(self, shot: Shot, seconds: float) -> None:
        """Keep ``shot`` if it is of the first so many ``seconds`` and comes next."""
        last = self._shots[-1].time if self._shots else self._start - 1.0
        follows = shot.time == self._start if not self._shots else shot.before in (None, last) and shot.time > last
        if follows and shot.time - self._start <= seconds:
            self._shots.append(shot)

    def covers(self, seconds: float) -> bool:
        """Whether so many seconds are kept."""
        return bool(self._shots) and self._shots[-1].time + self._shots[-1].lasts - self._start >= seconds

    def at(self, seconds: float) -> Pixels:
        """The picture that is shown so many seconds after the beginning; call it only for what is covered."""
        return next((s for s in reversed(self._shots) if s.time - self._start <= seconds), self._shots[0]).pixels
