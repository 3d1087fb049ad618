"""Which matrix films are stored and read with."""

from types import SimpleNamespace

import pytest

from vj.base.colour import BT601, BT709, assumed_matrix, matrix_for


@pytest.mark.parametrize(("height", "matrix"), [(90, BT601), (719, BT601), (720, BT709), (2160, BT709)])
def test_large_pictures_are_stored_as_bt709(height: int, matrix: int) -> None:
    assert matrix_for(height) == matrix


@pytest.mark.parametrize(
    ("tag", "height", "matrix"), [(2, 720, BT709), (2, 719, None), (BT601, 1080, None), (BT709, 1080, None)]
)
def test_only_a_large_picture_without_a_tag_needs_a_guess(tag: int, height: int, matrix: int | None) -> None:
    assert assumed_matrix(SimpleNamespace(colorspace=tag, height=height)) == matrix
