"""When a layer steadies its model, what it waits for, and what is then on the canvas."""

import time
from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from tests.textures import film
from tests.waiting import until
from vj.base.clock import LiveClock
from vj.base.frame import Frame, Pixels, Size
from vj.child.latest_frame import LatestFrame
from vj.child.slot_reader import picture_number
from vj.child.supervisor import Supervisor
from vj.gl.steadying import DrawnPicture, SteadyPass
from vj.gl.texture import PictureTexture
from vj.layers import flow_maps
from vj.layers.flow_maps import FlowHead, FlowMap, read_head, record_size
from vj.layers.motion_child import TimeWatch
from vj.layers.motion_wish import MotionWish, Wished
from vj.layers.motion_worker import MotionWorker
from vj.layers.steady import PATIENCE, PAUSE, ModelPace, ResultOf, Steady, SteadyLook, part_that_stays
from vj.render.stepped_motion import SteppedMotion

SIZE = Size(96, 64)
OTHER = picture_number(2, 0)
"""Added to the numbers of pictures of another slot."""
REFRESH = 1 / 60


class Asked:
    """A source of motion that answers what the test says."""

    def __init__(self) -> None:
        self.works, self.late = True, 0
        self.wishes: list[Wished | None] = []
        self.record: Frame | None = None

    def ask(self, wished: Wished) -> None:
        self.wishes.append(wished)

    def rest(self) -> None:
        self.wishes.append(None)

    def end(self) -> None:
        self.works = False

    def newest(self) -> Frame | None:
        record, self.record = self.record, None
        return record

    def answer(self, newest: int, shown: int, coming: int, known: int = 7, step: float = 0.0) -> None:
        """``step`` is how far things move to the right from picture to picture."""
        size = Size(48, 32)
        room = record_size(size)
        record = np.zeros((room.height, room.width, 3), np.uint8)
        maps = [
            FlowMap(np.full((32, 48, 2), (-step / 2 * gap, 0.0), np.float32), np.ones((32, 48), np.float32))
            for gap in (newest - shown, newest - coming, coming - shown)
        ]
        flow_maps.write(record, FlowHead(newest, shown, coming, known), maps)
        self.record = Frame(record, newest)


class Stage:
    """A `Steady`, frame by frame."""

    def __init__(self, ctx: moderngl.Context, by_itself: bool = True) -> None:
        self.asked = Asked()
        self.steady = Steady(SteadyPass(ctx), self.asked, by_itself=by_itself)
        self.look, self.pace = SteadyLook("on"), ModelPace(period=4 * REFRESH, engine=1)
        self.now = 100.0
        self._texture = PictureTexture(ctx)

    def frame(self, result: ResultOf | None = None, pixels: Pixels | None = None) -> bool:
        """Returns whether the result was taken."""
        self.now += REFRESH
        self.steady.choose(self.look, self.pace, self.now, REFRESH)
        if not self.steady.is_on:
            return True
        self.steady.look()
        if pixels is not None:
            self._texture.upload(pixels, 1)
        taken = result is None or self.steady.take(self._texture, result, self.now)
        self.steady.move()
        return taken

    def seen(self) -> Pixels:
        picture = self.steady.picture
        assert isinstance(picture, DrawnPicture)
        width, height = picture.size
        read = np.frombuffer(picture.target(width, height).read(components=3, dtype="f2"), np.float16)
        return np.rint(read.reshape(height, width, 3).astype(np.float32) * 255.0).astype(np.uint8)


@pytest.fixture
def stage(ctx: moderngl.Context) -> Stage:
    return Stage(ctx)


def apart(one: Pixels, other: Pixels) -> float:
    inside = (slice(12, -12), slice(36, -36))
    return float(np.abs(one[inside].astype(int) - other[inside]).mean())


def test_coherence_depends_on_time_not_on_the_rate() -> None:
    assert part_that_stays(1.0, 0.04) ** 4 == pytest.approx(part_that_stays(1.0, 0.16))
    assert part_that_stays(0.0, 0.04) == 0.0
    assert part_that_stays(0.5, 0.0) == 0.5


@pytest.mark.parametrize(
    ("when", "period", "follows", "by_itself", "expected", "state"),
    [
        ("on", 0.0, False, False, True, "reprojected and coherent"),
        ("off", 4 * REFRESH, True, True, False, ""),
        ("auto", 4 * REFRESH, True, True, True, "reprojected and coherent"),
        ("auto", REFRESH, True, True, False, "not steadied: the model keeps up"),
        ("auto", 0.0, True, True, False, "not steadied: no result yet"),
        ("auto", 4 * REFRESH, False, True, False, "not steadied: the model paints by itself"),
        ("auto", 4 * REFRESH, True, False, False, "not steadied: no graphics card draws"),
    ],
)
def test_it_is_on_for_a_slow_model_that_follows_the_source(
    ctx: moderngl.Context, when: str, period: float, follows: bool, by_itself: bool, expected: bool, state: str
) -> None:
    stage = Stage(ctx, by_itself)
    stage.look.when, stage.pace = when, ModelPace(period, follows, 1)
    stage.frame()
    assert (stage.steady.is_on, stage.steady.state) == (expected, state)


def test_without_strength_it_is_off(stage: Stage) -> None:
    stage.look = SteadyLook("on", 1.0, 0.0)
    stage.frame()
    assert stage.steady.state == "reprojected"
    stage.steady.choose(SteadyLook("on", 0.0, 0.5), stage.pace, stage.now, REFRESH)
    assert stage.steady.state == "coherent"
    stage.look = SteadyLook("auto", 0.0, 0.0)
    stage.frame()
    assert (stage.steady.is_on, stage.steady.state) == (False, "")
    assert stage.asked.wishes[-1] is None


def test_it_steps_back_for_a_while_when_the_machine_has_no_time(stage: Stage) -> None:
    stage.look.when = "auto"
    stage.frame()
    assert stage.steady.is_on
    stage.asked.late = 1
    stage.frame()
    assert (stage.steady.is_on, stage.steady.state) == (False, "not steadied: this machine has no time for it")
    assert stage.asked.wishes[-1] is None
    stage.now += PAUSE
    stage.frame()
    assert stage.steady.is_on


def test_a_result_is_moved_to_the_newest_picture(stage: Stage) -> None:
    pictures = film(SIZE, (4, 0), 4)
    stage.frame(ResultOf(1, 1.0, 1), pictures[0])
    assert stage.asked.wishes[-1] == Wished(0, 1, shown=1)
    assert np.array_equal(stage.seen(), pictures[0])
    for newest in (2, 3, 4):
        stage.asked.answer(newest, shown=1, coming=0, known=1, step=4.0)
        stage.frame()
        assert stage.steady.view == newest
        assert apart(stage.seen(), pictures[newest - 1]) < 1.0


def test_the_next_result_is_taken_at_once_if_its_motion_is_known(stage: Stage) -> None:
    pictures = film(SIZE, (4, 0), 4)
    stage.frame(ResultOf(1, 1.0, 1), pictures[0])
    stage.asked.answer(4, shown=1, coming=3, step=4.0)
    assert stage.frame(ResultOf(3, 1.1, 1), pictures[2])
    assert stage.asked.wishes[-1] == Wished(0, 1, shown=3)
    assert stage.steady.view == 4
    assert apart(stage.seen(), pictures[3]) < 1.0


def test_a_result_waits_for_its_motion_and_the_last_one_moves_on(stage: Stage) -> None:
    pictures = film(SIZE, (4, 0), 4)
    stage.frame(ResultOf(1, 1.0, 1), pictures[0])
    stage.asked.answer(3, shown=1, coming=2, step=4.0)
    result = ResultOf(3, 1.1, 1)
    assert not stage.frame(result, pictures[2])
    assert stage.asked.wishes[-1] == Wished(0, 1, shown=1, asked=3)
    assert apart(stage.seen(), pictures[2]) < 1.0
    stage.asked.answer(4, shown=1, coming=3, step=4.0)
    assert stage.frame(result)
    assert apart(stage.seen(), pictures[3]) < 1.0


def test_it_does_not_wait_for_ever(stage: Stage) -> None:
    pictures = film(SIZE, (4, 0), 2)
    stage.frame(ResultOf(1, 1.0, 1), pictures[0])
    result = ResultOf(2, 1.1, 1)
    assert not stage.frame(result, pictures[1])
    stage.now += PATIENCE
    assert stage.frame(result)
    assert np.array_equal(stage.seen(), pictures[1])


def test_without_motion_results_are_held_as_they_are(stage: Stage) -> None:
    stage.asked.works = False
    for number, picture in enumerate(film(SIZE, (4, 0), 3), 1):
        assert stage.frame(ResultOf(number, number / 10, 1), picture)
        assert np.array_equal(stage.seen(), picture)


@pytest.mark.parametrize("result", [ResultOf(2, 1.1, maker=2), ResultOf(1, 1.0, maker=1)])
def test_another_models_result_or_one_of_the_same_picture_replaces(stage: Stage, result: ResultOf) -> None:
    pictures = film(SIZE, (4, 0), 2)
    stage.frame(ResultOf(1, 1.0, 1), pictures[0])
    assert stage.frame(result, pictures[1])
    assert np.array_equal(stage.seen(), pictures[1])


def test_released_it_frees_everything(stage: Stage) -> None:
    stage.frame(ResultOf(1, 1.0, 1), film(SIZE, (4, 0), 1)[0])
    stage.steady.release()
    assert not stage.steady.shows
    assert not stage.asked.works
    assert stage.steady.picture.size == (1, 1)


def test_switched_off_it_forgets(stage: Stage) -> None:
    pictures = film(SIZE, (4, 0), 2)
    stage.frame(ResultOf(1, 1.0, 1), pictures[0])
    assert stage.steady.shows
    stage.look.when = "off"
    stage.frame()
    assert not stage.steady.shows
    stage.look.when = "on"
    stage.frame()
    assert not stage.steady.shows
    stage.frame(ResultOf(2, 1.1, 1), pictures[1])
    assert np.array_equal(stage.seen(), pictures[1])


@pytest.mark.parametrize(
    ("wished", "newest", "taken", "expected"),
    [
        (Wished(shown=3), 9, 7, (9, 3, 7)),
        (Wished(shown=3, asked=5), 9, 7, (9, 3, 5)),
        (Wished(shown=3), 9, 3, (9, 3, 0)),
        (Wished(shown=3), 6, 7, (6, 3, 0)),
        (Wished(2, shown=5), OTHER + 3, OTHER + 1, (OTHER + 3, 5, OTHER + 1)),
        (Wished(2, shown=5, asked=7), OTHER + 3, OTHER + 1, (OTHER + 3, 5, 0)),
    ],
)
def test_what_is_measured_next(wished: Wished, newest: int, taken: int, expected: tuple[int, int, int]) -> None:
    assert wished.head(newest, taken)[:3] == expected


def test_a_wish_is_read_as_it_was_written() -> None:
    wish = MotionWish()
    assert wish.read() is None
    wish.write(Wished(15, 63, picture_number(15, 2**30 + 1), 7))
    assert wish.read() == Wished(15, 63, picture_number(15, 2**30 + 1), 7)
    wish.write(None)
    assert wish.read() is None
    wish.values.close()


def test_it_tells_when_it_can_not_keep_up() -> None:
    told: list[object] = []

    class Pipe:
        def tell(self, **status: object) -> None:
            told.append(status)

    watch = TimeWatch(Pipe())
    for _ in range(50):
        watch.note(took=0.01, gap=0.04)
    assert told == []
    for _ in range(50):
        watch.note(took=0.05, gap=0.04)
    assert told[0] == {"late": 1}


@pytest.fixture
def pictures() -> Iterator[LatestFrame]:
    made = LatestFrame.create(*SIZE, readers=2)
    yield made
    made.close()


def shoot(source: LatestFrame, picture: Pixels, slot: int = 0) -> int:
    """The source of that slot gives a picture; returns its number."""
    writer = source.writer()
    writer.begin(SIZE.height, SIZE.width)[:] = picture
    return writer.publish(1.0, picture_number(slot, source.published + 1))


def test_what_the_engine_works_on_is_measured_before_its_result_comes(pictures: LatestFrame) -> None:
    motion, engine = SteppedMotion([pictures], 1), pictures.reader(0)
    motion.ask(Wished(0, engine=0, shown=1))
    heads = []
    for picture in film(SIZE, (4, 0), 4):
        if shoot(pictures, picture) == 3:
            engine.newest()
        record = motion.newest()
        heads.append(read_head(record.pixels) if record else None)
    assert heads[1:] == [FlowHead(2, 1, 0, 1), FlowHead(3, 1, 3, 7), FlowHead(4, 1, 3, 7)]
    motion.close()


def test_what_an_engine_that_reads_shaped_pictures_works_on_is_known(pictures: LatestFrame) -> None:
    shaped = LatestFrame.create(*SIZE, readers=2)
    motion, engine, writer = SteppedMotion([pictures, shaped], 1), shaped.reader(0), shaped.writer()
    motion.ask(Wished(0, engine=0, shown=1, shaped=1))
    for picture in film(SIZE, (4, 0), 3):
        number = shoot(pictures, picture)
        motion.newest()
    writer.begin(SIZE.height, SIZE.width)[:] = 0
    writer.publish(1.0, number)
    engine.newest()
    record = motion.newest()
    assert record
    assert read_head(record.pixels) == FlowHead(3, 1, 3, 7)
    motion.close()


def test_nothing_is_measured_from_one_source_to_another(pictures: LatestFrame) -> None:
    other = LatestFrame.create(*SIZE, readers=2)
    motion = SteppedMotion([pictures, other], 1)
    first, second = film(SIZE, (4, 0), 2)
    shoot(pictures, first)
    motion.ask(Wished(0, 0, shown=1))
    motion.newest()
    number = picture_number(1, shoot(other, second, slot=1))
    motion.ask(Wished(1, 0, shown=1))
    record = motion.newest()
    assert record
    assert read_head(record.pixels) == FlowHead(number, 1, 0, 0)
    shoot(other, second, slot=1)
    motion.ask(Wished(1, 0, shown=number))
    record = motion.newest()
    assert record
    assert read_head(record.pixels) == FlowHead(number + 1, number, 0, 1)
    motion.close()
    other.close()


def test_a_result_of_another_source_replaces(stage: Stage) -> None:
    pictures = film(SIZE, (4, 0), 2)
    stage.frame(ResultOf(9, 1.0, 1), pictures[0])
    stage.pace.slot = 2
    stage.frame()
    assert stage.asked.wishes[-1] == Wished(2, 1, shown=9)
    assert stage.frame(ResultOf(OTHER + 1, 1.1, 1), pictures[1])
    assert np.array_equal(stage.seen(), pictures[1])
    assert stage.asked.wishes[-1] == Wished(2, 1, shown=OTHER + 1)


def test_in_a_renderer_each_turn_is_taken_when_it_is_asked_for(pictures: LatestFrame) -> None:
    motion = SteppedMotion([pictures], 1)
    writer = pictures.writer()
    heads = []
    for picture in film(SIZE, (4, 0), 3):
        writer.begin(SIZE.height, SIZE.width)[:] = picture
        number = writer.publish(1.0)
        motion.ask(Wished(shown=max(1, number - 1)))
        record = motion.newest()
        heads.append(read_head(record.pixels) if record else None)
    assert heads == [FlowHead(1, 1, 0, 1), FlowHead(2, 1, 0, 1), FlowHead(3, 2, 0, 1)]
    motion.rest()
    assert motion.newest() is None
    motion.close()


def test_the_process_measures_rests_dies_and_comes_back(pictures: LatestFrame) -> None:
    supervisor = Supervisor(LiveClock())
    worker = MotionWorker([pictures], 1, supervisor.add_in_background, supervisor.remove_in_background)
    try:
        supervisor.start()
        assert (worker.child, worker.works, worker.newest()) == (None, True, None)
        writer = pictures.writer()
        seen: list[FlowHead] = []

        def play() -> None:
            """The next picture of the source, and what is known of its motion."""
            writer.begin(SIZE.height, SIZE.width)[:] = film(SIZE, (4, 0), 2)[pictures.published % 2]
            number = writer.publish(pictures.published / 25)
            worker.ask(Wished(shown=number - 1))
            time.sleep(0.02)
            if record := worker.newest():
                seen.append(read_head(record.pixels))

        play()
        assert worker.child
        until(lambda: any(head.has(0) for head in seen), "no motion came", meanwhile=play)
        worker.child._process.kill()  # type: ignore[union-attr]
        until(lambda: worker.child and worker.child.restarts, "its death wasn't noticed")
        seen.clear()
        until(lambda: worker.works and any(head.has(0) for head in seen), "no motion came again", meanwhile=play)
        worker.rest()
        worker.end()
        until(lambda: worker.child and worker.child.state == "stopped", "it didn't end")
    finally:
        supervisor.close()
        worker.close()
