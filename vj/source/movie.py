"""A film, played at any speed and in both directions."""

import logging
import math
from collections.abc import Mapping
from typing import ClassVar, Final

from vj.params.param import Param, Value, choice, scoped, toggle, trigger
from vj.params.scope import EVERYTHING, Scope
from vj.source.deliver import deliver, deliver_mixed
from vj.source.files import find_file
from vj.source.film import Film
from vj.source.loop_fade import Beginning
from vj.source.reel import Reel, Search, Shot
from vj.source.source import Begin, Source

_log = logging.getLogger(__name__)
AUTO: Final = "auto"
"""The choice of a decoder that takes hardware where it is suitable."""
DECODERS: Final = (AUTO, "software")
"""The choices of the parameter ``decoder``."""
_OF_THE_MACHINE = EVERYTHING & ~(Scope.SCENE | Scope.RANDOM | Scope.MODULATION)
"""The scope of a setting that changes nothing of the picture, and that snapshots and chance must leave alone."""
_PATIENCE = 0.1
"""Seconds of decoding towards a far frame after which the present picture is published again."""
_HURRIED, _LOST = 0.25, 0.6
"""Seconds of lateness beyond which the decoder skips some pictures, and beyond which it goes on at the next key
frame."""
_LONGEST_GAP = 10.0
"""Seconds that a leap in a file's time stamps holds a picture at most, unless the file states a longer duration for
it."""


class Movie(Source):
    """Plays a film by its own time stamps, in pictures scaled down to fit into ``box``, with sides cut to multiples of
    4.

    Frames that are overdue are left out: the film never plays slower. If even decoding takes too long, the decoder
    skips pictures that no others need and, if that isn't enough, everything up to the next key frame. Whenever the next
    frame is far off (slow motion, pause, end without loop, a long search), the present one is published again at the
    film's rate, since it is what this source shows *now*.
    """

    name = "movie"
    help = "a video file: movie:PATH"
    params = (
        Param("speed", -4.0, 4.0, default=1.0, unit="×", help="how fast it plays; negative is backwards, 0 holds"),
        toggle("loop", True, help="start again at the end, or hold the last frame"),
        Param("loop_fade", 0.0, 4.0, default=0.0, unit="s", help="how long the end of a loop fades into its beginning"),
        trigger("seek", 0.0, 1.0, help="jump to this place: 0 is the beginning, 1 the end"),
        *scoped(
            _OF_THE_MACHINE,
            choice("decoder", DECODERS, AUTO, help="what decodes large films: hardware where it can, or the processor"),
        ),
    )
    cache_bytes: ClassVar[int] = 256 << 20
    """A film whose pictures, as delivered, take less memory than this is decoded only once."""

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput unless ``target`` is the path of a readable file. Whether it is a film shows in `open`."""
        find_file(cls.name, target)

    def open(self) -> None:
        """Opens the film and decodes its first picture; ``fps`` becomes the film's own rate, ``title`` the file's name.
        Raises BadInput naming the file and why it can't be played."""
        path = find_file(self.name, self.target)
        self._film = Film(path, self.box, self.clock, self.on_spent, self.fps)
        self._reel = Reel(self._film, self.cache_bytes)
        self.fps, self.title = self._film.fps, path.name
        self._period = 1.0 / self.fps
        self._shot: Shot | None = None
        """The present frame."""
        self._next: Shot | None = None
        """The frame that comes next, once it is found."""
        self._search: Search | None = None
        """The search for the next frame, while it goes on."""
        self._leap: float | None = None
        """Seconds of film from the present frame to the next; None if the time stamps decide."""
        self._gap = self._into = 0.0
        """Seconds of film from the present frame to the next, and the part of them that has been played."""
        self._heading = 1.0
        """The direction of play, 1.0 or -1.0."""
        self._due = self.clock.now()
        """When the present frame is due (s)."""
        self._told = False
        self._fade, self._beginning = 0.0, Beginning(self._film.start)
        self._look_for(self._reel.at(-math.inf), leap=0.0)
        while not self._pursue():
            pass

    def handle_trigger(self, name: str, amount: float) -> None:
        """Begins the jump of ``seek`` to the place ``amount`` (0 the beginning, 1 the end of the film); the next calls
        of `read` find and show the picture there. Other names do nothing."""
        if name == "seek":
            self._look_for(self._reel.at(self._film.start + amount * self._reel.length), leap=0.0)

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Moves on in the film by ``speed``, waits until the picture there is due, writes it into the buffer and
        returns the monotonic time (s) at which it was due. If the next frame is far off or takes long to decode, that
        is the present frame again. Near the end of a loop it is mixed with the beginning, over ``loop_fade``
        seconds. Another ``decoder`` goes on with the next picture."""
        self._choose_decoder(values["decoder"] == AUTO)
        speed, loop = float(values["speed"]), bool(values["loop"])
        self._fade = min(float(values["loop_fade"]), self._reel.length / 2) if loop and speed > 0.0 else 0.0
        deadline = self.clock.now() + _PATIENCE  # then a picture is published, however late it is
        forgiven = self._period if abs(speed) <= 1.0 else 0.0
        while True:
            self._look_ahead(speed, loop)
            arrived = self._travel(speed)
            late = self.clock.now() - self._due
            if not arrived or late <= forgiven or self.clock.now() >= deadline:
                break
        self._hurry(late, speed)
        self.clock.sleep(-late)
        self._publish(begin)
        return self._due

    def close(self) -> None:
        """Closes the film."""
        self._film.close()

    def _choose_decoder(self, automatic: bool) -> None:
        """Lets hardware decode where it can, unless `patient`: then pictures don't depend on the machine. The film
        waits while a device is opened."""
        started = self.clock.now()
        if self._film.use_hardware(automatic and not self.patient):
            self._due += self.clock.now() - started

    def _hurry(self, late: float, speed: float) -> None:
        """Catches up if the film is ``late`` (s) at this ``speed``: lets the decoder skip, jumps, or forgives the
        delay."""
        self._film.hurry(late > _HURRIED)
        if late > max(_LOST, self._reel.length):
            self._due += late  # it was held up for longer than the film lasts: it goes on from here
        elif late > _LOST and speed > 0.0 and self._shot and not self._search:
            self._tell_late()
            self._look_for(self._reel.key_after(self._shot.time + late * speed), leap=None)

    def _tell_late(self) -> None:
        """Warns once that pictures are left out."""
        if not self._told:
            self._told = True
            _log.warning("%s is more than this machine can decode in time: pictures are left out", self.title)

    def _look_ahead(self, speed: float, loop: bool) -> None:
        """Finds the next frame, unless it is known. A long search ends early, and goes on at the next call."""
        self._face(speed)
        if speed and self._shot and not self._next and not self._search:
            backwards = self._heading < 0
            self._look_for(self._reel.before(self._shot) if backwards else self._reel.after(self._shot), leap=None)
        at_the_end = self._search and self._pursue() and not self._next and self._leap is None
        if at_the_end and loop:
            shown = self._shot.lasts if self._shot else self._period
            self._look_for(self._reel.at(self._first()), leap=shown)
            self._pursue()

    def _first(self) -> float:
        """Returns where a loop goes on (s): at an end of the film, or after the beginning that the fade has shown."""
        if self._fade > 0.0 and self._beginning.covers(self._fade):
            return self._film.start + self._fade
        return -math.copysign(math.inf, self._heading)

    def _face(self, speed: float) -> None:
        """Turns to the direction of ``speed``. Forgets the next frame when it changes, except one that is being jumped
        to."""
        heading = math.copysign(1.0, speed) if speed else self._heading
        if heading != self._heading and self._leap != 0.0:
            self._next = self._search = None
            self._into = 0.0
        self._heading = heading

    def _look_for(self, search: Search, leap: float | None) -> None:
        """Begins a search for the next frame. ``leap`` is the time until it is shown (s of film), or None for its time
        stamp."""
        self._next, self._search, self._leap = None, search, leap

    def _pursue(self) -> bool:
        """Continues the search for up to `_PATIENCE` seconds. Returns whether it ended; what it found is then the next
        frame."""
        assert self._search
        deadline = self.clock.now() + _PATIENCE
        try:
            while self.clock.now() <= deadline:
                next(self._search)
        except StopIteration as done:
            self._next, self._search = done.value, None
            self._measure_gap()
            return True
        return False

    def _measure_gap(self) -> None:
        """Sets the time from the present frame to the next."""
        if self._leap is not None:
            self._gap = self._leap
            self._into = min(self._into, self._gap)  # an end may have been held for long
            self._due = self._due if self._leap else self.clock.now()
        elif self._next and self._shot:
            first = self._shot if self._next.time > self._shot.time else self._next
            self._gap = min(abs(self._next.time - self._shot.time), max(_LONGEST_GAP, first.lasts))
        else:
            self._gap = 0.0

    def _travel(self, speed: float) -> bool:
        """Moves to the next frame, or towards it, and sets when the picture is due. Returns whether the frame was
        reached."""
        left = self._gap - self._into
        if self._next and (left <= 0 or 0 < left <= 1.5 * self._period * abs(speed)):
            self._due += left / abs(speed) if speed else 0.0
            self._shot, self._next, self._leap, self._into = self._next, None, None, 0.0
            return True
        shown = self._period * max(1, math.floor((self.clock.now() - self._due) / self._period))
        self._due += shown
        self._into += shown * abs(speed)
        return False

    def _publish(self, begin: Begin) -> None:
        """Writes the present picture into the output, faded into the beginning if a loop's end is near."""
        assert self._shot
        started = self.clock.now()
        picture, share = self._shot.picture, self._shared()
        if share > 0.0:
            deliver_mixed(picture, self._beginning.at(share * self._fade), share, begin)
        else:
            deliver(picture, begin)
        self.on_spent("resize", self.clock.now() - started)

    def _shared(self) -> float:
        """Returns the beginning's part (0..1) in the picture that is shown now."""
        assert self._shot
        if self._fade <= 0.0:
            return 0.0
        self._beginning.keep(self._shot, self._fade)
        left = self._film.start + self._reel.length - self._shot.time
        return 1.0 - left / self._fade if left < self._fade and self._beginning.covers(self._fade) else 0.0
