"""The engine's turns, with models that misbehave; the processes around them are in `test_fast_style` and the shows."""

import gc
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.waiting import until
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Frame, Pixels, Size
from vj.child.latest_frame import LatestFrame
from vj.model.engine import bank, memory_check
from vj.model.engine import engine as engine_module
from vj.model.engine.bank import Bank, PreparedKey
from vj.model.engine.engine import LOADING, PREPARING, Engine
from vj.model.engine.settled_sizes import LASTING, SettledSizes
from vj.model.families.identity import Identity
from vj.model.files import library
from vj.model.files.library import MODEL, Entry, shared_values
from vj.model.model import Prepared
from vj.model.runtime import cards
from vj.model.runtime.memory import out_of_memory
from vj.params.param import Value

BOX = Size(128, 96)


class Wholesome(Identity):
    """Doubles the picture's brightness, and remembers what was asked of it."""

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        return Doubling(self, size)


class Doubling:
    why = "doubles"
    factor = 2

    def __init__(self, model: Identity, size: Size) -> None:
        self.model, self.size = model, size

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        np.multiply(picture, self.factor, out=out)
        return float(out.mean() / 255)

    def warm(self) -> float:
        return 0.001


class Slow(Wholesome):
    """Takes half a second at the full size."""

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        prepared = Doubling(self, size)
        prepared.warm = lambda: 0.5 * size.width / BOX.width  # type: ignore[method-assign]
        return prepared


class Trained(Wholesome):
    """Was trained on pictures of 32×24."""

    def full_box(self, box: Size, width: int, height: int) -> Size:
        return Size(32, 24)


class Greedy(Wholesome):
    """Fits into memory at half the size only."""

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        if size.width > 64:
            raise MemoryError
        return super().prepare(size, variant)


class Bursting(Wholesome):
    """Is prepared at any size, and finds no room when it runs."""

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        prepared = Doubling(self, size)
        if size.width > 96:
            prepared.run = lambda *_: (_ for _ in ()).throw(RuntimeError("std::bad_alloc"))  # type: ignore[method-assign]
        return prepared


class Tight(Wholesome):
    """Fits into a card's memory together with ``room`` others at most, of those that are prepared anywhere."""

    room = 1
    there: ClassVar[weakref.WeakSet[Doubling]] = weakref.WeakSet()

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        if len(Tight.there) > self.room:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        prepared = Doubling(self, size)
        Tight.there.add(prepared)
        return prepared


class TightToo(Tight):
    """Another such model."""


class TightAlso(Tight):
    """And another."""


class Lucky(Wholesome):
    """Finds no room until what the library had kept of a card's memory is given back."""

    tried = 0

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        Lucky.tried += 1
        if Lucky.tried == 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return super().prepare(size, variant)


class Bad(Wholesome):
    """Gives numbers that are none, unless in full precision."""

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        prepared = Doubling(self, size)
        if not self.exact:
            prepared.run = lambda *_: float("nan")  # type: ignore[method-assign]
        return prepared


class Hopeless(Wholesome):
    def prepare(self, size: Size, variant: str = "") -> Prepared:
        prepared = Doubling(self, size)
        prepared.run = lambda *_: float("nan")  # type: ignore[method-assign]
        return prepared


class Broken(Wholesome):
    tried = 0

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        Broken.tried += 1
        raise RuntimeError("shapes differ")


class Twofold(Wholesome):
    """Has a second variant, which can't be had; a low rate asks for it."""

    def variant(self, values: Mapping[str, Value]) -> str:
        return "second" if values["rate"] == 1.0 else ""

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        if variant:
            raise RuntimeError("no such variant")
        return super().prepare(size, variant)


class Dreaming(Wholesome):
    """Goes on by itself, eight times a second; has three variants, two of which it would like to have ready."""

    prepared: ClassVar[list[str]] = []

    def pace(self, values: Mapping[str, Value]) -> float:
        return 8.0

    def variant(self, values: Mapping[str, Value]) -> str:
        return f"{values['rate']:g}"

    def ahead(self, values: Mapping[str, Value]) -> list[str]:
        return ["1", "2"]

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        Dreaming.prepared.append(variant)
        return super().prepare(size, variant)


class Shortsighted(Wholesome):
    """Has no room for what it would like to have ready."""

    def ahead(self, values: Mapping[str, Value]) -> list[str]:
        return ["later"]

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        if variant:
            raise RuntimeError("std::bad_alloc")
        return super().prepare(size, variant)


class Held(Wholesome):
    """Is prepared when it is let go."""

    gate = threading.Event()
    prepared: ClassVar[list[str]] = []

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        assert self.gate.wait(100)
        self.prepared.append(variant)
        return super().prepare(size, variant)


class Learning(Wholesome):
    """Multiplies by what its file held when it was prepared; the number 0 can't be played."""

    factor = 2
    tried = 0

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        Learning.tried += 1
        if not self.factor:
            raise BadInput("it looks like another network")
        prepared = Doubling(self, size)
        prepared.factor = Learning.factor
        return prepared


class Sluggish(Wholesome):
    """Takes twelve seconds a picture, and more for the first ones; a clock of the test's own counts them."""

    passes: ClassVar[list[float]] = []
    patience: ClassVar[list[object]] = []
    """What the show had been told before each pass."""
    rig: ClassVar["Rig"]

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        prepared = Doubling(self, size)
        run = prepared.run

        def slow(*arguments: Any) -> float:
            self.patience.append(self.rig.told["patience"])
            self.rig.now += self.passes.pop(0)
            return run(*arguments)

        prepared.run = slow  # type: ignore[method-assign]
        prepared.warm = lambda: 12.0  # type: ignore[method-assign]
        return prepared


FAKES = {
    kind.__name__.lower(): kind
    for kind in (
        Wholesome,
        Slow,
        Trained,
        Greedy,
        Bursting,
        Tight,
        TightToo,
        TightAlso,
        Lucky,
        Bad,
        Hopeless,
        Broken,
        Twofold,
        Dreaming,
        Shortsighted,
        Held,
        Learning,
        Sluggish,
    )
}


class Rig:
    """An engine in this process, fed by hand."""

    def __init__(self, *names: str, sizes: SettledSizes | None = None) -> None:
        self.editions: dict[str, int] = {}
        self.told: dict[str, object] = {}
        self.now = 0.0
        self.source, self.output = LatestFrame.create(*BOX, 2), LatestFrame.create(*BOX, 1)
        entries = [Entry(name, "identity", {}) for name in names]
        self.values = shared_values(entries)
        self.values.write({MODEL: names[0]})
        self.current = shared_values(entries, self.values.memory)
        link = SimpleNamespace(tell=lambda **status: self.told.update(status))
        made = [Entry(name, name, {}) for name in names]
        self.engine = Engine(link, entries, Bank(made, "auto"), BOX, self.output, lambda: self.now, sizes, self.edition)  # type: ignore[arg-type]
        self.frames, self.results = self.source.writer(), self.output.reader(0)
        self._from_source = self.source.reader(1)
        self._held: Frame | None = None

    def edition(self, name: str) -> int:
        return self.editions.get(name, 0)

    def turn(self, passed: float = 0.1) -> None:
        """One new picture of grey 60, that many seconds after the last one."""
        self.now += passed
        self.frames.begin(*reversed(BOX))[:] = 60
        self.frames.publish(1.0)
        self._held = self._from_source.newest()
        assert self._held
        self.engine.take_turn(self._held, self.current, is_new=True)

    def until(self, true: Callable[[], object]) -> None:
        until(true, lambda: self.told, meanwhile=self.turn)

    def result(self) -> Pixels:
        self.until(lambda: self.results.waiting)
        frame = self.results.newest()
        assert frame
        return frame.pixels


def test_a_slow_model_asks_for_four_of_its_passes() -> None:
    """From the first one on, for which the warm-up counts; so nothing that takes twelve seconds is taken for hung."""
    Sluggish.passes, Sluggish.patience = [11.9, 12.9, 19.9, 11.9], []
    rig = Sluggish.rig = Rig("sluggish")
    assert rig.told["patience"] == LOADING
    for _ in range(4):
        rig.result()
    assert Sluggish.patience == [48, 48, 52, 80]
    assert rig.told["patience"] == 80


def test_a_quick_model_asks_for_nothing_once_it_has_given_a_picture() -> None:
    rig = Rig("wholesome")
    assert rig.told["patience"] == LOADING
    rig.result()
    rig.until(lambda: rig.told["patience"] == 1)


def test_while_another_model_is_prepared_the_process_may_be_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Held, "gate", threading.Event())
    monkeypatch.setattr(Held, "prepared", [])
    rig = Rig("wholesome", "held")
    rig.result()
    rig.until(lambda: rig.told["patience"] == PREPARING)
    Held.gate.set()
    rig.until(lambda: rig.told["patience"] == 1)


def test_another_model_of_the_bank_may_take_its_time_again() -> None:
    rig = Rig("wholesome", "twofold")
    rig.until(lambda: rig.told["patience"] == 1)
    rig.values.write({MODEL: "twofold"})
    rig.turn()
    assert rig.told["patience"] in (LOADING, 1), "told when it is chosen, until its first picture"
    rig.until(lambda: rig.told["title"] == "twofold" and rig.told["patience"] == 1)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "FAMILIES", {**FAKES, "identity": Identity})


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("Unable to find an engine to execute this computation"), True),
        (RuntimeError("Failed to allocate memory for requested buffer of size 1000"), True),
        (RuntimeError("shapes differ"), False),
        (Unavailable("no room, out of memory, says somebody's message"), False),
    ],
)
def test_out_of_memory_is_known_by_any_of_its_names(error: Exception, is_one: bool) -> None:
    assert out_of_memory(error) == is_one


def test_it_plays_what_is_chosen_and_warms_the_rest() -> None:
    rig = Rig("wholesome", "slow")
    assert rig.result().max() == 120
    rig.until(lambda: rig.told.get("warm") == 2)
    assert rig.told["title"] == "wholesome"


@pytest.mark.parametrize(("name", "shape"), [("greedy", (48, 64, 3)), ("bursting", (72, 96, 3))])
def test_without_room_it_runs_smaller(name: str, shape: tuple[int, int, int]) -> None:
    rig = Rig(name)
    result = rig.result()
    assert result.shape == shape
    assert result.min() == result.max() == 120
    assert "out of memory" in str(rig.told["notice"])


@pytest.fixture
def empty_card() -> None:
    Tight.there.clear()


@pytest.mark.usefixtures("empty_card")
def test_what_does_not_play_is_dropped_before_a_picture_is_made_smaller() -> None:
    names = ("tight", "tighttoo", "tightalso")
    rig = Rig(*names)
    full = rig.result().shape
    rig.until(lambda: rig.told.get("warm") == 3)
    for name in (*names[1:], *names):
        rig.values.write({MODEL: name})
        rig.until(lambda name=name: rig.told["title"] == name)  # type: ignore[misc]
        assert rig.result().shape == full
    assert not rig.told["failed"], "no model counts as failed because there was no room beside the others"


def test_memory_that_a_library_had_kept_is_given_back_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lucky, "tried", 0)
    monkeypatch.setattr(bank, "give_memory_back", lambda: True)
    rig = Rig("lucky")
    full = rig.result().shape
    assert full == Rig("wholesome").result().shape
    assert Lucky.tried == 2
    assert not rig.told["notice"]


@pytest.mark.parametrize(
    ("improving", "seconds", "counts"), [(False, 0.01, True), (True, 0.01, False), (True, 5.0, True)]
)
def test_while_a_faster_way_is_made_only_passes_that_are_far_too_slow_count(
    monkeypatch: pytest.MonkeyPatch, improving: bool, seconds: float, counts: bool
) -> None:
    rig = Rig("wholesome")
    rig.result()
    monkeypatch.setattr(bank.BACKGROUND, "busy", improving)
    assert rig.engine._counts(seconds) == counts
    assert rig.engine._is_held_up == improving


@pytest.mark.usefixtures("empty_card")
def test_what_finds_no_room_beside_the_others_waits_until_it_is_chosen() -> None:
    rig = Rig("tight", "tighttoo", "tightalso")
    full = rig.result().shape
    rig.until(lambda: rig.told.get("warm") == 3)
    left_out = [name for name, place in rig.engine.bank.items() if place.refused]
    assert len(left_out) == 1
    for _ in range(20):
        rig.turn()
    kept = sum(map(len, rig.engine.bank._ready.values()))
    assert kept == 2, "they don't displace each other without end"
    assert rig.result().shape == full


@pytest.mark.usefixtures("empty_card")
def test_what_is_dropped_is_held_by_nothing() -> None:
    rig = Rig("tight", "tighttoo")
    rig.result()
    rig.until(lambda: rig.told.get("warm") == 2)
    dropped = rig.engine.bank.make_room(but=None)
    assert [key.name for key in dropped] == ["tight", "tighttoo"]
    gc.collect()
    (left,) = Tight.there
    assert left.model.called == "tight", "it plays"


def test_a_model_too_slow_for_its_rate_begins_smaller_and_is_not_seen_before() -> None:
    rig = Rig("wholesome", "slow")
    rig.result()
    rig.values.write({MODEL: "slow", "rate": 10.0})
    rig.until(lambda: rig.told["title"] == "slow")
    assert int(str(rig.told["size"]).split("x")[0]) < BOX.width


def test_it_begins_at_the_size_that_an_earlier_show_settled_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    entries = {"wholesome": Entry("wholesome", "wholesome", {})}
    sizes = SettledSizes(entries, {})
    sizes.follow("wholesome", 0.5, 15.0, 0.0)
    sizes.follow("wholesome", 0.5, 15.0, LASTING)
    rig = Rig("wholesome", sizes=SettledSizes(entries, {}))
    rig.result()
    assert rig.told["size"] == "64x48"
    assert {key.size for key in rig.engine.bank._ready["wholesome"]} == {Size(64, 48)}, "no other was prepared"
    rig.until(lambda: rig.told["size"] == "128x96")  # by steps, of which a busy machine may leave some out
    rig.until(lambda: SettledSizes(entries, {}).part("wholesome", 15.0) == 1.0)


def test_a_bad_picture_is_never_shown_and_three_bring_full_precision() -> None:
    rig = Rig("bad")
    assert rig.result().max() == 120
    assert rig.told["bad"] == 3
    assert "full precision" in str(rig.told["notice"])


def test_one_that_never_gives_a_picture_says_so_and_shows_none() -> None:
    rig = Rig("hopeless")
    rig.until(lambda: rig.told.get("failures"))
    assert rig.told["failed"] == "hopeless"
    assert "gives no picture" in str(rig.told["why"])
    assert not rig.results.waiting


def test_a_model_that_can_not_be_loaded_leaves_the_other_playing() -> None:
    rig = Rig("wholesome", "broken")
    rig.result()
    rig.values.write({MODEL: "broken"})
    rig.until(lambda: rig.told["failures"])
    assert (rig.told["failed"], rig.told["why"]) == ("broken", "shapes differ")
    rig.results.newest()
    assert rig.result().max() == 120
    assert rig.told["title"] == "wholesome"


def test_a_failure_is_told_again_when_it_is_asked_for_again_and_not_tried_meanwhile() -> None:
    rig = Rig("wholesome", "broken")
    rig.result()
    for asked in (1, 2):
        rig.values.write({MODEL: "broken"})
        rig.until(lambda asked=asked: rig.told["failures"] > asked)  # once while it was to be warmed
        tried = FAKES["broken"].tried
        for _ in range(50):
            rig.turn()
        assert FAKES["broken"].tried == tried
        rig.values.write({MODEL: "wholesome"})
        rig.turn()


def test_an_engine_that_is_to_rest_makes_nothing_and_keeps_warm() -> None:
    rig = Rig("wholesome", "slow")
    rig.result()
    rig.values.write({MODEL: ""})
    rig.turn()
    made = rig.output.published
    for _ in range(20):
        rig.turn()
    assert rig.output.published == made
    rig.until(lambda: rig.told["warm"] == 2)


def test_a_variant_that_can_not_be_prepared_leaves_the_other_playing() -> None:
    rig = Rig("wholesome", "twofold")
    rig.values.write({MODEL: "twofold"})
    rig.until(lambda: rig.told["title"] == "twofold")
    rig.values.write({"rate": 1.0})
    rig.until(lambda: "no such variant" in str(rig.told["notice"]))
    rig.results.newest()
    assert rig.result().max() == 120


def test_a_stroke_never_asks_for_more_than_the_slot_holds() -> None:
    rig = Rig("wholesome")
    rig.values.write({"stroke": 0.5, "quality": "full"})
    assert rig.result().max() == 120


def test_a_trained_model_works_at_the_size_that_it_knows_and_a_stroke_counts_from_there() -> None:
    rig = Rig("trained")
    rig.values.write({"rate": 0.0})
    assert rig.result().shape == (24, 32, 3)
    rig.values.write({"stroke": 0.5})
    rig.until(lambda: rig.told["size"] == "64x48")
    rig.values.write({"stroke": 1.0, "quality": "low"})
    rig.until(lambda: rig.told["size"] == "16x12")


def test_alone_it_is_the_engines_end() -> None:
    rig = Rig("broken")
    with pytest.raises(RuntimeError, match="shapes differ"):
        rig.until(lambda: False)


def test_back_and_forth_inside_the_bank_is_there_with_the_next_picture() -> None:
    rig = Rig("wholesome", "slow")
    rig.until(lambda: rig.told.get("warm") == 2)
    for name, number in (("slow", 1), ("wholesome", 0)) * 5:
        rig.values.write({MODEL: name, "rate": 0.0})
        rig.until(lambda name=name: rig.told["title"] == name)
        rig.results.newest()
        rig.turn()
        frame = rig.results.newest()
        assert frame
        assert frame.maker == number


def test_what_goes_on_by_itself_keeps_its_own_pace() -> None:
    rig = Rig("dreaming")
    rig.result()
    made = rig.output.published
    rig.now += 100.0
    for _ in range(32):
        rig.turn(passed=1 / 32)
    assert rig.output.published - made == 8, "32 pictures of the source in a second, eight of its own"
    assert rig._held
    for _ in range(8):
        rig.now += 1 / 8
        rig.engine.take_turn(rig._held, rig.current, is_new=False)
    assert rig.output.published - made == 16, "and none of the source's"


def test_what_may_be_wanted_next_is_prepared_meanwhile() -> None:
    Dreaming.prepared.clear()
    rig = Rig("dreaming")
    rig.result()
    rig.until(lambda: {"1", "2"} <= set(Dreaming.prepared))
    for rate in (1.0, 2.0, 1.0):
        rig.values.write({"rate": rate})
        rig.until(lambda rate=rate: rig.engine._playing.key.variant == f"{rate:g}")
    assert sorted(Dreaming.prepared) == ["1", "15", "2"], "each once"


def test_there_must_be_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "w.onnx"
    weights.write_bytes(b"0" * 1000)
    monkeypatch.setattr(memory_check, "available", lambda: 1e8)
    with pytest.raises(Unavailable, match=r"takes about .* GB, and 0\.1 GB are free"):
        memory_check.check_room([Entry("w", "onnx", {"model": weights})], BOX)
    monkeypatch.setattr(memory_check, "available", lambda: None)
    memory_check.check_room([Entry("w", "onnx", {"model": weights})], BOX)


def test_pictures_on_a_card_take_no_room_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "w.onnx"
    weights.write_bytes(b"0" * 1000)
    entries, large = [Entry("w", "onnx", {"model": weights})], Size(1920, 1080)
    monkeypatch.setattr(memory_check, "available", lambda: 1e9)
    with pytest.raises(Unavailable, match=r"takes about 5\.4 GB"):
        memory_check.check_room(entries, large)
    monkeypatch.setattr(cards, "cards", lambda: [cards.Card("cuda", "made up", "1.0")])
    memory_check.check_room(entries, large)
    with pytest.raises(Unavailable):
        memory_check.check_room(entries, large, "openvino")


def test_settled_sizes_count_for_one_card_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def conditions(runtime: str, *found: cards.Card) -> dict[str, str]:
        monkeypatch.setattr(cards, "cards", lambda: list(found))
        return engine_module._conditions(BOX, BOX, runtime)

    one, other = (cards.Card("cuda", name, "1.0") for name in ("one", "other"))
    plain = {"box": str(BOX), "canvas": str(BOX), "runtime": "auto"}
    assert conditions("auto") == plain
    assert conditions("auto", one) == {**plain, "card": "one"}
    assert conditions("auto", other) == {**plain, "card": "other"}
    assert conditions("openvino", one) == {**plain, "runtime": "openvino"}


def test_a_refusal_is_told_no_longer_than_it_lasts() -> None:
    rig = Rig("wholesome", "twofold")
    rig.values.write({MODEL: "twofold"})
    rig.until(lambda: rig.told["title"] == "twofold")
    rig.values.write({"rate": 1.0})
    rig.until(lambda: "no such variant" in str(rig.told["notice"]))
    rig.values.write({"rate": 15.0})
    rig.until(lambda: rig.told["notice"] == "")


def test_what_can_not_be_foreseen_changes_nothing_of_what_plays() -> None:
    rig = Rig("shortsighted")
    shape = rig.result().shape
    rig.until(lambda: "std::bad_alloc" in str(rig.told["notice"]))
    rig.results.newest()
    assert rig.result().shape == shape, "it is not what plays that had no room"


def test_what_was_wanted_in_passing_is_not_prepared_after_all() -> None:
    bank = Bank([Entry("held", "held", {})], "auto")
    keys = [PreparedKey("held", BOX, str(number), False) for number in range(6)]
    bank.ask(keys[0], first=True)
    while not bank.busy_for:
        time.sleep(0.001)
    for key in keys[1:]:
        bank.ask(key, first=True)
    Held.gate.set()
    while not bank.ready(keys[-1]):
        time.sleep(0.001)
    assert Held.prepared == ["0", "5"]


def test_what_is_chosen_while_the_bank_warms_up_is_prepared_next() -> None:
    Held.gate.clear()
    Held.prepared.clear()
    entries = [Entry(name, "held", {}) for name in ("one", "two", "three")]
    bank = Bank(entries, "auto")
    keys = [PreparedKey(entry.name, BOX, entry.name, False) for entry in entries]
    bank.ask(keys[0])
    while not bank.busy_for:
        time.sleep(0.001)
    for key in keys[1:]:
        bank.ask(key)
    bank.ask(keys[2], first=True)  # it is queued already, behind another
    Held.gate.set()
    while not bank.ready(keys[1]):
        time.sleep(0.001)
    assert Held.prepared == ["one", "three", "two"]


@pytest.fixture
def learning(monkeypatch: pytest.MonkeyPatch) -> Rig:
    """An engine that plays a model whose file changes, and has another one warm."""
    monkeypatch.setattr(Learning, "factor", 2)
    rig = Rig("learning", "wholesome")
    assert rig.result().max() == 120
    rig.until(lambda: rig.told.get("warm") == 2)
    return rig


def learn(rig: Rig, factor: int) -> None:
    Learning.factor = factor
    rig.editions["learning"] = rig.edition("learning") + 1


def shown(rig: Rig) -> tuple[int, int]:
    """The newest picture, and who made it."""
    rig.until(lambda: rig.results.waiting)
    frame = rig.results.newest()
    assert frame
    return int(frame.pixels.max()), frame.maker


def test_new_weights_take_over_and_are_faded_to(learning: Rig) -> None:
    seen = [shown(learning)]
    for factor in (3, 4):
        learn(learning, factor)
        learning.until(lambda: seen.append(shown(learning)) or seen[-1][0] == 60 * factor)  # noqa: B023
    pictures = list(dict.fromkeys(seen))
    assert [level for level, _ in pictures] == [120, 180, 240], "what played went on until then"
    assert len({maker for _, maker in pictures} | {1}) == 4, "a layer fades between makers; 1 is the other model"
    learning.until(lambda: learning.told["notice"] == "")
    assert len(learning.engine.bank._ready["learning"]) == 1, "older weights are let go"
    assert (learning.told["failed"], learning.told["title"]) == ("", "learning")


def test_new_weights_that_can_not_be_played_are_named_and_what_plays_goes_on(learning: Rig) -> None:
    learn(learning, 0)
    learning.until(lambda: "it looks like another network" in str(learning.told["notice"]))
    assert "its file has changed" in str(learning.told["notice"])
    tried = Learning.tried
    for _ in range(20):
        learning.turn()
        assert shown(learning)[0] == 120
    assert Learning.tried == tried, "it isn't tried again before the file changes"
    assert not learning.told["failed"]
    learn(learning, 4)
    learning.until(lambda: shown(learning)[0] == 240)
    learning.until(lambda: learning.told["notice"] == "")


def test_new_weights_are_played_at_once_though_the_source_stands_still(learning: Rig) -> None:
    learn(learning, 4)
    held = learning._held
    assert held
    learning.results.newest()
    until(
        lambda: learning.results.waiting,
        meanwhile=lambda: learning.engine.take_turn(held, learning.current, is_new=False),
    )
    assert shown(learning)[0] == 240


def test_a_model_that_rests_is_warm_with_its_new_weights(learning: Rig) -> None:
    learning.values.write({MODEL: "wholesome"})
    learning.until(lambda: learning.told["title"] == "wholesome")
    learn(learning, 4)
    learning.until(lambda: [key.edition for key in learning.engine.bank._ready["learning"]] == [1])
    learning.values.write({MODEL: "learning"})
    learning.until(lambda: shown(learning) == (240, 2))


def test_only_the_files_of_own_models_are_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "FAMILIES", FAKES)
    monkeypatch.setattr(Held, "watched", True)
    own = Entry("mine", "held", {"model": tmp_path / "mine.pth"})
    bundled = Entry("theirs", "held", {"model": tmp_path / "theirs.pth"}, origin="catalogue")
    by_itself = Entry("look", "wholesome", {"model": tmp_path / "look.safetensors"})
    assert engine_module._watched([own, bundled, by_itself]) == {"mine": (tmp_path / "mine.pth",)}


def test_files_that_change_faster_than_they_are_prepared_are_played_all_the_same(learning: Rig) -> None:
    """What is prepared is played, before what is newer is prepared."""
    Learning.factor = 3
    seen: set[int] = set()

    def changed_again() -> None:
        learning.editions["learning"] = learning.edition("learning") + 1
        learning.turn()
        while frame := learning.results.newest():
            seen.add(frame.maker)

    until(lambda: len(seen) > 3, meanwhile=changed_again)
