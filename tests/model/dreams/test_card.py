"""Dreams on a card, here on torch's processor: every part gives what the processor's own gives."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

import cv2
import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor

from tests.model.dreams.captured import Captured
from tests.waiting import until
from vj.base.frame import Pixels, Size
from vj.model.dreams import card_ascent, recordings
from vj.model.dreams.ascent import Ascent, sizes, smoothed, variation
from vj.model.dreams.card_ascent import CardAscents
from vj.model.dreams.card_canvas import CardCanvas, at_card_size
from vj.model.dreams.card_journey import CardJourney
from vj.model.dreams.card_motion import CardMotion, carried
from vj.model.dreams.card_palette import CardPalette
from vj.model.dreams.card_step import CardStep, Pyramid, blur_taps, blurred, card_variation
from vj.model.dreams.dream_mirror import DreamMirror
from vj.model.dreams.dream_model import Dream, DreamModel, DreamWish
from vj.model.dreams.dream_zoom import DreamZoom
from vj.model.dreams.journey import Journey
from vj.model.dreams.motion import Motion
from vj.model.dreams.palette import Palette
from vj.model.files.library import Entry, find
from vj.model.gradient.objective import Objective
from vj.model.runtime.compiled_network import CompiledNetwork, Floats, Numbers
from vj.params.param import Value

SIZE = Size(96, 64)
CPU = torch.device("cpu")
VALUES: dict[str, Value] = {
    "step": 0.05, "steps": 2, "jitter": 9, "blur": 0.7, "tv": 0.0, "frequencies": 0.0,
    "zoom": 0.8, "rotate": 20.0, "pan_x": 0.3, "pan_y": -0.2, "period": "second", "seed": "camera", "still": "",
    "fade": 0.2, "feed": 0.0, "brightness": 0.45, "contrast": 0.25, "saturation": 0.15, "keep": 4.0, "hue": 30.0,
}  # fmt: skip


def noise(size: Size = SIZE, seed: int = 0) -> Floats:
    return cv2.GaussianBlur(np.random.default_rng(seed).random((size.height, size.width, 3), np.float32), (0, 0), 1.0)


def there(picture: Floats) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].contiguous()


def here(picture: Tensor) -> Floats:
    return picture[0].permute(1, 2, 0).numpy()


def close(found: Floats, wanted: Floats, within: float = 1e-5) -> None:
    np.testing.assert_allclose(found, wanted, atol=within)


@pytest.mark.parametrize("sigma", [0.05, 0.06, 0.3, 0.7, 1.0, 1.2, 2.0, 2.6, 4.0])
def test_a_blur(sigma: float) -> None:
    radius, taps = blur_taps(sigma)
    assert taps.shape == (2 * radius + 1,)
    wanted = smoothed(noise(), noise(), VALUES | {"blur": sigma})
    close(here(blurred(there(noise()), torch.from_numpy(taps))), wanted)


@pytest.mark.parametrize("size", [SIZE, Size(65, 43)], ids=str)
def test_a_pyramid(size: Size) -> None:
    pyramid, picture = Pyramid(CPU), noise(size)
    coarse = pyramid.halved(there(picture))
    close(here(coarse), cv2.pyrDown(picture))
    doubled, wanted = here(pyramid.doubled(coarse, there(picture))), cv2.pyrUp(cv2.pyrDown(picture), dstsize=size)
    even = -1 if size.width % 2 else None  # at odd sides OpenCV has a border of its own
    close(doubled[:even, :even], wanted[:even, :even])


def test_evened_bands_and_variation() -> None:
    gradient, canvas = noise(seed=1) - 0.5, noise()
    close(here(card_variation(there(canvas))), variation(canvas))
    evened = here(Pyramid(CPU).evened(there(gradient)))
    close(evened, smoothed(gradient, canvas, VALUES | {"frequencies": 1.0, "blur": 0.0}), 1e-4)


@pytest.mark.parametrize(
    "values", [{}, {"blur": 0.0}, {"blur": 3.0, "tv": 0.3}, {"frequencies": 0.6}, {"tv": 0.5}], ids=str
)
@pytest.mark.parametrize("masked", [False, True])
def test_a_step(values: dict[str, Value], masked: bool) -> None:
    canvas = CardCanvas(SIZE, CPU)
    step = CardStep(canvas)
    picture, gradient = noise(), noise(seed=1) * 4.0 - 2.0
    mask = noise(seed=2)[..., 0] if masked else None
    canvas.floats.copy_(there(picture))
    canvas.send_mask(noise(seed=3)[..., 1])
    canvas.send_mask(mask)
    step.gradient.copy_(there(gradient))
    step.begin(VALUES | values)
    step.make()
    wanted = smoothed(gradient.copy(), picture, VALUES | values) * (1.0 if mask is None else mask[..., None])
    close(here(canvas.floats), np.clip(picture + 0.05 * wanted, 0.0, 1.0))
    assert float(canvas.means[0]) == pytest.approx(float(gradient.mean()), abs=1e-5)


class StandIn:
    """A runner of a small network, as the processor's dreams and those on a card use it."""

    note = ""
    device = CPU
    dtype = torch.float32

    def __init__(self) -> None:
        self.left = torch.tensor(math.inf)
        """Passes until one fails; that one has the number 0."""

    def module(self, image: Tensor, gain: Tensor) -> Tensor:
        edges = torch.tanh(4.0 * (image - torch.nn.functional.avg_pool2d(image, 5, 1, 2)))
        found = edges * gain + 0.3 * (image.flip(1) - 0.5)
        found = found / (self.left != 0.0)
        self.left.sub_(1.0)
        return found / (found.abs().mean() + 1e-20)

    def run(self, picture: Numbers, controls: list[Floats], out: Numbers) -> float:
        found = self.module(there(np.asarray(picture, np.float32)), *map(torch.from_numpy, controls))
        out[...] = here(found)
        return float(found.mean())

    def release(self) -> None:
        pass


class Other(StandIn):
    """Another runner, which can be told from the first one."""

    def module(self, image: Tensor, gain: Tensor) -> Tensor:
        return super().module(image, -gain)


def compiled(size: Size, octaves: int) -> list[tuple[Size, CompiledNetwork]]:
    return [(each, CompiledNetwork(StandIn(), "stand-in", "")) for each in sizes(size, octaves, 1.4, 16)]


GAIN = [np.full(1, 0.8, np.float32)]


@pytest.mark.parametrize("octaves", [1, 3])
@pytest.mark.parametrize("values", [{}, {"steps": 1, "jitter": 0}, {"frequencies": 0.5, "tv": 0.2}], ids=str)
def test_steps_and_octaves(octaves: int, values: dict[str, Value]) -> None:
    networks, picture = compiled(SIZE, octaves), noise()
    assert len(networks) == octaves
    card = CardAscents(CPU).of(networks, "key")
    card.warm(GAIN)
    card.canvas.floats.copy_(there(picture))
    mean = Ascent(networks).run(picture, GAIN, VALUES | values, None)
    card.run(GAIN, VALUES | values)
    close(here(card.canvas.floats), picture, 2e-5)
    assert float(card.canvas.means[0]) == pytest.approx(mean, abs=1e-4)


def test_what_is_moved_is_in_the_next_picture() -> None:
    """Controls and values are inputs: no recording holds those of the first picture."""
    networks, picture = compiled(SIZE, 1), noise()
    card, plain = CardAscents(CPU).of(networks, "key"), Ascent(networks)
    card.canvas.floats.copy_(there(picture))
    for gain, step, blur in ((0.8, 0.05, 0.7), (-0.5, 0.02, 0.6), (0.1, 0.1, 0.9)):
        values = VALUES | {"step": step, "blur": blur}
        plain.run(picture, [np.full(1, gain, np.float32)], values, None)
        card.run([np.full(1, gain, np.float32)], values)
        close(here(card.canvas.floats), picture, 5e-5)


def test_a_faster_network_takes_over_between_two_pictures() -> None:
    ((size, network),) = compiled(SIZE, 1)
    card = CardAscents(CPU).of([(size, network)], "key")

    def picture() -> Floats:
        card.canvas.floats.copy_(there(noise()))
        card.run(GAIN, VALUES | {"jitter": 0})
        return here(card.canvas.floats).copy()

    before = picture()
    network.take_over(Other(), "other", "faster")
    np.testing.assert_array_equal(picture(), before, "it is recorded while the slower one plays")
    until(lambda: not np.array_equal(picture(), before))
    after = picture()
    assert np.abs(after - before).mean() > 0.01
    np.testing.assert_array_equal(picture(), after)
    assert network.used > 0.0


def test_a_faster_network_that_cant_be_recorded_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    ((size, network),) = compiled(SIZE, 1)
    card = CardAscents(CPU).of([(size, network)], "key")
    card.run(GAIN, VALUES)
    tried = []

    def fail(*given: object, tf32: bool) -> None:
        tried.append(given)
        raise RuntimeError("out of memory")

    monkeypatch.setattr(card_ascent, "CudaGraph", fail)
    network.take_over(Other(), "other", "faster")
    card.run(GAIN, VALUES)
    until(lambda: bool(tried))
    card.run(GAIN, VALUES)
    assert math.isfinite(float(card.canvas.means[0]))
    assert len(tried) == 1, "once is enough"


def test_a_canvas_isnt_kept_in_half_precision() -> None:
    ((size, network),) = compiled(SIZE, 1)
    runner = network.runner
    assert isinstance(runner, StandIn)
    runner.dtype = torch.bfloat16
    card = CardAscents(CPU).of([(size, network)], "key")
    card.canvas.floats.fill_(0.75)
    card.canvas.floats[..., ::2] = 0.7
    before = card.canvas.floats.clone()
    for _ in range(20):
        card.run(GAIN, VALUES | {"step": 1e-5, "steps": 1})
    assert 1e-5 < float((card.canvas.floats - before).abs().mean()) < 1e-3, "each step is below the format's own"


@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_no_step_is_made_from_the_first_bad_gradient_on(fails_at: int) -> None:
    found = []
    for last in (fails_at, 4):
        ((size, network),) = compiled(SIZE, 1)
        runner = network.runner
        assert isinstance(runner, StandIn)
        card = CardAscents(CPU).of([(size, network)], "key")
        card.warm(GAIN)
        runner.left.fill_(fails_at)
        card.canvas.floats.copy_(there(noise()))
        card.run(GAIN, VALUES | {"steps": last})
        found.append(here(card.canvas.floats).copy())
    assert not math.isfinite(float(card.canvas.means[0]))
    np.testing.assert_array_equal(found[0], found[1])
    out = np.full((SIZE.height, SIZE.width, 3), 7, np.uint8)
    assert not math.isfinite(card.canvas.fetch(out)[0])
    assert (out == 7).all()
    card.run(GAIN, VALUES)
    assert math.isfinite(float(card.canvas.means[0])), "the next picture begins anew"


def test_pictures_go_straight_from_and_to_memory_that_is_page_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas, locked = CardCanvas(SIZE, CPU), []

    class Locked:
        def tensor(self, array: Pixels) -> Tensor:
            locked.append(array)
            return torch.from_numpy(array)

    monkeypatch.setattr(canvas, "_locked", Locked())
    seen, out = bytes_of(noise()), np.zeros((SIZE.height, SIZE.width, 3), np.uint8)
    canvas.send(seen)
    canvas.floats.copy_(canvas.seen())
    canvas.show()
    canvas.means.fill_(math.nan)
    canvas.fetch(out)
    assert not out.any()
    canvas.means.zero_()
    canvas.fetch(out)
    np.testing.assert_array_equal(out, seen)
    assert [array is other for array, other in zip(locked, (seen, out), strict=True)] == [True, True]


def test_ascents_of_one_size_share_a_canvas() -> None:
    ascents = CardAscents(CPU)
    one, other = (ascents.of(compiled(SIZE, octaves), "key") for octaves in (1, 3))
    assert one.canvas is other.canvas
    assert ascents.of(compiled(Size(64, 64), 1), "key").canvas is not one.canvas


@pytest.mark.parametrize(
    "values",
    [{}, {"feed": 3.0}, {"seed": "noise"}, {"zoom": -2.0, "rotate": -180.0}, {"pan_x": 1.0, "pan_y": 1.0}],
    ids=str,
)
def test_a_journey(values: dict[str, Value]) -> None:
    canvas, seen = CardCanvas(SIZE, CPU), bytes_of(noise(seed=5))
    plain, card = (kind(lambda name: None) for kind in (Journey, CardJourney))
    for picture in range(12):
        if picture == 3:
            plain.reseed()
            card.reseed()
        if picture == 9:
            plain.forget()
            card.forget()
        wanted = plain.on(SIZE, seen, VALUES | values, 0.04)
        card.on(canvas, seen, VALUES | values, 0.04)
        close(here(canvas.floats), wanted, 2e-5)
        seen = np.roll(seen, 5, 1)


def test_a_journey_goes_on_at_another_size() -> None:
    seen, plain, card = bytes_of(noise()), Journey(lambda name: None), CardJourney(lambda name: None)
    for number, size in enumerate((SIZE, Size(64, 48), Size(128, 80))):
        canvas = CardCanvas(size, CPU)
        if number == 1:
            plain.reseed()
            card.reseed()
            seen = bytes_of(1.0 - noise())
        wanted = plain.on(size, seen, VALUES, 0.04)
        card.on(canvas, seen, VALUES, 0.04)
        close(here(canvas.floats), wanted, 2e-5)


@pytest.mark.parametrize(
    "values", [{}, {"keep": 0.0}, {"contrast": 0.0, "saturation": 0.5}, {"brightness": 1.0}], ids=str
)
def test_a_palette(values: dict[str, Value]) -> None:
    canvas, picture, out = CardCanvas(SIZE, CPU), noise(), np.zeros((SIZE.height, SIZE.width, 3), np.uint8)
    canvas.floats.copy_(there(picture))
    plain, card = Palette(), CardPalette(canvas)
    for hue in (0.0, 40.0, -100.0):
        plain.keep(picture, VALUES | values, 0.04, hue)
        card.keep(VALUES | values, 0.04, hue)
        _, mean = canvas.fetch(out)
        close(here(canvas.floats), picture, 2e-5)
        assert mean == pytest.approx(plain.mean, abs=1e-5)
        assert np.abs(out.astype(int) - bytes_of(picture)).max() <= 1, "a rounding may go the other way"


def bytes_of(picture: Floats) -> Pixels:
    return cv2.convertScaleAbs(picture, None, 255.0)


def film(count: int, size: Size = SIZE) -> list[Pixels]:
    """A photograph that moves, and a cut after two thirds."""
    photo = cv2.resize(data.astronaut(), (4 * size.width, 4 * size.width), interpolation=cv2.INTER_AREA)
    pictures = []
    for number in range(count):
        top, left = (10 + number, 20 + 2 * number) if number < count * 2 // 3 else (200, 100)
        pictures.append(np.ascontiguousarray(photo[top : top + size.height, left : left + size.width]))
    return pictures


def test_motion() -> None:
    plain, card, canvas = Motion(), CardMotion(SIZE, CPU), noise(seed=4)
    for number, seen in enumerate(film(9)):
        plain.follow(seen)
        card.follow(seen)
        if number:
            agrees, speed, came = card.measured()
            close(agrees[0, 0].numpy(), plain.agrees, 0.005)  # a grey level of one place is a 225th
            assert np.abs(agrees[0, 0].numpy() - plain.agrees).mean() < 1e-4
            close(speed[0, 0].numpy(), plain.speed, 1e-4)
            close(here(carried(there(canvas), came)), plain.carried(canvas), 1e-4)


def test_the_motion_of_wide_pictures_is_measured_on_small_ones() -> None:
    size = Size(1344, 96)
    seen = film(9, size)[:2]
    card, plain = CardMotion(size, CPU), Motion()
    for picture in seen:
        card.follow(picture)
        plain.follow(picture)
    _, speed, _ = card.measured()
    assert tuple(speed.shape[2:]) == (96, 1344)
    assert float(speed.median()) == pytest.approx(float(np.median(plain.speed)), abs=0.7)


def test_linear_resizing() -> None:
    close(here(at_card_size(there(noise()), Size(150, 128))), cv2.resize(noise(), (150, 128)), 1e-5)


class StandInDream:
    """What the families ask of a `Dream`."""

    def __init__(self, octaves: int, on_card: bool) -> None:
        self._octaves = octaves
        self._cards = CardAscents(CPU) if on_card else None
        self.set_size(SIZE)

    def set_size(self, size: Size) -> None:
        networks = compiled(size, self._octaves)
        self.size = size
        self.runners = [network.runner for _, network in networks]
        self.ascent = Ascent(networks)
        self.card = self._cards.of(networks, "key") if self._cards else None

    def controls(self, values: Mapping[str, Value]) -> list[Floats]:
        return [np.full(1, float(values["mix"]), np.float32)]


class Play:
    """Plays a dream on a film at 25 pictures a second, on a card or not."""

    def __init__(self, family: type[DreamModel], on_card: bool, octaves: int = 1, **values: Value) -> None:
        self.model = family({}, in_thread=False)
        self.dream = StandInDream(octaves, on_card)
        self.values: dict[str, Value] = {param.name: param.default for param in family.params} | values
        self.now = 0.0
        self.mean = 0.0

    def picture(self, seen: Pixels) -> Pixels:
        out = np.zeros_like(seen)
        self.mean = self.model.play(cast(Dream, self.dream), seen, out, self.values, self.now)
        self.now += 0.04
        return out


@pytest.fixture(autouse=True)
def captured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is recorded as on a graphics card."""
    for module in (recordings, card_ascent):
        monkeypatch.setattr(module, "CudaGraph", Captured)


MASKED: dict[str, Value] = {"mask": "dark", "mask_soft": 0.5}
SMOOTHED: dict[str, Value] = {"frequencies": 0.5, "tv": 0.2, "blur": 2.0}


@pytest.mark.parametrize("values", [{}, {"steps": 3, "hue": 40.0, "feed": 0.5}, MASKED, SMOOTHED], ids=str)
@pytest.mark.parametrize("octaves", [1, 2])
@pytest.mark.parametrize("family", [DreamZoom, DreamMirror])
@pytest.mark.usefixtures("captured")
def test_a_dream_of_twenty_pictures(family: type[DreamModel], octaves: int, values: dict[str, Value]) -> None:
    """They may part by as much as roundings are amplified, as each picture goes on from the last one."""
    plain, card = (Play(family, on_card, octaves, **values) for on_card in (False, True))
    for number, seen in enumerate(film(20)):
        if number == 8:
            for play in (plain, card):
                play.model.handle_trigger("restart", 0.0)
                play.values["fade"] = 0.2
        wanted, found = (play.picture(seen).astype(int) for play in (plain, card))
        assert np.abs(found - wanted).mean() < 0.3, number
        assert np.abs(found - wanted).max() < 12, number
        assert card.mean == pytest.approx(plain.mean, abs=1e-3)
    assert np.abs(found - seen).mean() > 5, "it dreams"


@pytest.mark.parametrize("family", [DreamZoom, DreamMirror])
def test_a_dream_without_numbers_begins_again(family: type[DreamModel]) -> None:
    plain, card = (Play(family, on_card) for on_card in (False, True))
    for play in (plain, card):
        for seen in film(6):
            play.picture(seen)
        runner = play.dream.runners[0]
        assert isinstance(runner, StandIn)
        runner.left.zero_()
        assert not play.picture(film(6)[5]).any(), "nothing is written"
        assert not math.isfinite(play.mean)
        assert play.model.notice == ""
    seen = film(6)[0]
    wanted, found = (play.picture(seen).astype(int) for play in (plain, card))
    assert np.abs(found - wanted).max() <= 1
    assert np.abs(found - seen).mean() < 12, "it begins with the live picture"


@pytest.mark.parametrize("family", [DreamZoom, DreamMirror])
def test_a_dream_goes_on_at_another_size(family: type[DreamModel]) -> None:
    plain, card = (Play(family, on_card) for on_card in (False, True))
    for size in (SIZE, SIZE, Size(64, 48), Size(64, 48), SIZE):
        seen = cv2.resize(film(6)[0], tuple(size), interpolation=cv2.INTER_AREA)
        for play in (plain, card):
            play.dream.set_size(size)
        wanted, found = (play.picture(seen).astype(int) for play in (plain, card))
        assert np.abs(found - wanted).mean() < 0.3


def test_a_dream_is_prepared_for_the_card_that_runs_its_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    class Ascents:
        def __init__(self, device: object) -> None:
            made.append(device)

        def of(self, networks: Sequence[tuple[Size, CompiledNetwork]], key: str) -> str:
            return f"{len(networks)} networks of {key}"

    class Steps:
        recordable, key = True, "gradient"

        def network(self, objective: object, size: Size) -> "Steps":
            return self

    monkeypatch.setattr("vj.model.dreams.card_ascent.CardAscents", Ascents)
    model = DreamZoom({})
    model.__dict__["steps"] = Steps()
    networks = compiled(SIZE, 2)
    assert model._card_ascent(cast(Objective, None), networks) is None, "the processor has its own"
    for _, network in networks:
        assert model._card_ascent(cast(Objective, None), networks) is None, "each octave must be there"
        network.take_over(network.runner, "cuda-f32", "")
    assert model._card_ascent(cast(Objective, None), networks) == "2 networks of gradient"
    assert model._card_ascent(cast(Objective, None), networks) == "2 networks of gradient"
    assert made == [CPU], "one for all dreams"
    monkeypatch.setattr(Steps, "recordable", False)
    assert model._card_ascent(cast(Objective, None), networks) is None, "autograd can't be recorded"


def test_a_classifier_is_dreamed_on_a_card() -> None:
    """What torch records of a real network is what torch runs. Each picture amplifies roundings thirty times."""
    entry = find("dream-zoom")
    entry.fetch(lambda doing, part: None)
    made, size = [], Size(128, 64)
    seen = film(1, size)[0]
    for on_card in (False, True):
        model = Entry.from_job(entry.to_job()).make_model("torch")
        assert isinstance(model, DreamZoom)
        every = {param.name: param.default for param in model.params} | {"layer": "edges", "octaves": 2}
        dream = model.prepare(size, model.variant(every))
        assert isinstance(dream, Dream)
        assert dream.card is None
        if on_card:
            wish = DreamWish.from_text(model.variant(every))
            octaves = sizes(size, wish.octaves, wish.scale, 32)
            networks = [(each, model.compiled(model.objective(wish), each)) for each in octaves]
            dream.card = CardAscents(CPU).of(networks, "key")
        assert dream.warm() > 0.0
        made.append(np.zeros_like(seen))
        for picture in range(2):
            assert math.isfinite(dream.run(seen, made[-1], every, 0.04 * picture))
    assert np.abs(made[1].astype(int) - made[0]).mean() < 0.1
    assert np.abs(made[1].astype(int) - seen).mean() > 1.0
