"""Motion between pictures that moved by a known way, and its record."""

import numpy as np
import pytest

from tests.textures import film, texture
from vj.base.frame import Size
from vj.layers import flow_maps
from vj.layers.flow_maps import COMING_TO_SHOWN, NEWEST_TO_COMING, NEWEST_TO_SHOWN, FlowHead, FlowMap
from vj.layers.flow_meter import FlowMeter

SIZE = Size(192, 144)
INSIDE = slice(24, -24)


def met(*pictures: np.ndarray) -> FlowMeter:
    meter = FlowMeter()
    for number, picture in enumerate(pictures, 1):
        meter.add(number, picture)
    return meter


@pytest.mark.parametrize("step", [(6, 0), (0, -5), (3, 4)])
def test_motion_leads_back_to_where_things_were(step: tuple[int, int]) -> None:
    head, maps = met(*film(SIZE, step, 2)).measure(FlowHead(2, 1, 0, 0))
    assert [head.has(number) for number in range(3)] == [True, False, False]
    flow = maps[NEWEST_TO_SHOWN]
    assert flow
    middle = flow.motion[INSIDE, INSIDE].reshape(-1, 2)
    assert np.median(middle, 0) == pytest.approx((-step[0], -step[1]), abs=0.5)
    assert flow.agrees[INSIDE, INSIDE].mean() > 0.9


def test_each_pair_has_its_map() -> None:
    head, maps = met(*film(SIZE, (4, 0), 3)).measure(FlowHead(3, 1, 2, 0))
    assert head.known == 7
    far, near, step = (np.median(maps[number].motion[INSIDE, INSIDE, 0]) for number in range(3))  # type: ignore[union-attr]
    assert (far, near, step) == pytest.approx((-8.0, -4.0, -4.0), abs=0.5)
    assert (NEWEST_TO_SHOWN, NEWEST_TO_COMING, COMING_TO_SHOWN) == (0, 1, 2)


def test_the_same_picture_has_not_moved_at_all() -> None:
    _, maps = met(texture(SIZE), texture(SIZE)).measure(FlowHead(2, 1, 0, 0))
    assert maps[0]
    assert not maps[0].motion.any()
    assert (maps[0].agrees == 1.0).all()


def test_a_cut_has_no_motion_and_agrees_nowhere() -> None:
    _, maps = met(texture(SIZE), 200 + texture(SIZE, seed=5, grain=24) // 5).measure(FlowHead(2, 1, 0, 0))
    assert maps[0]
    assert not maps[0].motion.any()
    assert not maps[0].agrees.any()


def test_what_was_covered_does_not_agree() -> None:
    before = texture(SIZE)
    after = before.copy()
    after[40:100, 60:130] = 255 - after[40:100, 60:130] // 2
    _, maps = met(before, after).measure(FlowHead(2, 1, 0, 0))
    assert maps[0]
    assert maps[0].agrees[55:85, 75:115].mean() < 0.4
    assert maps[0].agrees[:24].mean() > 0.9


def test_pictures_of_another_shape_forget_the_earlier_ones() -> None:
    meter = met(texture(SIZE))
    meter.add(2, texture(Size(144, 144)))
    head, maps = meter.measure(FlowHead(2, 1, 0, 0))
    assert (head.known, maps) == (0, [None] * 3)


def test_only_the_last_pictures_and_what_is_shown_are_known() -> None:
    meter = FlowMeter()
    small = texture(Size(64, 48))
    for number in range(1, 200):
        meter.add(number, small)
        meter.measure(FlowHead(number, 1, 0, 0))
    assert meter.measure(FlowHead(199, 1, 190, 0))[0].known == 7
    assert meter.measure(FlowHead(199, 2, 190, 0))[0].known == 2
    assert len(meter._pictures) < 70


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ((1280, 720), (256, 144)),
        ((720, 1280), (144, 256)),
        ((176, 144), (176, 144)),
        ((64, 48), (64, 48)),
        ((4, 4), (32, 32)),
        ((4000, 100), (384, 32)),
    ],
)
def test_maps_have_a_size_of_their_own(picture: tuple[int, int], expected: tuple[int, int]) -> None:
    assert flow_maps.map_size(*picture) == expected


def test_a_record_gives_back_what_was_written() -> None:
    size = flow_maps.record_size(Size(32, 32))
    record = np.zeros((size.height, size.width, 3), np.uint8)
    motion = np.random.default_rng(1).uniform(-200.0, 200.0, (32, 32, 2)).astype(np.float32)
    agrees = np.random.default_rng(2).random((32, 32), np.float32)
    head = FlowHead(2**40 + 3, 7, 9, 4)
    flow_maps.write(record, head, [None, None, FlowMap(motion, agrees)])
    assert flow_maps.read_head(record) == head
    places = record[1 + 2 * 32 :].reshape(32, 32, 6).astype(int)
    fixed = places[..., 0:4:2] * 256 + places[..., 1:4:2]
    assert np.abs((fixed - flow_maps.ZERO) / flow_maps.STEPS - motion).max() <= 0.5 / flow_maps.STEPS
    assert np.abs(places[..., 4] / 255.0 - agrees).max() <= 0.5 / 255.0 + 1e-6
    assert not record[1 : 1 + 2 * 32].any()
