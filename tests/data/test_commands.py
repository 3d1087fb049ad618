"""The commands of `vj data`, as they are typed."""

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.data.drawn import saved
from tests.running import vj_fails
from vj.base.errors import BadInput
from vj.cli import app


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "mine" / "a", [f"{number}.png" for number in range(6)])
    saved(tmp_path / "mine" / "b", [f"{number}.png" for number in range(6)], 20)


def typed(*words: str) -> str:
    done = CliRunner().invoke(app, ["data", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def about(folder: str) -> dict[str, object]:
    return tomllib.loads(Path(folder, "data.toml").read_text(encoding="utf-8"))


def test_each_makes_a_set_that_says_how(clip: Path) -> None:
    small = ("--side", "32")
    assert "5 pairs to train on, 1 to test" in typed(
        "pairs", "mine", "mine-pairs", *small, "--swap", "--licence", "CC0"
    )
    assert about("mine-pairs")["command"] == "vj data pairs mine mine-pairs --swap --side 32 --licence CC0"
    typed("from", "mine/a", "edges", "--by", "edges", "--set", "low=30", "--set", "high=60", *small)
    assert about("edges")["command"] == "vj data from mine/a edges --by edges --set low=30 --set high=60 --side 32"
    assert about("edges")["set"] == {"condition/invert": True, "condition/low": 30.0, "condition/high": 60.0}
    said = typed("two", "mine/a", "mine/b", *small)
    assert "5 and 5 pictures to train on" in said
    assert "Whose pictures these are isn't known: --licence" in said
    assert about("a-b")["kind"] == "two"
    typed("capture", "seen", "--source", "pattern", "--seconds", "0.6", *small)
    assert about("seen")["kind"] == "pictures"


def test_a_name_of_its_own_counts_on() -> None:
    for _ in range(2):
        typed("pairs", "mine", "--side", "32")
    assert Path("mine-pairs-2", "data.toml").is_file()


def test_mistakes() -> None:
    for words, said in (
        (("pairs", "mine", "mine"), "'mine' exists already"),
        (("from", "mine/a", "x", "--by", "edge"), "unknown filter 'edge'"),
        (("from", "mine/a", "x", "--set", "low=3"), "--set low=3 sets something of a filter: say which with --by"),
        (("pairs", "mine", "x", "--test", "6"), "--test 6 leaves nothing to train on: there are 6 pictures"),
    ):
        with pytest.raises(BadInput, match=said):
            CliRunner().invoke(app, ["data", *words], catch_exceptions=False)
    assert "vj: 'mine' exists already" in vj_fails("data", "pairs", "mine", "mine")
