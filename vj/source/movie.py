"""A film, played at any speed and in both directions."""

import logging
import math
from collections.abc import Mapping
from typing import ClassVar, Final

import numpy as np

from vj.base.frame import Picture
from vj.params.param import Param, Value, choice, scoped, toggle, trigger
from vj.params.scope import EVERYTHING, Scope
from vj.source.beat_sync import BeatSync
from vj.source.clip_settings import BOUNCE, CLIP_PARAMS, CONTINUE, HOLD, LOOP, ONCE, RESTART, ClipSettings, Part
from vj.source.deliver import deliver, deliver_mixed
from vj.source.files import find_file
from vj.source.film import Film
from vj.source.loop_fade import Beginning
from vj.source.playhead import PATIENCE, Playhead
from vj.source.reel import Reel, Search, Shot
from vj.source.source import Begin, Source

_log = logging.getLogger(__name__)
AUTO: Final = "auto"
"""The choice of a decoder that takes hardware where it is suitable."""
DECODERS: Final = (AUTO, "software")
"""The choices of the parameter ``decoder``."""
_OF_THE_MACHINE = EVERYTHING & ~(Scope.SCENE | Scope.RANDOM | Scope.MODULATION)
"""The scope of a setting that changes nothing of the picture, and that snapshots and chance must leave alone."""
_A_WHILE = 0.03
"""Seconds that a film which waits may take for something."""
_SPARE = 0.3
"""The part of a picture's time that is left free before it is due."""
_HURRIED, _LOST = 0.25, 0.6
"""Seconds of lateness beyond which the decoder skips some pictures, and beyond which it goes on at the next key
frame."""


class Movie(Source):
    """Plays a film by its own time stamps, in pictures scaled down to fit into ``box``, with sides cut to multiples of
    4.

    Frames that are overdue are left out: the film never plays slower. If even decoding takes too long, the decoder
    skips pictures that no others need and, if that isn't enough, everything up to the next key frame. Whenever the next
    frame is far off (slow motion, pause, end without loop, a long search), the present one is published again at the
    film's rate, since it is what this source shows *now*.

    As a clip, it plays the part between its settings ``in`` and ``out``, and waits at its beginning.
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
    clip_params = CLIP_PARAMS
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
        self._playhead = Playhead(self._reel, self._film.start, self._period, self.clock)
        self._sync = BeatSync()
        self._errand: Search | None = None
        """What is got ready while there is nothing else to do."""
        self._waits_for: tuple[float, Part] | None = None
        """The direction and the part of the beginning at which the film waits."""
        self._told = False
        self._sought: float | None = None
        """The place of a jump that has still to begin: before the first picture the part that plays isn't known."""
        self._fade, self._beginning = 0.0, Beginning(self._film.start)
        self._nothing: Picture | None = None

    def handle_trigger(self, name: str, amount: float) -> None:
        """Begins the jump of ``seek`` to the place ``amount`` (0 the beginning, 1 the end of the part that plays); the
        next calls of `read` find and show the picture there. Other names do nothing."""
        if name == "seek":
            self._sought = amount
            if self._playhead.shot is not None:
                self._go_to_sought()

    def launch(self, values: Mapping[str, Value]) -> None:
        """Begins to play now: from the part's beginning or, if the setting ``start`` is ``continue``, from where the
        film is. The next calls of `read` find the picture there, unless the film has waited at that very place."""
        waited, waited_for = self._waits, self._waits_for
        self._waits, self._waits_for = False, None
        self._sync.begin()
        self._adjust(values)
        playhead = self._playhead
        is_there = waited and waited_for == (playhead.heading, playhead.part) and not playhead.is_searching
        if is_there or ClipSettings.of(values).start == CONTINUE:
            playhead.stay()
        else:
            playhead.go_to_beginning()

    def wait(self, values: Mapping[str, Value]) -> bool:
        """Holds at the picture with which the film will begin, and decodes the second after it. Returns whether that
        picture is another one now."""
        came_to_rest, self._waits = not self._waits, True
        self._adjust(values)
        playhead = self._playhead
        if ClipSettings.of(values).start == RESTART or playhead.shot is None:
            wanted = playhead.heading, playhead.part
            if self._waits_for != wanted:
                self._waits_for, self._errand = wanted, None
                playhead.go_to_beginning()
        if playhead.is_searching:
            if not playhead.pursue(_A_WHILE):
                return False
            came_to_rest = True
        if came_to_rest:
            playhead.travel(0.0)
            self._errand = playhead.prepare_beginning()
        self._run_errand(self.clock.now() + _A_WHILE)
        return came_to_rest

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Moves on in the film by ``speed``, waits until the picture there is due, writes it into the buffer and
        returns the monotonic time (s) at which it was due. If the next frame is far off or takes long to decode, that
        is the present frame again. Near the end of a loop it is mixed with the beginning, over ``loop_fade``
        seconds. Another ``decoder`` goes on with the next picture. While the film waits for its launch, nothing
        moves."""
        self._choose_decoder(values["decoder"] == AUTO)
        speed, mode = self._adjust(values)
        playhead = self._playhead
        if playhead.shot is None:
            self._find_beginning()
            self._go_to_sought()
        if self._waits:
            self._publish(begin)
            return self.clock.now()
        deadline = self.clock.now() + PATIENCE  # then a picture is published, however late it is
        forgiven = self._period if speed <= 1.0 else 0.0
        while True:
            playhead.look_ahead(speed, mode)
            arrived = playhead.travel(speed)
            late = self.clock.now() - playhead.due
            if not arrived or late <= forgiven or self.clock.now() >= deadline:
                break
        self._hurry(late, speed)
        self._get_ready(late)
        self.clock.sleep(playhead.due - self.clock.now())
        if mode == ONCE and playhead.is_over:
            deliver(self._blank(), begin)
        else:
            self._publish(begin)
        return playhead.due

    def close(self) -> None:
        """Closes the film."""
        self._film.close()

    def _choose_decoder(self, automatic: bool) -> None:
        """Lets hardware decode where it can, unless `patient`: then pictures don't depend on the machine. The film
        waits while a device is opened."""
        started = self.clock.now()
        if self._film.use_hardware(automatic and not self.patient):
            self._playhead.due += self.clock.now() - started

    def _adjust(self, values: Mapping[str, Value]) -> tuple[float, str]:
        """Takes over the settings. Returns the speed in the present direction (0 or more) and what comes at the end of
        the part, a value of the setting ``loop``."""
        clip, playhead = ClipSettings.of(values), self._playhead
        mode = HOLD if clip.loop == LOOP and not values["loop"] else clip.loop
        speed = float(values["speed"]) * clip.speed
        playhead.limit(clip.part(self._film.start, self._reel.length, self._period))
        playhead.face(speed, mode)
        self._reel.goes_back = mode == BOUNCE
        fades = mode == LOOP and speed > 0.0
        self._fade = min(float(values["loop_fade"]), playhead.length / 2) if fades else 0.0
        if self._beginning.start != playhead.begin:
            self._beginning = Beginning(playhead.begin)
        playhead.skipped = self._fade if self._fade > 0.0 and self._beginning.covers(self._fade) else 0.0
        if clip.beats and speed and playhead.shot:
            return self._synchronised(clip.beats, abs(speed), values), mode
        return abs(speed), mode

    def _synchronised(self, beats: float, speed: float, values: Mapping[str, Value]) -> float:
        """Returns the speed with which the part lasts ``beats`` beats; ``speed`` while its length isn't known."""
        playhead = self._playhead
        length = playhead.length - playhead.skipped
        if not 0.0 < length < math.inf:
            return speed
        since = playhead.place - playhead.begin - playhead.skipped
        played = since / length if playhead.heading > 0.0 else 1.0 - since / length
        return self._sync.speed(beats, played, length, playhead.due, values)

    def _go_to_sought(self) -> None:
        """Begins the jump that was asked for last, if it hasn't begun."""
        if self._sought is not None:
            self._playhead.go_to(self._playhead.begin + self._sought * self._playhead.length)
            self._sought = None

    def _find_beginning(self) -> None:
        """Finds the very first picture to be shown, however long it takes: a whole film's first one in any case."""
        if self._playhead.part == Part():
            self._playhead.go_to(self._film.start)
        else:
            self._playhead.go_to_beginning()
        while not self._playhead.pursue():
            pass
        self._playhead.travel(0.0)
        self._playhead.stay()

    def _hurry(self, late: float, speed: float) -> None:
        """Catches up if the film is ``late`` (s) at this ``speed``: lets the decoder skip, jumps, or forgives the
        delay."""
        playhead = self._playhead
        self._film.hurry(late > _HURRIED)
        if late > max(_LOST, playhead.length):
            playhead.due += late  # it was held up for longer than the part lasts: it goes on from here
        elif late > _LOST and speed and playhead.heading > 0.0 and playhead.shot and not playhead.is_searching:
            self._tell_late()
            playhead.go_to_key(playhead.shot.time + late * speed)

    def _tell_late(self) -> None:
        """Warns once that pictures are left out."""
        if not self._told:
            self._told = True
            _log.warning("%s is more than this machine can decode in time: pictures are left out", self.title)

    def _get_ready(self, late: float) -> None:
        """Gets ready what comes later, as long as the present picture isn't due."""
        if self.patient or late >= 0.0 or self._playhead.is_searching:
            self._errand = None
            return
        self._errand = self._errand or self._playhead.prepare()
        self._run_errand(self._playhead.due - _SPARE * self._period)

    def _run_errand(self, until: float) -> None:
        """Gets things ready until the time ``until`` (s)."""
        try:
            while self._errand and self.clock.now() < until:
                next(self._errand)
        except StopIteration:
            self._errand = None

    def _publish(self, begin: Begin) -> None:
        """Writes the present picture into the output, faded into the beginning if a loop's end is near."""
        assert self._playhead.shot
        started = self.clock.now()
        picture, share = self._playhead.shot.picture, self._shared(self._playhead.shot)
        if share > 0.0:
            deliver_mixed(picture, self._beginning.at(share * self._fade), share, begin)
        else:
            deliver(picture, begin)
        self.on_spent("resize", self.clock.now() - started)

    def _shared(self, shot: Shot) -> float:
        """Returns the beginning's part (0..1) in the picture that is shown now."""
        if self._fade <= 0.0:
            return 0.0
        self._beginning.keep(shot, self._fade)
        left = self._playhead.begin + self._playhead.length - shot.time
        return 1.0 - left / self._fade if left < self._fade and self._beginning.covers(self._fade) else 0.0

    def _blank(self) -> Picture:
        """Returns a transparent picture of the film's size."""
        assert self._playhead.shot
        shape = self._playhead.shot.picture.pixels.shape
        if self._nothing is None or self._nothing.pixels.shape != shape:
            self._nothing = Picture(np.zeros(shape, np.uint8), np.zeros(shape[:2], np.uint8))
        return self._nothing
