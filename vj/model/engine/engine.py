"""The child process around a bank of models: take the newest frame, run the chosen one, publish, repeat."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isqrt
from typing import Any

from vj.base.clock import now
from vj.base.errors import BadInput
from vj.base.frame import Frame, Pixels, Size
from vj.base.paths import cache, trim
from vj.base.shared_memory import SharedMemory
from vj.child.latest_frame import LatestFrame
from vj.child.parent_pipe import ParentPipe, StatusPipe, TimeMeter
from vj.child.shared_params import SharedParams
from vj.model.engine.bank import Bank, BankPlace, PreparedKey, PreparedModel
from vj.model.engine.governor import is_free
from vj.model.engine.memory_check import check_room
from vj.model.engine.output_check import PATIENCE, brightness
from vj.model.engine.settled_sizes import SettledSizes
from vj.model.files.library import MODEL, Entry, params, shared_values, with_paths
from vj.model.runtime.memory import out_of_memory
from vj.params.param import Value

_IDLE = 0.0005
"""Seconds between two looks at an empty slot."""
_MOST_CACHED = 2 << 30
"""Bytes of exported networks, and of compiled graphs, that are kept on disk from show to show."""
_MOST_REFUSED = 64
"""Of a model: from texts that mean nothing to it; then they are tried again."""
_AS_GOOD_AS = 1.0 - 1e-6
"""Times of frames are rounded: the next of 30 a second is not to be too early for a model that makes 30."""
_PREPARE_LIMIT = 600.0
"""Seconds after which preparing counts as hung: an old processor takes minutes to time and to optimise a network."""
LOADING, PREPARING = 30.0, 10.0
"""Seconds that this process may show no sign of life before its model has given a picture, and while something else is
prepared beside it: importing a library holds up everything, for longer on a slow disk."""
PASSES = 4.0
"""How many of the slowest passes that were seen a pass may take."""


def main(
    pipe: ParentPipe,
    bank: list[str],
    entries: list[dict[str, Any]],
    runtime: str,
    box: tuple[int, int],
    canvas: tuple[int, int],
    source: dict[str, Any],
    reader: int,
    output: dict[str, Any],
    values: dict[str, Any],
) -> None:
    """Run the models called ``bank`` on what comes through ``source`` until the show is gone.

    ``entries`` are all that the layer can play, so that values and numbers mean the same in every engine of it.
    """
    for folder in ("onnx", "openvino"):
        trim(cache(folder), _MOST_CACHED)
    known = [Entry.from_job(job) for job in entries]
    mine = [Entry.from_job(entry.job()) for entry in known if entry.name in bank]
    check_room(mine, Size(*box))
    current = shared_values(known, SharedMemory.attach(values))
    conditions = {"box": str(Size(*box)), "canvas": str(Size(*canvas)), "runtime": runtime}
    sizes = SettledSizes({entry.name: entry for entry in mine}, conditions)
    engine = Engine(pipe, known, Bank(mine, runtime), Size(*box), LatestFrame.attach(output), sizes=sizes)
    frames = LatestFrame.attach(source).reader(reader)
    held: Frame | None = None
    while not pipe.stopping.is_set():
        for command in pipe.commands():
            engine.handle_trigger(command["trigger"], command["amount"])
        frame = frames.newest()
        held = frame or held  # what was taken last stays ours until the next is
        if not (held and engine.take_turn(held, current, is_new=frame is not None)):
            engine.output.beat()
            time.sleep(_IDLE)


class Engine:
    """``take_turn`` after ``take_turn``: whatever is prepared plays, while what is wanted gets prepared aside."""

    def __init__(
        self,
        pipe: StatusPipe,
        entries: Sequence[Entry],
        bank: Bank,
        box: Size,
        output: LatestFrame,
        now: Callable[[], float] = now,
        sizes: SettledSizes | None = None,
    ) -> None:
        """``sizes``, if any, remembers the processing sizes from show to show."""
        self.bank, self.output, self._sizes = bank, output, sizes
        self._pipe, self._box, self._now = pipe, box, now
        self._most = isqrt(output.capacity // 3)
        """The largest side that fits into the slot whatever the other one is."""
        self._settings: Mapping[str, Value] = {}
        self._numbers = {entry.name: number for number, entry in enumerate(entries)}
        self._params = params(entries)
        self._writer = output.writer()
        self._meter = TimeMeter(pipe)
        self._playing: PreparedModel | None = None
        self._chosen = ""
        self._told: dict[str, object] = {}
        self._failures = 0
        self._warm: set[str] = set()
        self._scaled: Pixels | None = None
        self._began = -math.inf
        """When the last picture was begun (monotonic)."""
        self._slowest = 0.0
        """Seconds that the slowest pass of what plays took, the warm-up's among them."""
        self._seen: set[str] = set()
        """The models that have given a picture."""
        self._tell(patience=LOADING)
        pipe.tell(title="", notice="", says="", failed="", why="", failures=0, bad=0, warm=0)  # of this incarnation

    def handle_trigger(self, name: str, amount: float) -> None:
        """A trigger of the model that plays."""
        if self._playing:
            self.bank[self._playing.key.name].model.handle_trigger(name, amount)

    def take_turn(self, frame: Frame, current: SharedParams, is_new: bool) -> bool:
        """One picture, if there is a reason for one: a new frame, a control that moved, something newly prepared.

        An engine whose model isn't chosen makes no picture, but prepares its models for the size of the frames that
        come.
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

    def _resume_sizes(self) -> None:
        """Begin with the sizes that earlier shows with the same settings have settled at."""
        if self._sizes and is_free(self._settings):
            for name, place in self.bank.items():
                place.governor.resume(self._sizes.part(name, float(self._settings["rate"])))

    def _is_due(self, ready: PreparedModel, is_new: bool) -> bool:
        """Whether it is time for a picture: when the source has one, or at the family's own pace."""
        pace = self.bank[ready.key.name].model.pace(self._settings)
        return is_new if pace <= 0.0 else self._now() - self._began >= _AS_GOOD_AS / pace

    def _choose_anew(self, chosen: str) -> None:
        """What couldn't be prepared is tried again when it is asked for again."""
        self._chosen = chosen
        self._ask_for_patience()
        if chosen in self.bank:
            self.bank[chosen].refused.clear()
            self.bank[chosen].notice = ""

    def _choose(self, frame: Frame, place: BankPlace) -> None:
        """Play what is wanted if it is ready; until then, what plays."""
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
            if self._key(place, frame) != key:  # too slow: ready at a smaller size before it is shown
                return
        self._play(ready)

    def _key(self, place: BankPlace, frame: Frame) -> PreparedKey:
        height, width = frame.pixels.shape[:2]
        scale = place.governor.scale(self._settings)
        box = Size(*(min(self._most, round(side * scale)) for side in self._box))
        size = place.model.size(box, width, height)
        return PreparedKey(place.entry.name, size, place.model.variant(self._settings), place.model.exact)

    def _obstacle(self, key: PreparedKey) -> Exception | None:
        """Why it can't be prepared, as far as that is known."""
        if key.size.width * key.size.height * 3 > self.output.capacity:
            return BadInput(f"{key.name} gives pictures of {key.size}; {self._most}x{self._most} is the most")
        return self.bank.failure(key)

    def _ask_for_patience(self) -> None:
        """Tell how long this process may be silent from now on: a model that is slow is not one that hangs."""
        loading = LOADING if self._chosen not in self._seen else PREPARING if self.bank.busy_for else 0.0
        self._tell(patience=float(math.ceil(max(PASSES * self._slowest, loading))), slowest=round(self._slowest, 1))

    def _play(self, ready: PreparedModel) -> None:
        self._playing = ready
        self._slowest = ready.seconds
        self._ask_for_patience()
        self.bank[ready.key.name].refusal = ""
        self._warm.add(ready.key.name)
        self._tell(title=ready.key.name, size=str(ready.key.size), runtime=ready.prepared.why, ready=True)
        self._tell(part=self.bank[ready.key.name].governor.reach)
        self._tell(warm=len(self._warm))

    def _keep_warm(self, frame: Frame) -> None:
        """The whole bank, while one plays or all rest; each is known to be warm once it is ready, or can't be."""
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
        """Whether it is prepared; asked for if it isn't."""
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
        """Have what may be wanted next prepared. Where it can't be, nothing of what plays changes."""
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
        place = self.bank[ready.key.name]
        started = self._began = self._now()
        picture = self._resized(frame.pixels, ready.key.size)
        resized = self._now()
        out = self._writer.begin(ready.key.size.height, ready.key.size.width)
        try:
            mean = ready.prepared.run(picture, out, self._settings, resized)
        except Exception as error:  # noqa: BLE001 - decided there
            self._cope(place, ready.key, error, plays=False)
            return
        inferred = self._now()
        if place.output_check.accepts(mean, partial(brightness, picture)):
            self._writer.publish(frame.captured, frame.origin, self._numbers[ready.key.name])
        else:
            self.output.beat()
            self._distrust(place)
        ended = self._now()
        if not self.bank.busy_for:  # what is prepared beside it takes time that it will have again
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

    def _distrust(self, place: BankPlace) -> None:
        """Bad pictures aren't shown; after three in a row the model begins anew in full precision."""
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

    def _cope(self, place: BankPlace, key: PreparedKey, error: Exception, plays: bool = True) -> None:
        """Smaller where memory ran out; else what plays goes on. Where nothing can, it is the engine's end."""
        name = place.entry.name
        if out_of_memory(error) and place.governor.shrink():
            self.bank.forget(name)
            place.notice = f"{name} is out of memory: trying {place.governor.room:g} of the size"
            self._playing = None if self._playing and self._playing.key.name == name else self._playing
            self._tell(notice=place.notice)
            return
        nothing_plays = self._playing is None and name == self._chosen
        if nothing_plays or not plays:
            raise error
        self._refuse(place, key)
        self._warm.add(name)  # as warm as it will be
        if self._playing and self._playing.key.name == name:  # another size or variant of what plays
            place.refusal = f"{name}: {error}"
            self._tell(notice=place.refusal)
        else:
            self._fail(name, str(error))

    def _fail(self, name: str, why: str) -> None:
        self._failures += 1
        self._pipe.tell(failed=name, why=why, failures=self._failures)

    def _heed_limit(self) -> None:
        if self.bank.busy_for > _PREPARE_LIMIT:
            raise TimeoutError(f"preparing took longer than {_PREPARE_LIMIT:g} s")

    def _resized(self, pixels: Pixels, size: Size) -> Pixels:
        """The picture at the model's size; the source's own when that is it already."""
        if pixels.shape[:2] == (size.height, size.width):
            return pixels
        from vj.base.convert import resize

        self._scaled = resize(pixels, size, self._scaled)
        return self._scaled

    def _tell(self, **status: object) -> None:
        """Only what is new."""
        news = {key: value for key, value in status.items() if self._told.get(key) != value}
        if news:
            self._told.update(news)
            self._pipe.tell(**news)
