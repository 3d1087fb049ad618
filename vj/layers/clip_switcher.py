"""The clips of one layer: which one plays, and how another takes over without a gap.

What plays goes on until the next clip has given its first picture. A clip that waits has given it already, so it is
shown in the frame of its launch. If a clip can't be opened, it is given up, and nothing has changed.
"""

from collections.abc import Mapping

from vj.base.errors import BadInput, VjError
from vj.layers.clip_pool import ClipPlace, ClipPool, OpenedClip, Read
from vj.layers.layer_worker import LayerWorker
from vj.params.param import Value
from vj.preset.show_table import PLACES


class ClipSwitcher:
    """The bank of clips of layer ``number``. Each frame calls `follow`; only the loop may use it.

    ``playing`` is the source that is shown, and ``place`` where its clip stands; ``wanted`` is the place that was asked
    for last. ``places`` are the SPECs of the bank by place; empty places aren't in it. ``notice`` is what the performer
    should know: which clip is being opened, or why one isn't played; else it is empty. ``version`` grows whenever
    another source plays.
    """

    def __init__(self, number: int, pool: ClipPool, source: LayerWorker, spec: str = "", place: int = 1) -> None:
        """``source`` plays at the beginning: the clip ``spec`` in ``place``. ``pool`` opens and ends the others."""
        self.number = number
        self.pool = pool
        self.place = self.wanted = place
        self.playing = pool.adopt(ClipPlace(number, place), spec, source)
        self.playing.players.add(number)
        self.playing.has_played = True
        self.places: Mapping[int, str] = {place: spec} if spec else {}
        self.notice = ""
        self.version = 0
        self._prefix = f"/layer/{number}/clip"
        self._sources = {place: f"{self._prefix}/{place}/source" for place in PLACES}
        self._asked = place
        self._launched = 0
        """The place that was launched since the last frame; 0: none."""
        pool.join(self)

    @property
    def workers(self) -> list[LayerWorker]:
        """The sources that follow the settings of this layer, in a new list."""
        return [opened.worker for opened in self.pool.opened if opened.owner.layer == self.number]

    @property
    def warm(self) -> frozenset[int]:
        """The places whose clips are open and have given a picture, so that they are seen at once when launched."""
        found = ((place, self.pool.find(ClipPlace(self.number, place), spec)) for place, spec in self.places.items())
        return frozenset(place for place, opened in found if opened and opened.is_there)

    def launch(self, place: int) -> None:
        """Note that the clip in ``place`` was launched: in this frame it begins anew, even if it plays already."""
        self._launched = place

    def follow(self, read: Read, is_new: bool = True) -> dict[str, Value]:
        """Play the clip that the frame's values ask for.

        ``read`` returns the value at an address, None at one that the show lacks; ``is_new`` says whether any may have
        changed since the last frame. Returns corrections, by address, that the show must set: the clip that keeps
        playing where another one can't be played. Usually empty.
        """
        if is_new:
            self.pool.read = read
            self._asked = int(read(self._prefix) or self.wanted)
            self._look(read)
        stays = self._choose(self._asked)
        self.pool.settle()
        return {} if stays is None else {self._prefix: stays}

    def _look(self, read: Read) -> None:
        """Look which clips there are."""
        places = {place: str(spec) for place, address in self._sources.items() if (spec := read(address))}
        if places != self.places:
            self.places = places
            self.pool.unsettle()
        if len(self.playing.users) > 1:
            self.pool.part(ClipPlace(self.number, self.wanted))

    def _choose(self, place: int) -> int | None:
        """Have the clip in ``place`` play. Returns the place of the one that keeps playing if it can't, else None."""
        launched, self._launched = self._launched, 0
        if place != self.wanted:
            self.wanted, self.notice = place, ""
            self.pool.unsettle()
        elif launched == place == self.place:
            self.pool.play(self.playing, self.number)
        spec = self.places.get(place)
        if spec is None:  # the clip that plays may have been removed: it goes on
            return None if place == self.place else self._stay(f"there is no clip {place}")
        own = ClipPlace(self.number, place)
        try:
            opened = self.pool.find(own, spec) or self.pool.open(own, spec)
        except (VjError, OSError) as error:
            return self._stay(f"clip {place}: {error}")
        if opened is self.playing:
            self.place = place
        elif opened and opened.trouble:
            self.pool.give_up(opened)
            return self._stay(f"clip {place}: {opened.trouble}")
        elif opened and opened.is_there:
            self._take_over(opened)
        else:
            waiting = opened.worker.child.info.get("waiting") if opened else ""
            self.notice = str(waiting or f"opening clip {place}")
        return None

    def _take_over(self, opened: OpenedClip) -> None:
        before, self.playing, self.place = self.playing, opened, self.wanted
        self.notice = ""
        self.version += 1
        self.pool.rest(before, self.number)
        self.pool.play(opened, self.number)

    def _stay(self, why: str) -> int:
        """Keep the clip that plays, with ``why`` as the notice. Returns its place."""
        self.wanted, self.notice = self.place, why
        self.pool.unsettle()
        return self.place


def free_place(places: Mapping[int, str]) -> int:
    """Returns the first place that isn't among ``places``. Raises BadInput if there is none."""
    for place in PLACES:
        if place not in places:
            return place
    raise BadInput(f"all {len(PLACES)} places for clips are filled: remove one first")
