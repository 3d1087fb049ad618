"""The child process around a bank of models: it takes the newest frame, runs the chosen model, publishes the result."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import isqrt
from pathlib import Path
from typing import Any

from vj.base.clock import now
from vj.base.errors import BadInput
from vj.base.frame import Frame, Pixels, Size
from vj.base.paths import cache, clear
from vj.base.shared_memory import SharedMemory
from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe, StatusPipe, TimeMeter
from vj.child.shared_params import SharedParams
from vj.child.slot_reader import SlotReader
from vj.model import FAMILIES
from vj.model.engine.bank import Bank, BankPlace, PreparedKey, PreparedModel, trim_caches
from vj.model.engine.file_watch import FileWatch
from vj.model.engine.governor import is_free
from vj.model.engine.memory_check import check_room
from vj.model.engine.output_check import PATIENCE, brightness
from vj.model.engine.settled_sizes import SettledSizes
from vj.model.files.library import MODEL, SLOT, Entry, params, shared_values, with_paths
from vj.model.runtime.cards import computes, own_card
from vj.model.runtime.compiler import FOLDERS
from vj.model.runtime.memory import out_of_memory
from vj.params.param import Value

_IDLE = 0.0005
"""Seconds between two looks for a new frame."""
_MOST_CACHED = 2 << 30
"""Bytes that each of the caches of graphs compiled for cards may hold on disk from show to show."""
_MOST_REFUSED = 64
"""Refused sizes and variants that a model keeps. Beyond that all are tried again, as texts can ask for any number."""
_AS_GOOD_AS = 1.0 - 1e-6
"""Tolerance for the rounded times of frames: at 30 frames a second, the next one must not count as too early for a
model that makes 30 pictures a second."""
_PREPARE_LIMIT = 600.0
"""Seconds after which preparing counts as hung. An old processor takes minutes to time and to optimise a network."""
LOADING, PREPARING = 30.0, 10.0
"""Seconds that this process may show no sign of life, the first until its model has given a picture, the second while
another model is prepared. Importing a library holds up every thread, longer on a slow disk."""
_FAR_TOO_SLOW = 3.0
"""How many pictures' time a pass takes that counts even while a faster way to run the model is being made."""
PASSES = 4.0
"""A pass may take this many times as long as the slowest one seen, before the process counts as hung."""


def main(
    pipe: ParentPipe,
    bank: list[str],
    entries: list[dict[str, Any]],
    runtime: str,
    box: tuple[int, int],
    canvas: tuple[int, int],
    sources: list[dict[str, Any]],
    reader: int,
    output: dict[str, Any],
    values: dict[str, Any],
) -> None:
    """Run the models called ``bank`` on the frames of a source until the show asks this process to leave or is gone; it
    is the child's main function.

    ``entries`` are all models that the layer can play, each as `Entry.to_job` writes it, so that values and numbers
    mean the same in all of its engines. ``runtime`` is "auto" or the backend to force. ``box`` is the largest
    processing size and ``canvas`` the show's size, as width and height. ``sources`` and ``output`` are what
    `LatestFrame.describe` returned, ``values`` what `SharedParams.describe` returned. The value ``slot`` says which of
    ``sources`` is read, and ``reader`` is this engine's number among the readers of each.

    Commands from ``pipe`` are triggers: ``{"trigger": name, "amount": number}``. Raises Unavailable if memory is too
    short for the models, and every error that `Engine.take_turn` raises; the process then ends.
    """
    trim_caches()
    for folder in FOLDERS.values():
        clear(cache(folder), _MOST_CACHED)
    known = [Entry.from_job(job) for job in entries]
    mine = [Entry.from_job(entry.to_job()) for entry in known if entry.name in bank]
    check_room(mine, Size(*box), runtime)
    current = shared_values(known, SharedMemory.attach(values))
    sizes = SettledSizes({entry.name: entry for entry in mine}, _conditions(Size(*box), Size(*canvas), runtime))
    watch = FileWatch(_watched(mine))
    bank_of_mine, results = Bank(mine, runtime), LatestFrame.attach(output)
    engine = Engine(pipe, known, bank_of_mine, Size(*box), results, sizes=sizes, edition=watch.edition)
    watch.start()
    slots = SlotReader.attach(sources, reader)
    held: Frame | None = None
    while not pipe.stopping.is_set():
        for command in pipe.commands():
            engine.handle_trigger(command["trigger"], command["amount"])
        reading = slots.of(int(current.number(SLOT)))
        frame = reading.newest() if reading else None
        held = frame or held  # the last frame stays valid until the next is taken
        if not (held and engine.take_turn(held, current, is_new=frame is not None)):
            engine.output.heartbeat()
            time.sleep(_IDLE)


def _watched(entries: Iterable[Entry]) -> dict[str, Sequence[Path]]:
    """Returns the files of the performer's own models that may change while they play, by the model's name."""
    own = (entry for entry in entries if entry.origin != "catalogue" and FAMILIES[entry.family].watched)
    return {entry.name: tuple(entry.files.values()) for entry in own}


def _conditions(box: Size, canvas: Size, runtime: str) -> dict[str, str]:
    """Returns what the settled sizes of this engine depend on, as `SettledSizes` wants it."""
    card = own_card() if computes(runtime) else None
    return {"box": str(box), "canvas": str(canvas), "runtime": runtime, **({"card": card.name} if card else {})}


class Engine:
    """Plays the model that is ready, turn by turn (`take_turn`), while the wanted one is prepared in a thread. ``bank``
    and ``output`` are those of the constructor.

    It tells through a pipe, whenever one changes: ``title`` (the model that plays), ``size`` (WIDTHxHEIGHT),
    ``runtime`` (`Prepared.why`), ``ready`` (True once one plays), ``follows`` (whether results change only with the
    source's picture), ``part`` (`Governor.reach`), ``warm`` (how many models are prepared or can't be), ``notice`` and
    ``says``; ``failed``, ``why`` and ``failures`` (the model that failed last, why, how many failures), ``bad`` (bad
    pictures), ``patience`` (s that it may be silent), ``slowest`` (s of the slowest pass) and, twice a second at most,
    ``parts`` (by part, how often it was done and the seconds in all).
    """

    def __init__(
        self,
        pipe: StatusPipe,
        entries: Sequence[Entry],
        bank: Bank,
        box: Size,
        output: LatestFrame,
        now: Callable[[], float] = now,
        sizes: SettledSizes | None = None,
        edition: Callable[[str], int] = lambda name: 0,
    ) -> None:
        """``entries`` are all models of the layer, ``bank`` those of this engine. Results are published in ``output``,
        whose only writer this engine becomes; status goes to ``pipe``, beginning with one that clears what an earlier
        process told.

        ``box`` is the largest processing size and ``now`` the monotonic clock (s). ``sizes``, if given, remembers the
        processing sizes from show to show. ``edition`` returns how often the files of the model of that name have
        changed, at once; the newest that can be prepared is played.
        """
        self.bank = bank
        self.output = output
        self._sizes = sizes
        self._pipe = pipe
        self._box = box
        self._now = now
        self._edition = edition
        self._most = isqrt(output.capacity // 3)
        """The largest side, in pixels, with which a square fits into ``output``; no result is longer or higher."""
        self._settings: Mapping[str, Value] = {}
        self._numbers = {entry.name: number for number, entry in enumerate(entries)}
        self._params = params(entries)
        self._writer = output.writer()
        self._meter = TimeMeter(pipe)
        self._playing: PreparedModel | None = None
        self._chosen = ""
        self._told: dict[str, object] = {}
        """The newest status that has been told to the show."""
        self._failures = 0
        self._warm: set[str] = set()
        """The models that are prepared, or can't be."""
        self._scaled: Pixels | None = None
        self._began = -math.inf
        """When the last picture was begun (monotonic, s)."""
        self._slowest = 0.0
        """Seconds of the slowest pass of the model that plays, including the warm-up."""
        self._seen: set[str] = set()
        """The models that have given a picture."""
        self._tell(patience=LOADING)
        pipe.tell(title="", notice="", says="", failed="", why="", failures=0, bad=0, warm=0)  # clears old ones

    def handle_trigger(self, name: str, amount: float) -> None:
        """Pass the trigger ``name``, without the parameter's prefix, and its argument to the model that plays now, even
        if another one is wanted; without one, the trigger is lost."""
        if self._playing:
            self.bank[self._playing.key.name].model.handle_trigger(name, amount)

    def take_turn(self, frame: Frame, current: SharedParams, is_new: bool) -> bool:
        """Run the model once if there is a reason: a control that moved, a newly prepared model, or a new frame. For a
        model with a pace of its own, the time for its next picture is a reason in place of a new frame. Publish the
        result unless it is bad: at the processing size, with the frame's ``captured`` and ``origin``, and as maker a
        number that each model, and each edition of its files, has for itself.

        ``frame`` is the source's newest, of any size, and ``is_new`` says whether it wasn't given before; ``current``
        are the layer's shared values. Returns whether the model was run, whether or not its result could be shown. An
        engine whose model isn't chosen makes no pictures, but has its models prepared for frames of this size.

        Raises what preparing the chosen model raised if nothing plays, what a pass raised unless memory ran out and a
        smaller size can be tried, and TimeoutError if preparing takes longer than 600 s.
        """
        moved = current.changed
        if moved:
            is_first = not self._settings
            self._settings = with_paths(current.read(), self._params)
            if is_first:
                self._resume_sizes()
        chosen = str(self._settings[MODEL])
        if chosen != self._chosen:
            self._choose_anew(chosen)
        self._follow_files()
        if is_new or moved:
            self._keep_warm(frame)
        if chosen not in self.bank:
            return False
        before = self._playing
        self._choose(frame, self.bank[chosen])
        if self._playing is None or not (moved or self._playing is not before or self._is_due(self._playing, is_new)):
            return False
        self._process(self._playing, frame)
        return True

    def _follow_files(self) -> None:
        """Want the newest edition of each model's files; but one that is being prepared is played first, or else files
        that change faster than they are prepared would never be."""
        playing = self._playing.key if self._playing else None
        for name, place in self.bank.items():
            is_chosen = name == self._chosen
            there = playing is not None and (playing.name, playing.edition) == (name, place.edition)
            if there if is_chosen else place.edition == place.made:
                place.follow(self._edition(name))

    def _resume_sizes(self) -> None:
        """Begin with the processing sizes at which earlier shows with the same settings settled."""
        if self._sizes and is_free(self._settings):
            for name, place in self.bank.items():
                place.governor.resume(self._sizes.part(name, float(self._settings["rate"])))

    def _is_due(self, ready: PreparedModel, is_new: bool) -> bool:
        """Returns whether it is time for a picture: when the source has a new one, or at the model's own pace."""
        pace = self.bank[ready.key.name].model.pace(self._settings)
        return is_new if pace <= 0.0 else self._now() - self._began >= _AS_GOOD_AS / pace

    def _choose_anew(self, chosen: str) -> None:
        """Note that another model was chosen; what couldn't be prepared of it before is tried again."""
        self._chosen = chosen
        self._ask_for_patience()
        if chosen in self.bank:
            self.bank[chosen].refused.clear()
            self.bank[chosen].notice = ""

    def _choose(self, frame: Frame, place: BankPlace) -> None:
        """Play the wanted size and variant of the model if it is ready; until then, go on with what plays."""
        key = self._key(place, frame)
        if self._playing and key == self._playing.key:
            place.refusal = ""
            return
        if key in place.refused:
            return
        ready = self.bank.ready(key)
        if ready is None:
            if error := self._obstacle(key):
                self._cope(place, key, error)
                return
            ready = self.bank.ask(key, first=True)
        if ready is None:
            self._heed_limit()
            return
        if not place.begun:
            place.begun = True
            place.governor.begin(ready.seconds, self._settings)
            if self._key(place, frame) != key:  # too slow: a smaller size is prepared before it is shown
                return
        self._play(ready)

    def _key(self, place: BankPlace, frame: Frame) -> PreparedKey:
        """Returns what the settings ask for of this model, for frames of this size."""
        height, width = frame.pixels.shape[:2]
        scale = place.governor.scale(self._settings)
        full = place.model.full_box(self._box, width, height)
        box = Size(*(min(self._most, round(side * scale)) for side in full))
        size = place.model.size(box, width, height)
        variant = place.model.variant(self._settings)
        return PreparedKey(place.entry.name, size, variant, place.model.exact, place.edition)

    def _obstacle(self, key: PreparedKey) -> Exception | None:
        """Returns the error that keeps ``key`` from being prepared; None if none is known."""
        if key.size.width * key.size.height * 3 > self.output.capacity:
            return BadInput(f"{key.name} gives pictures of {key.size}; {self._most}x{self._most} is the most")
        return self.bank.failure(key)

    def _ask_for_patience(self) -> None:
        """Tell the show how long this process may be silent, so that a slow model isn't taken for a hung one."""
        loading = LOADING if self._chosen not in self._seen else PREPARING if self._is_held_up else 0.0
        self._tell(patience=float(math.ceil(max(PASSES * self._slowest, loading))), slowest=round(self._slowest, 1))

    def _play(self, ready: PreparedModel) -> None:
        """Play ``ready`` from now on, and tell the show."""
        if self._playing and self._playing.key.edition < ready.key.edition:
            self.bank[ready.key.name].notice = ""
        self._playing = ready
        self._slowest = ready.seconds
        self._ask_for_patience()
        self.bank[ready.key.name].refusal = ""
        self._warm.add(ready.key.name)
        self._tell(title=ready.key.name, size=str(ready.key.size), runtime=ready.prepared.why, ready=True)
        model = self.bank[ready.key.name].model
        self._tell(part=self.bank[ready.key.name].governor.reach)
        self._tell(follows=model.looks and model.pace(self._settings) <= 0.0)
        self._tell(warm=len(self._warm))

    def _keep_warm(self, frame: Frame) -> None:
        """Have the bank's other models prepared, and the likely next variants of the one that plays."""
        for name, place in self.bank.items():
            key = self._key(place, frame)
            if name != self._chosen and self._is_warm(place, key):
                self._warm.add(name)
            if name == self._chosen and self._playing:
                for variant in place.model.ahead(self._settings):
                    self._foresee(place, key._replace(variant=variant))
        if self._playing:
            self._tell(warm=len(self._warm))

    def _is_warm(self, place: BankPlace, key: PreparedKey) -> bool:
        """Returns whether ``key`` is prepared; asks for it if it isn't."""
        if key in place.refused:
            return False
        if error := self._obstacle(key):
            self._cope(place, key, error)
            return False
        if self.bank.ready(key) is None:
            self.bank.ask(key)
            return False
        return True

    def _foresee(self, place: BankPlace, key: PreparedKey) -> None:
        """Have a variant prepared that may be wanted next. If that fails, what plays goes on."""
        if key in place.refused or self.bank.ready(key):
            return
        if error := self.bank.failure(key):
            self._refuse(place, key)
            place.notice = f"{place.entry.name}: {error}"
        else:
            self.bank.ask(key)

    def _refuse(self, place: BankPlace, key: PreparedKey) -> None:
        if len(place.refused) >= _MOST_REFUSED:
            place.refused.clear()
        place.refused.add(key)

    def _process(self, ready: PreparedModel, frame: Frame) -> None:
        """Run the model on the frame, publish the result if it may be shown, and note how long that took."""
        place = self.bank[ready.key.name]
        started = self._began = self._now()
        picture = self._resized(frame.pixels, ready.key.size)
        resized = self._now()
        out = self._writer.begin(ready.key.size.height, ready.key.size.width)
        try:
            mean = ready.prepared.run(picture, out, self._settings, resized)
        except Exception as error:  # noqa: BLE001 - `_cope` decides
            self._cope(place, ready.key, error, while_running=True)
            return
        inferred = self._now()
        if place.output_check.accepts(mean, partial(brightness, picture)):
            self._writer.publish(frame.captured, frame.origin, self._maker(ready.key))
        else:
            self.output.heartbeat()
            self._distrust(place)
        ended = self._now()
        if self._counts(ended - started):
            place.governor.note_pass(ended - started, self._settings, ended)
            if self._sizes and is_free(self._settings):
                rate = float(self._settings["rate"])
                self._sizes.follow(ready.key.name, place.governor.part, rate, ended)
        self._slowest = max(self._slowest, ended - started)
        self._seen.add(ready.key.name)
        self._ask_for_patience()
        for part, seconds in (("fit", resized - started), ("infer", inferred - resized), ("publish", ended - inferred)):
            self._meter.add(part, seconds)
        self._meter.tell(ended)
        self._tell(notice=place.refusal or place.model.notice or place.notice, says=place.model.says)
        self._tell(runtime=ready.prepared.why)

    def _maker(self, key: PreparedKey) -> int:
        """Returns a number that no other model, and no other edition of this one, has: the layer fades between them."""
        return self._numbers[key.name] + len(self._numbers) * key.edition

    @property
    def _is_held_up(self) -> bool:
        """Whether something else is being done in this process that holds pictures up."""
        return self.bank.busy_for > 0.0 or self.bank.is_improving

    def _counts(self, seconds: float) -> bool:
        """Returns whether a pass of so many seconds tells how fast the model is. Preparing slows passes down for a
        while, as does making a faster way to run it; but that may take minutes, so what is far too slow counts."""
        if self.bank.busy_for > 0.0:
            return False
        return not self.bank.is_improving or seconds * float(self._settings["rate"]) > _FAR_TOO_SLOW

    def _distrust(self, place: BankPlace) -> None:
        """Deal with a bad picture, which isn't shown: after `PATIENCE` in a row the model restarts in full precision,
        or counts as failed if it was in full precision already."""
        self._tell(bad=place.output_check.total)
        if not place.output_check.impatient:
            return
        name = place.entry.name
        if place.be_exact():
            self.bank.forget(name)
            self._playing = None
            place.notice = f"{name}: {PATIENCE} bad pictures in a row; now in full precision"
        else:
            place.notice = f"{name} gives no picture that could be shown"
            self._fail(name, "it gives no picture that could be shown")
        self._tell(notice=place.notice)

    def _cope(self, place: BankPlace, key: PreparedKey, error: Exception, while_running: bool = False) -> None:
        """Deal with an error in preparing what ``key`` names or, if ``while_running``, in running it.

        If memory ran out, see `_find_room`; otherwise what plays goes on, also when its files have changed and the new
        ones can't be played. Raises the error if nothing can play, which ends the engine.
        """
        name = place.entry.name
        if key.edition > place.made and not while_running:
            place.stay()
            place.notice = f"{name}: its file has changed and can't be played; what was read before goes on: {error}"
            self._tell(notice=place.notice)
            return
        if out_of_memory(error):
            error.__traceback__ = error.__context__ = error.__cause__ = None  # they hold what was being made in memory
            if self._find_room(place, key, while_running):
                return
        nothing_plays = self._playing is None and name == self._chosen
        if nothing_plays or while_running:
            raise error
        self._refuse(place, key)
        self._warm.add(name)  # counts as warm: it can't be prepared
        if self._playing and self._playing.key.name == name:  # another size or variant of what plays
            place.refusal = f"{name}: {error}"
            self._tell(notice=place.refusal)
        else:
            self._fail(name, str(error))

    def _find_room(self, place: BankPlace, key: PreparedKey, while_running: bool) -> bool:
        """Deal with memory that ran out. Returns whether there is something that can be tried.

        A model that isn't chosen waits until it is. For the chosen one, everything else that is prepared but doesn't
        play is dropped, and isn't prepared again before it is chosen; if there is nothing to drop, a smaller size is
        tried.
        """
        name = place.entry.name
        if name != self._chosen and not while_running:
            self._refuse(place, key)
            self._warm.add(name)  # counts as warm: it can't be prepared now
            place.notice = f"{name}: there is no memory for it beside the others; it is prepared when it is chosen"
            return True
        if dropped := self.bank.make_room(self._playing.key if self._playing else None):
            for other in dropped:
                self._refuse(self.bank[other.name], other)
            place.refused.discard(key)
            place.notice = f"{name} is out of memory: what doesn't play was dropped"
        elif place.governor.shrink():
            self.bank.forget(name)
            place.notice = f"{name} is out of memory: trying {place.governor.room:g} of the size"
            self._playing = None if self._playing and self._playing.key.name == name else self._playing
        else:
            return False
        self._tell(notice=place.notice)
        return True

    def _fail(self, name: str, why: str) -> None:
        """Tell the show that the model ``name`` has failed."""
        self._failures += 1
        self._pipe.tell(failed=name, why=why, failures=self._failures)

    def _heed_limit(self) -> None:
        """Raises TimeoutError if the present preparation takes too long."""
        if self.bank.busy_for > _PREPARE_LIMIT:
            raise TimeoutError(f"preparing took longer than {_PREPARE_LIMIT:g} s")

    def _resized(self, pixels: Pixels, size: Size) -> Pixels:
        """Returns ``pixels`` at ``size``; the same array if it has that size already."""
        if pixels.shape[:2] == (size.height, size.width):
            return pixels
        from vj.base.convert import resize

        self._scaled = resize(pixels, size, self._scaled)
        return self._scaled

    def _tell(self, **status: object) -> None:
        """Tell the show those of ``status`` that have changed."""
        news = {key: value for key, value in status.items() if self._told.get(key) != value}
        if news:
            self._told.update(news)
            self._pipe.tell(**news)
