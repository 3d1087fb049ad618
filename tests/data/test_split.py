"""Which pictures are tested: as many as asked for, by their content, and none with a near neighbour in training."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from vj.base.errors import BadInput
from vj.data.split import BETWEEN, split, wanted_for_test


def keys(count: int) -> list[bytes]:
    return [f"content {number}".encode() for number in range(count)]


def chosen(runs: list[int], wanted: int, seed: int = 0, gap: int = 0) -> set[int]:
    return {place for place, part in enumerate(split(runs, keys(len(runs)), wanted, seed, gap)) if part == "test"}


@pytest.mark.parametrize(
    ("share", "count", "wanted"), [(0.1, 100, 10), (0.1, 3, 1), (0.0, 50, 0), (0.1, 1, 0), (20.0, 50, 20), (0.99, 2, 1)]
)
def test_shares_and_numbers(share: float, count: int, wanted: int) -> None:
    assert wanted_for_test(share, count) == wanted


def test_something_is_left_to_train_on() -> None:
    with pytest.raises(BadInput, match="--test 50 leaves nothing to train on: there are 50 pictures"):
        wanted_for_test(50.0, 50)


def test_pictures_of_their_own_are_drawn_exactly_and_by_the_seed() -> None:
    runs = list(range(300))
    first = chosen(runs, 40)
    assert len(first) == 40
    assert chosen(runs, 40) == first
    assert len(chosen(runs, 40, seed=1) & first) < 20


def test_the_content_decides_and_not_the_order() -> None:
    shuffled = keys(100)
    random.Random(3).shuffle(shuffled)
    before = {
        key for key, part in zip(keys(100), split(range(100), keys(100), 20, 7, 2), strict=True) if part == "test"
    }
    after = {key for key, part in zip(shuffled, split(range(100), shuffled, 20, 7, 2), strict=True) if part == "test"}
    assert before == after


@pytest.mark.parametrize("count", [10, 38, 240, 2000])
@pytest.mark.parametrize("seed", range(4))
def test_a_film_is_tested_at_few_places_with_a_gap_around_each(count: int, seed: int) -> None:
    wanted, gap = wanted_for_test(0.1, count), 4
    parts = split([0] * count, keys(count), wanted, seed, gap)
    told = Counter(parts)
    assert 0.6 * wanted <= told["test"] <= wanted
    assert told["train"] > 0
    places = [place for place, part in enumerate(parts) if part == "test"]
    for place in places:
        assert "train" not in parts[max(0, place - gap) : place + gap + 1]
    assert sum(later - earlier > 1 for earlier, later in pairwise(places)) <= 4
    assert told[BETWEEN] <= 2 * gap * 5


def test_a_group_is_on_one_side() -> None:
    runs = [place // 3 for place in range(300)]
    found = chosen(runs, 30)
    assert len(found) == 30
    assert all(sum(place // 3 == group for place in found) in (0, 3) for group in range(100))


def test_a_gap_gives_way_before_there_is_nothing_to_train_on() -> None:
    assert Counter(split([0, 0, 0], keys(3), 1, 0, 10)) == {"train": 2, "test": 1}
