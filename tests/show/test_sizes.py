"""What a show chooses by itself: its canvas's size and rate, and the size within which models work."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from vj.base.frame import Size
from vj.model.runtime import cards
from vj.model.runtime.cards import Card
from vj.preset.preset import Preset, load
from vj.show import show as module
from vj.show.show import Options, Show

CARD = Card("cuda", "made up", "1.0")
SMALL, HD = Size(640, 360), Size(1280, 720)


def settled(
    monkeypatch: pytest.MonkeyPatch,
    preset: Preset,
    options: Options,
    *,
    software: bool = False,
    card: bool = False,
    refresh: float = 0.0,
) -> Show:
    """A show that has its display, but nothing else yet."""
    monkeypatch.setattr(module, "is_software", lambda ctx: software)
    monkeypatch.setattr(cards, "cards", lambda: [CARD] if card else [])
    show = Show(preset, options)
    show.surface = SimpleNamespace(ctx=None, leads=refresh > 0.0, refresh=refresh)  # type: ignore[assignment]
    show._settle_size_and_rate()
    return show


@pytest.mark.parametrize(
    ("how", "rates"),
    [
        ({"software": True}, {"nothing": 30.0, "preset": 24.0, "command line": 50.0}),
        ({"software": False}, {"nothing": 60.0, "preset": 24.0, "command line": 50.0}),
        ({"refresh": 144.0}, {"nothing": 144.0, "preset": 144.0, "command line": 50.0}),
    ],
    ids=str,
)
def test_the_rate_is_the_command_line_s_else_the_display_s_else_the_preset_s_else_the_machine_s(
    monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], rates: dict[str, float]
) -> None:
    default = load("default")
    presets = {"nothing": default, "preset": replace(default, fps=24.0), "command line": replace(default, fps=24.0)}
    for who, rate in rates.items():
        options = Options(fps=50.0 if who == "command line" else None)
        assert settled(monkeypatch, presets[who], options, **how).fps == rate


@pytest.mark.parametrize("card", [False, True])
def test_models_work_at_the_canvas_s_size_on_a_card_unless_another_one_is_chosen(
    monkeypatch: pytest.MonkeyPatch, card: bool
) -> None:
    default, zoom = load("default"), load("dream-zoom")
    chosen = replace(default, model_size=Size(800, 450))
    for preset, options, on_card, on_processor in (
        (default, Options(), HD, SMALL),
        (zoom, Options(), HD, Size(512, 288)),
        (chosen, Options(), Size(800, 450), Size(800, 450)),
        (chosen, Options(model_size=Size(400, 224)), Size(400, 224), Size(400, 224)),
        (zoom, Options(model_size=Size(400, 224)), Size(400, 224), Size(400, 224)),
        (default, Options(runtime="torch"), SMALL, SMALL),
    ):
        show = settled(monkeypatch, preset, options, card=card)
        assert show.size == HD
        assert show._settings().box == (on_card if card else on_processor)


@pytest.mark.parametrize(
    ("card", "part", "model_size", "slow"),
    [
        (False, 0.6, None, True),
        (False, 0.75, None, False),
        (True, 0.4, None, False),
        (True, 0.5, HD, True),
        (True, 0.75, HD, False),
    ],
)
def test_a_card_is_slow_only_by_what_is_asked_of_a_processor(
    monkeypatch: pytest.MonkeyPatch, card: bool, part: float, model_size: Size | None, slow: bool
) -> None:
    """0.4 of 1280 pixels are more than 0.6 of 640."""
    show = settled(monkeypatch, load("default"), Options(model_size=model_size), card=card)
    child = SimpleNamespace(info={"part": part})
    show.layers = [SimpleNamespace(model=SimpleNamespace(child=child))]  # type: ignore[list-item]
    show._heed_speed()
    assert show.is_slow is slow
