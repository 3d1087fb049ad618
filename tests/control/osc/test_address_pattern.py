"""OSC patterns against a reference, and against those who would have them explode."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.osc.osc_bytes import EXPLODING_PATTERN
from vj.base.errors import BadInput
from vj.control.osc.address_pattern import EFFORT, PatternMatcher, fits, is_pattern, tokenise

ADDRESSES = (
    "/layer/1/model",
    "/layer/1/model/strength",
    "/layer/1/model/stretch",
    "/layer/2/model/strength",
    "/layer/10/model/strength",
    "/master/opacity",
    "/-/odd",
)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/layer/*/model/strength", [1, 3, 4]),
        ("/layer/?/model/strength", [1, 3]),
        ("/layer/[1-2]/model/str*", [1, 2, 3]),
        ("/layer/[!1]/model/strength", [3]),
        ("/layer/{2,10}/model/strength", [3, 4]),
        ("/layer/1{,0}/model/strength", [1, 4]),
        ("/layer/1/model", [0]),
        ("/layer/1/*", [0]),
        ("/*/*", [5, 6]),
        ("/[a-]/odd", [6]),
        ("/*er/opac**ity", [5]),
        ("/layer/*", []),
        ("/*", []),
        ("/nothing/*", []),
        ("*", []),
        ("/layer/[]/model", []),
    ],
)
def test_patterns_find_what_they_mean(pattern, found):
    assert sorted(PatternMatcher(ADDRESSES).match(pattern)) == sorted(ADDRESSES[place] for place in found)


@pytest.mark.parametrize("pattern", ["/layer/[1", "/layer/{1,2", "/layer/{1/2}", "/" + "*a" * 80])
def test_broken_and_overlong_patterns_are_refused(pattern):
    with pytest.raises(BadInput, match="pattern"):
        PatternMatcher(ADDRESSES).match(pattern)


def reference(part: str) -> re.Pattern[str]:
    """The same as a regular expression: safe for the few letters that the test below uses."""
    regex = re.sub(r"\{([^}]*)\}", lambda found: "(?:" + found[1].replace(",", "|") + ")", part)
    return re.compile(regex.replace("[!", "[^").replace("*", ".*").replace("?", ".").replace("(.:", "(?:"))


piece = st.sampled_from(["a", "b", "ab", "*", "?", "[ab]", "[!a]", "[a-c]", "{a,ab}", "{ab,a,c}", "{,b}"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(piece, max_size=6).map("".join), st.text("abc", max_size=6))
def test_a_part_matches_as_the_reference_does(part, text):
    assert fits(tokenise(part), text) == bool(reference(part).fullmatch(text))


def test_patterns_and_plain_addresses_are_told_apart():
    assert [is_pattern(text) for text in ("/a/b", "/a-b_c.d", "/*", "/a?", "/[a]", "/{a}")] == [False] * 2 + [True] * 4


def test_the_hostile_pattern_costs_nothing_worth_mentioning():
    names = ["/" + "a" * length for length in range(1, 40)]
    matcher = PatternMatcher(names)
    assert matcher.match("/" + "*a" * 10 + "b") == ()
    matcher.rest()
    assert matcher.match("/" + "*a" * 10) == tuple(names[9:])
    assert PatternMatcher(ADDRESSES).match(EXPLODING_PATTERN.split(b"\0")[0].decode()) == ()


@pytest.mark.parametrize("pattern", ["/*{" + "," * 90 + "}x/y", "/*/*/*/z"])
def test_long_tokens_and_wide_walks_are_charged(pattern):
    matcher = PatternMatcher(f"/{one:02}/{two:02}/x" for one in range(30) for two in range(30))
    for _ in range(2):
        assert matcher.match(pattern) == ()
    with pytest.raises(BadInput, match="too much matching"):
        [matcher.match(pattern) for _ in range(50)]


def test_effort_is_bounded_until_the_next_rest():
    matcher = PatternMatcher(f"/{number:060}" for number in range(100))
    hostile = "/" + "{,0}*" * 25
    with pytest.raises(BadInput, match="too much matching"):
        matcher.match(hostile)
    assert matcher._left < 0 < EFFORT
    matcher.rest()
    assert matcher.match("/*1") != ()
