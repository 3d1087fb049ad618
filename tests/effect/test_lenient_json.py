"""JSON as people write it at the top of shaders."""

import pytest

from vj.effect.lenient_json import read_table


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2.5, {"b": true}], "c": "d"}',
        '{"a": [1, 2.5, {"b": true,},], "c": "d",}',
        "{a: [+1, 2.5, {'b': True}], // one\n c: 'd' /* two */}",
        '{"a": [1., 2.5e0, {"b": yes}],, "c": "\\u0064"}',
        '{a" : [1, 2.5, {"b": true}], c\': "d"}',
    ],
)
def test_it_is_lenient(text: str) -> None:
    found, end = read_table(f"__{text}*/", 2)
    assert found == {"a": [1, 2.5, {"b": True}], "c": "d"}
    assert end == len(text) + 2


def test_texts_may_have_line_breaks_and_ends_of_comments() -> None:
    assert read_table('{"a": "one\ntwo */"}', 0)[0] == {"a": "one\ntwo */"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1', "line 1"),
        ('{"a": 1\n "b": 2}', "line 2"),
        ('{"a" 1}', "':' is missing"),
        ('{"a": [1 2]}', "is missing"),
        ('{"a": }', "is no value"),
        ('{"a": "b}', "no end"),
        ('{"a": ' + "[" * 5000, "inside each other"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_table(text, 0)


def test_what_no_address_and_no_file_can_hold_is_replaced() -> None:
    found, _ = read_table(r'{"a\u0000": ["\ud800b", "\ud83d\ude00\n"]}', 0)
    assert found == {"a\ufffd": ["\ufffdb", "\U0001f600\n"]}
