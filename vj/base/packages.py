"""The commands that install or download Python packages, for environments with and without pip.

Environments made by uv have no pip unless a package in them requires it. But Python brings along a wheel of pip for new
environments, which can be run without being installed.
"""

import importlib.util
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vj.base.errors import NotInstalled


def install_command(*packages: str) -> str:
    """Returns the shell command that installs ``packages`` into the environment that runs now. Runs nothing.

    It is one line of text for messages, with pip or, where there is none, with uv. ``packages`` are names as pip takes
    them, and are not quoted.
    """
    names = " ".join(packages)
    if _has_pip():
        return f"{_quoted(sys.executable)} -m pip install {names}"
    return f"uv pip install --python {_quoted(sys.executable)} {names}"


def pip_command() -> list[str]:
    """Returns the words of a command that runs pip, for `subprocess`; the caller appends the arguments for pip.

    It runs the environment's own pip or, without one, the newest wheel of pip that Python brings along. Raises
    NotInstalled where neither is found.
    """
    if _has_pip():
        return [sys.executable, "-P", "-m", "pip"]
    if wheel := _wheel_of_pip():
        return [sys.executable, "-P", str(wheel / "pip")]
    raise NotInstalled(f"there is no pip in this environment; fix: {install_command('pip')}")


def pip_version() -> tuple[int, int]:
    """Returns the major and the minor version of the pip that `pip_command` runs; (0, 0) if they are unknown."""
    wheel = _wheel_of_pip()
    try:
        told = version("pip") if _has_pip() else wheel.name.split("-")[1] if wheel else "0.0"
        major, minor = map(int, told.split(".")[:2])
    except (PackageNotFoundError, ValueError):
        return 0, 0
    return major, minor


def _has_pip() -> bool:
    try:
        return importlib.util.find_spec("pip") is not None
    except (ImportError, ValueError):
        return False


def _wheel_of_pip() -> Path | None:
    """Returns the newest wheel of pip that Python or the system's Python packages bring along, or None."""
    bundled = Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled"
    folders = [bundled, *([Path(folder)] if (folder := sysconfig.get_config_var("WHEEL_PKG_DIR")) else [])]
    return max((wheel for folder in folders for wheel in folder.glob("pip-*.whl")), default=None)


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
