"""`vj shaders`, as a person runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vj.cli import app


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "good.fs").write_text('/*{"INPUTS": [{"NAME": "inputImage", "TYPE": "image"}]}*/ void main() {}')
    (tmp_path / "deep" / "Bad One.fs").write_text("/*{}*/\nvoid main() {\n  wrong;\n}")
    (tmp_path / "deep" / "page.fs").write_text("<!DOCTYPE html><html></html>")
    (tmp_path / "beside.txt").write_text("no shader")
    return tmp_path


def test_a_folder_is_checked_with_all_below_it(folder: Path) -> None:
    done = CliRunner().invoke(app, ["shaders", "check", str(folder), "--json"])
    assert done.exit_code == 1
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert list(found) == ["deep/Bad One.fs", "deep/page.fs", "good.fs"]
    assert found["good.fs"]["ok"] is True
    assert (found["good.fs"]["kind"], found["good.fs"]["error"]) == ("filter", "")
    assert found["good.fs"]["ms"] > 0
    assert found["deep/Bad One.fs"]["ok"] is False
    assert "line 3" in found["deep/Bad One.fs"]["error"]
    assert "web page" in found["deep/page.fs"]["error"]


def test_a_file_is_checked_and_told_in_a_line(folder: Path) -> None:
    done = CliRunner().invoke(app, ["shaders", "check", str(folder / "good.fs")])
    assert done.exit_code == 0
    assert "good.fs  filter" in done.stdout
    assert "1 of 1 render" in done.stdout


def test_the_list_names_inputs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VJ_LIBRARY", str(folder))
    (folder / "deep").rename(folder / "shaders")
    (folder / "shaders" / "My Look.fs").write_text(
        '/*{"DESCRIPTION": "Nice", "INPUTS": [{"NAME": "level", "TYPE": "float", "MAX": 3}]}*/ void main() {}'
    )
    done = CliRunner().invoke(app, ["shaders"])
    assert done.exit_code == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "level 0..3" in lines["my-look"]
    assert "Nice (yours)" in lines["my-look"]
    assert "web page" in lines["page"]
