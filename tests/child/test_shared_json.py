"""A JSON object on its way to a child."""

import numpy as np

from vj.child.shared_json import SharedJson


def test_the_newest_object_arrives_whole_and_an_unchanged_one_is_the_same() -> None:
    written = SharedJson()
    reader = SharedJson(written.memory)
    assert reader.read() == {}
    assert written.write({"effects": [["tint", 1]], "values": {"/a/ö": 0.5, "/a/on": True, "/a/name": "x" * 5000}})
    assert reader.read() == {"effects": [["tint", 1]], "values": {"/a/ö": 0.5, "/a/on": True, "/a/name": "x" * 5000}}
    assert reader.read() is reader.read()
    written.write({"slot": 3, "level": np.float32(0.5)})
    assert reader.read() == {"slot": 3, "level": 0.5}


def test_one_that_is_too_large_leaves_the_one_before() -> None:
    written = SharedJson()
    written.write({"slot": 3})
    assert not written.write({"text": "x" * (1 << 22)})
    assert SharedJson(written.memory).read() == {"slot": 3}
