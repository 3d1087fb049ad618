"""What is done to the picture before a network: kinds, order, sizes, time."""

import numpy as np
import pytest
import skimage.data
from skimage.transform import resize

from vj.base.frame import Pixels
from vj.model.preprocess import KINDS, PARAMS, Preprocessor
from vj.params.param import Value

DEFAULTS: dict[str, Value] = {param.name: param.default for param in PARAMS}


def values(**changes: Value) -> dict[str, Value]:
    return DEFAULTS | {f"condition/{name}": value for name, value in changes.items()}


def apply(picture: Pixels, **changes: Value) -> Pixels:
    return Preprocessor().apply(picture, values(**changes), 0.0)


@pytest.fixture(scope="module")
def photograph() -> Pixels:
    return np.ascontiguousarray(skimage.data.astronaut()[:288])


def flat(level: int, height: int = 36, width: int = 64) -> Pixels:
    return np.full((height, width, 3), level, np.uint8)


def edge(height: int = 360) -> Pixels:
    """Black, then white from the middle on."""
    picture = flat(20, height, height)
    picture[:, height // 2 :] = 220
    return picture


def test_nothing_wanted_gives_the_very_picture(photograph: Pixels) -> None:
    assert apply(photograph) is photograph


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "changes", [{}, {"invert": True}, {"blur": 1.0}, {"blur": 3.0}, {"median": 3.0}, {"median": 15.0}], ids=str
)
def test_every_kind_gives_a_picture_and_leaves_the_cameras(
    photograph: Pixels, kind: str, changes: dict[str, Value]
) -> None:
    before = photograph.copy()
    result = apply(photograph, kind=kind, **changes)
    assert (result.shape, result.dtype) == (photograph.shape, np.uint8)
    assert result.std() > 5
    assert (photograph == before).all()


@pytest.mark.parametrize("param", PARAMS, ids=lambda param: param.name)
def test_both_ends_of_every_range_are_possible(photograph: Pixels, param: object) -> None:
    ends = param.choices or ((False, True) if param.kind == "bool" else (param.low, param.high))  # type: ignore[attr-defined]
    for kind in KINDS:
        for end in ends:
            wanted = values(kind=kind) | {param.name: end}  # type: ignore[attr-defined]
            assert Preprocessor().apply(photograph[:64, :96], wanted, 0.0).shape == (64, 96, 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 33)])
def test_tiny_pictures(kind: str, size: tuple[int, int]) -> None:
    assert apply(flat(9, *size), kind=kind, blur=20.0, median=15.0).shape == (*size, 3)


def test_canny_is_white_on_black_and_its_negative_black_on_white() -> None:
    lines = apply(edge(), kind="canny")
    assert set(np.unique(lines)) == {0, 255}
    assert lines[:, 178:183].max() == 255
    assert lines[:, :170].max() == lines[:, 190:].max() == 0
    assert (apply(edge(), kind="canny", invert=True) == 255 - lines).all()


@pytest.mark.parametrize("aperture", ["3", "5", "7"])
def test_canny_counts_grey_levels_whatever_the_aperture(aperture: str) -> None:
    faint = np.clip(np.arange(100.0)[None] - 45.0, 0.0, 10.0) * 4.0  # a slope of four grey levels a pixel
    picture = np.repeat(np.repeat(faint[..., None], 3, 2), 100, 0).astype(np.uint8)
    assert apply(picture, kind="canny", aperture=aperture, low=5.0, high=6.0).any()
    assert not apply(picture, kind="canny", aperture=aperture, low=9.0, high=10.0).any()


def test_lines_are_dark_on_white_beside_an_edge() -> None:
    lines = apply(edge(), kind="lines")
    assert lines[:, :170].min() == lines[:, 190:].min() == 255
    assert lines[:, 177:180].min() < 60


def test_more_detail_draws_fainter_edges(photograph: Pixels) -> None:
    ink = [255.0 - apply(photograph, kind="lines", detail=detail).mean() for detail in (0.0, 0.5, 1.0)]
    assert ink[0] < ink[1] < ink[2]


def test_threshold_compares_with_what_is_around() -> None:
    """A dark spot is black in bright and in dim surroundings."""
    picture = edge()
    picture[100:104, 60:64] = 5
    picture[100:104, 260:264] = 190
    drawn = apply(picture, kind="threshold")
    assert not drawn[101, 61].any()
    assert not drawn[101, 261].any()
    assert drawn[50, 60].all()
    assert drawn[50, 300].all()


def test_grey_is_the_luminance(photograph: Pixels) -> None:
    grey = apply(photograph, kind="grey")
    assert (grey == grey[..., :1]).all()
    assert np.abs(grey[..., 0] - photograph @ (0.299, 0.587, 0.114)).max() <= 1.0


def test_pixels_are_squares_of_their_mean_colour(photograph: Pixels) -> None:
    """Of 288 lines, so 20 pixels at 360 lines are 16 here."""
    squares = apply(photograph, kind="pixels", block=20.0)
    assert (squares[:16, :16] == squares[0, 0]).all()
    assert (squares[0, 0] != squares[16, 16]).any()
    assert np.abs(squares[160, 240] - photograph[160:176, 240:256].mean((0, 1))).max() <= 1.0


@pytest.mark.parametrize(
    "changes",
    [{"blur": 3.0}, {"median": 9.0}, {"kind": "lines", "thickness": 4.0}, {"kind": "canny", "thickness": 4.0}],
    ids=str,
)
def test_the_look_does_not_depend_on_the_size(changes: dict[str, Value]) -> None:
    """The same edge at twice the height, brought back, is nearly the same picture."""
    small, large = apply(edge(360), **changes), apply(edge(720), **changes)
    shrunk = resize(large, small.shape, anti_aliasing=True) * 255
    rows = slice(40, -40)
    assert np.abs(shrunk[rows] - small[rows]).mean() < 2.0


@pytest.mark.parametrize("sigma", [1.0, 1.9, 2.1, 6.0])
def test_blur_is_as_wide_as_told(sigma: float) -> None:
    slope = np.diff(apply(edge(), blur=sigma)[180, :, 0].astype(float))
    places = np.arange(slope.size) - (slope * np.arange(slope.size)).sum() / slope.sum()
    assert np.sqrt((slope * places**2).sum() / slope.sum()) == pytest.approx(sigma, rel=0.12)


def test_median_takes_a_spot_away_and_leaves_an_edge() -> None:
    picture = edge()
    picture[100, 60:62] = 255
    for width in (3.0, 5.0, 9.0):
        planes = apply(picture, median=width)
        assert planes[100, 60, 0] < 60
        assert planes[200, 170, 0] < 30
        assert planes[200, 190, 0] > 210


def test_average_follows_by_its_time_constant_whatever_the_rate() -> None:
    results = []
    for rate in (10, 60):
        conditioner = Preprocessor()
        conditioner.apply(flat(0), values(average=0.5), 7.0)
        for step in range(1, rate + 1):
            result = conditioner.apply(flat(200), values(average=0.5), 7.0 + step / rate)
        results.append(int(result[0, 0, 0]))
    assert results == [pytest.approx(200 * (1 - np.exp(-2.0)), abs=1)] * 2


def test_average_forgets_while_it_is_off_and_over_another_size() -> None:
    conditioner = Preprocessor()
    conditioner.apply(flat(0), values(average=5.0), 1.0)
    assert conditioner.apply(flat(90), values(), 1.1).max() == 90
    assert conditioner.apply(flat(200), values(average=5.0), 1.2).min() == 200
    assert conditioner.apply(flat(50, 48, 80), values(average=5.0), 1.3).max() == 50


def test_average_does_not_move_when_time_does_not() -> None:
    conditioner = Preprocessor()
    for now in (1.0, 1.0, 0.5):
        assert conditioner.apply(flat(100 if now == 1.0 else 200), values(average=1.0), now).max() == 100


@pytest.mark.parametrize("kind", KINDS)
def test_results_are_written_into_what_is_kept(photograph: Pixels, kind: str) -> None:
    conditioner, wanted = Preprocessor(), values(kind=kind, average=0.1, blur=1.0, median=7.0, invert=True)
    first = conditioner.apply(photograph, wanted, 0.0)
    kept = dict(conditioner._kept)
    assert conditioner.apply(photograph, wanted, 0.1) is first
    assert all(conditioner._kept[name] is array for name, array in kept.items())
