"""Contexts, and where drivers keep what they compile."""

import os
import sys
from pathlib import Path

import pytest

from vj.gl import context

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Mesa's cache is that of Linux")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESA_SHADER_CACHE_DIR", "")  # so that it is put back afterwards
    monkeypatch.delenv("MESA_SHADER_CACHE_DIR")


def test_a_user_without_a_cache_keeps_compiled_shaders_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(context, "cache_trouble", lambda: "no home")
    monkeypatch.setattr(context, "cache", lambda *parts: tmp_path.joinpath(*parts))
    context.keep_compiled()
    assert os.environ["MESA_SHADER_CACHE_DIR"] == str(tmp_path / "gl")


def test_a_users_own_cache_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "cache_trouble", lambda: "")
    context.keep_compiled()
    assert "MESA_SHADER_CACHE_DIR" not in os.environ
