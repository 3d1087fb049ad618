"""What lies in the cache: told, and removed without what was fetched."""

import shutil
from pathlib import Path

import pytest

from vj.base.paths import cache
from vj.model.files import leftovers, weights


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, style26_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shutil.copy(style26_path, cache("weights"))


def test_an_empty_cache_is_nothing_to_speak_of() -> None:
    assert leftovers.described() == []
    assert leftovers.clean() == 0


def test_what_can_be_made_again_goes_and_what_was_fetched_stays() -> None:
    (cache("openvino") / "a.blob").write_bytes(bytes(3_000_000))
    (cache("runtime", "deep") / "b.json").write_bytes(bytes(1_000_000))
    (cache("weights") / "of-another-version.pth").write_bytes(bytes(1_000_000))
    (line,) = leftovers.described()
    assert "holds 5 MB, mostly compiled networks; vj models clean removes it" in line
    assert leftovers.clean() == 5_000_000
    assert leftovers.described() == []
    assert weights.ASSETS["multistyle26.onnx"].intact


def test_every_folder_of_the_cache_is_known() -> None:
    """What a module keeps there can be removed there, or is fetched."""
    import re

    root = Path(leftovers.__file__).parent.parent
    named = {
        name for path in root.rglob("*.py") for name in re.findall(r'cache\("(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert named - {"weights"} <= set(leftovers.KINDS)
