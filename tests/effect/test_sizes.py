"""Expressions for the sizes of passes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vj.base.errors import BadInput
from vj.effect.sizes import SizeExpression

VARIABLES = {"WIDTH": 1280.0, "HEIGHT": 720.0, "cells": 7.5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$WIDTH", 1280),
        ("WIDTH", 1280),
        ("16", 16),
        (" $WIDTH / 2.0 ", 640),
        ("floor($WIDTH/27.0)", 47),
        ("max(floor($HEIGHT*0.0001),1.0)", 1),
        ("min($WIDTH,$HEIGHT,100)", 100),
        ("$WIDTH-$HEIGHT-10", 550),
        ("2+3*4", 14),
        ("(2+3)*4", 20),
        ("-$cells*-2", 15),
        ("2^3^2", 512),
        ("7 % 4", 3),
        ("ceil($cells)", 8),
        ("pow(2, 10)", 1024),
        ("clamp($WIDTH, 0, 64.)", 64),
        (".5*$HEIGHT", 360),
        ("1e2", 100),
    ],
)
def test_it_computes(text: str, value: float) -> None:
    assert SizeExpression(text).evaluate(VARIABLES) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$WIDTH/",
        "($WIDTH",
        "$WIDTH)",
        "1 2",
        "max()",
        "pow(1)",
        "system(1)",
        "__import__('os')",
        "$WIDTH; 1",
        "floor",
        "$missing",
        "1/0",
        "sqrt(-1)",
        "9^9^9^9",
        "(" * 200 + "1" + ")" * 200,
        "(" * 100 + "1" + ")" * 100,
    ],
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        SizeExpression(text).evaluate(VARIABLES)


@given(st.text(alphabet="$WIDTHheig()+-*/%^.,0123456789 \n", max_size=60))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        assert abs(SizeExpression(text).evaluate(VARIABLES)) >= 0


def test_it_says_which_variables_it_needs() -> None:
    assert SizeExpression("max($WIDTH, $cells) + $cells").names == {"WIDTH", "cells"}
