"""What a preset sets for slow processors: a model that can't hold its rate here, however fast this machine is."""

from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage

from tests.running import Playing, vj_fails

pytestmark = pytest.mark.show

STRENGTH = "/layer/1/model/strength"
TEXT = """
[[layer]]
source = "pattern"
model = "{model}"
[set]
"/layer/1/model/rate" = {rate}
"{strength}" = 0.75
[slow]
"{strength}" = {slow}
"/layer/1/opacity" = 0.5
"""


def shows(folder: Path, model: str, rate: float, size: str, *options: str) -> tuple[object, object, str]:
    """Strength and opacity that the show starts with, and what it says."""
    preset = folder / "mine.toml"
    preset.write_text(TEXT.format(model=model, rate=rate, strength=STRENGTH, slow=0.25))
    playing = Playing(folder, str(preset), "--headless", "--size", size, "--model-size", size, *options)
    try:
        playing.wait_until_up()
        answers = [playing.ask(address) for address in (STRENGTH, "/layer/1/opacity")]
        playing.process.terminate()
        _, said = playing.process.communicate(timeout=100)
    finally:
        playing.close()
    strength, opacity = (OscMessage(answer).params[0] for answer in answers if answer)
    return strength, opacity, said


def test_it_counts_where_the_model_can_not_hold_its_rate(tmp_path: Path) -> None:
    strength, opacity, said = shows(tmp_path, "style26", 120.0, "1280x720", "--set", "/layer/1/opacity=0.9")
    assert strength == 0.25
    assert opacity == pytest.approx(0.9), "the command line counts for more"
    assert "what [slow] of the preset sets counts" in said


def test_it_does_not_count_where_it_can(tmp_path: Path) -> None:
    strength, opacity, said = shows(tmp_path, "identity", 1.0, "320x180")
    assert (strength, opacity) == (0.75, 1.0)
    assert "[slow]" not in said


def test_a_value_that_it_can_not_have_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.format(model="identity", rate=1.0, strength=STRENGTH, slow=7))
    assert f"{path}: slow.'{STRENGTH}': {STRENGTH}: strength takes 0..1, not 7" in vj_fails(
        "run", str(path), "--headless"
    )
