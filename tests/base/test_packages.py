"""Installing and downloading packages, in environments with pip and without."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from vj.base import packages
from vj.base.errors import NotInstalled
from vj.model.files import weights


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment as uv makes it."""
    monkeypatch.setattr(packages, "_has_pip", lambda: False)


def test_with_pip_it_is_used() -> None:
    assert packages.install_command("av", "glfw").endswith("-m pip install av glfw")
    assert packages.pip_command() == [sys.executable, "-P", "-m", "pip"]
    assert packages.pip_version() >= (20, 0)


@pytest.mark.usefixtures("no_pip")
def test_without_it_uv_is_named() -> None:
    assert packages.install_command("av") == f"uv pip install --python {sys.executable} av"


@pytest.mark.usefixtures("no_pip")
def test_a_path_with_spaces_is_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.sys, "executable", r"C:\Program Files\Python\python.exe")
    assert packages.install_command("av") == r'uv pip install --python "C:\Program Files\Python\python.exe" av'


@pytest.mark.usefixtures("no_pip")
def test_the_pip_that_python_brings_along_is_run_as_it_lies(tmp_path: Path) -> None:
    """It really runs: it makes a wheel's download out of a folder of wheels."""
    if packages._wheel_of_pip() is None:
        pytest.skip("this Python came without a wheel of pip, as Debian's does")
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "little-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("little/weights.bin", b"numbers")
        wheel.writestr("little-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: little\nVersion: 1.0\n")
        wheel.writestr("little-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("little-1.0.dist-info/RECORD", "")
    options = ["--no-index", "--find-links", str(index), "-d", str(tmp_path / "out"), *weights._ANY_MACHINE]
    command = [*packages.pip_command(), "download", "--no-deps", "--only-binary=:all:", *options, "little==1.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "little-1.0-py3-none-any.whl").is_file()
    assert packages.pip_version() >= (20, 0)


@pytest.mark.usefixtures("no_pip")
def test_where_there_is_none_of_any_kind_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_wheel_of_pip", lambda: None)
    with pytest.raises(NotInstalled, match=r"no pip in this environment; fix: uv pip install --python .* pip$"):
        packages.pip_command()
    assert packages.pip_version() == (0, 0)
