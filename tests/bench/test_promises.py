"""The limits on graphics cards, as data."""

import pytest

from tests.folders import VJ
from vj.bench.loop import loop_verdicts
from vj.bench.promises import CARD_LIMITS
from vj.bench.subjects import ON_CARD

H200, H100, OTHER = "NVIDIA H200", "NVIDIA H100 80GB HBM3", "NVIDIA GeForce RTX 4070"


def test_every_network_has_a_limit() -> None:
    assert set(ON_CARD) <= set(CARD_LIMITS)


def test_a_slower_card_may_take_longer_and_an_unknown_one_has_no_limit() -> None:
    limit = CARD_LIMITS["johnson"]
    assert limit.bound_on(H200) == 2.6
    assert limit.bound_on(H100) == pytest.approx(2.6 * 1.35)
    assert limit.bound_on(OTHER) is None
    assert limit.words(OTHER) == "none"
    assert limit.words(H200) == "<= 2.6 ms"


def test_a_rate_is_not_lower_on_a_slower_card() -> None:
    assert CARD_LIMITS["film"].bound_on(H100) == CARD_LIMITS["film"].bound_on(H200) == 59.4
    assert CARD_LIMITS["film-latency"].bound_on(H100) == 25.0


@pytest.mark.parametrize("name", ["eager", "step-small", "step-large", "memory"])
def test_ratios_to_a_peer_are_promised_on_every_card(name: str) -> None:
    assert CARD_LIMITS[name].bound_on(OTHER) is not None


@pytest.mark.parametrize(
    ("name", "figure", "card", "verdict"),
    [
        ("style26", 1.25, H200, "held"),
        ("style26", 1.26, H200, "NOT held"),
        ("style26", 1.26, H100, "held"),
        ("style26", 9.0, OTHER, ""),
        ("pattern", 60.0, H200, "held"),
        ("pattern", 59.0, H200, "NOT held"),
        ("pattern-missed", 0.0, H200, "held"),
        ("pattern-missed", 1.0, H200, "NOT held"),
        ("eager", 0.99, OTHER, "NOT held"),
        ("step-large", 3.0, OTHER, "held"),
    ],
)
def test_a_figure_holds_or_does_not(name: str, figure: float, card: str, verdict: str) -> None:
    assert CARD_LIMITS[name].verdict(figure, card) == verdict


def test_the_page_on_speed_says_the_same() -> None:
    page = (VJ / "docs" / "speed.md").read_text(encoding="utf-8")
    rows = {tuple(map(str.strip, line.split("|")[1:4])) for line in page.splitlines() if line.startswith("| ")}
    for name, limit in CARD_LIMITS.items():
        if name != "eager":
            words = limit.words(H200).replace("<=", "at most").replace(">=", "at least").replace("x auto", "× auto")
            size = str(limit.size).replace("x", "×")
            short = words.removeprefix("at most ")  # in the table whose heading says so
            assert {(limit.title, size, words), (limit.title, size, short)} & rows, name


def test_a_loop_is_held_to_its_limits() -> None:
    report = {
        "layers": [{"model": {"fps": 60.0}}],
        "display": {"missed": 2},
        "latency_ms": {"p50": 24.5, "p99": 40.0},
    }
    assert list(loop_verdicts(report, "film", H200)) == [
        "the loop with a film: 60 /s (>= 59.4 /s: held)",
        "the film, capture to display p50: 24.5 ms (<= 25 ms: held)",
        "the film, missed refreshes: 2 (<= 0: NOT held)",
    ]
    assert all("none: no limit on this card" in line for line in loop_verdicts(report, "film", OTHER))
