"""Parameter values on their way to a child."""

from vj.child.shared_params import SharedParams
from vj.params.param import LONGEST_TEXT, Param, choice, text, toggle, trigger

PARAMS = {
    p.name: p
    for p in (
        Param("speed", -4.0, 4.0, default=1.0),
        Param("count", 0, 9, default=3, kind="int"),
        toggle("loop", True, help=""),
        choice("style", ("ink", "gold"), "gold", help=""),
        trigger("seek", 0.0, 1.0, help=""),
    )
}


def test_every_kind_arrives_as_it_was_sent() -> None:
    values = SharedParams(PARAMS)
    reader = SharedParams(PARAMS, values.memory)
    assert dict(reader.read()) == {"speed": 1.0, "count": 3, "loop": True, "style": "gold"}
    values.write({"speed": -0.5, "loop": False, "style": "ink"})
    assert dict(reader.read()) == {"speed": -0.5, "count": 3, "loop": False, "style": "ink"}


def test_texts_arrive_whole_beside_numbers() -> None:
    params = {**PARAMS, "picture": text("picture", "a.jpg", help=""), "other": text("other", help="")}
    values = SharedParams(params)
    reader = SharedParams(params, values.memory)
    assert reader.read()["picture"] == "a.jpg"
    values.write({"picture": "ö" * (LONGEST_TEXT // 2), "other": "", "speed": 2.0})
    assert reader.read() == {**reader.read(), "picture": "ö" * (LONGEST_TEXT // 2), "other": "", "speed": 2.0}
    values.write({"picture": "b"})
    assert reader.read()["picture"] == "b"


def test_an_unchanged_set_is_the_same_object() -> None:
    values = SharedParams(PARAMS)
    reader = SharedParams(PARAMS, values.memory)
    assert reader.read() is reader.read()


def test_a_half_written_set_is_never_read() -> None:
    values = SharedParams(PARAMS)
    reader = SharedParams(PARAMS, values.memory)
    before = dict(reader.read())
    values._lock.begin_write()  # the writer dies here
    values._numbers[1] = 4.0
    assert dict(reader.read()) == before
