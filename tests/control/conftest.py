"""A small show to be played: one parameter of every kind."""

import pytest

from vj.params.param import Param, ParamTable, choice, toggle, trigger

STYLES = ("mosaic", "candy", "rain", "udnie", "wave")


@pytest.fixture
def table() -> ParamTable:
    table = ParamTable()
    table.declare(
        "/layer/1/model",
        [
            Param("strength", 0.0, 1.0, default=1.0),
            Param("offset", -2.0, 6.0, default=0.0),
            Param("wedges", 1, 12, default=6, kind="int"),
            choice("style", STYLES, "candy", help=""),
        ],
    )
    table.declare("/layer/2/model", [Param("strength", 0.0, 1.0, default=1.0), Param("stretch", 0.0, 1.0)])
    table.declare("/master", [toggle("blackout", help=""), toggle("freeze", help=""), trigger("panic", help="")])
    table.declare("/snapshot", [trigger("recall", 1, 8, help="")])
    return table
