"""Python packages: the command that installs one here, and the one that downloads one, with pip or without it.

Environments that uv makes have no pip unless something in them asks for it. Python brings one along, as a wheel for new
environments, and a wheel of pip can be run as it lies.
"""

import importlib.util
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from vj.base.errors import NotInstalled


def install_command(*packages: str) -> str:
    """What to type to have these packages in the environment that runs now."""
    names = " ".join(packages)
    if _has_pip():
        return f"{_quoted(sys.executable)} -m pip install {names}"
    return f"uv pip install --python {_quoted(sys.executable)} {names}"


def pip_command() -> list[str]:
    """The command that pip's own arguments follow. Raises NotInstalled where there is no pip of any kind."""
    if _has_pip():
        return [sys.executable, "-P", "-m", "pip"]
    if wheel := _wheel_of_pip():
        return [sys.executable, "-P", str(wheel / "pip")]
    raise NotInstalled(f"there is no pip in this environment; fix: {install_command('pip')}")


def pip_version() -> tuple[int, int]:
    """Major and minor version of the pip that `pip_command` runs; zeros where that can't be told."""
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
    """The newest wheel of pip that came with Python, or with the system's Python packages."""
    bundled = Path(sysconfig.get_path("stdlib")) / "ensurepip" / "_bundled"
    folders = [bundled, *([Path(folder)] if (folder := sysconfig.get_config_var("WHEEL_PKG_DIR")) else [])]
    return max((wheel for folder in folders for wheel in folder.glob("pip-*.whl")), default=None)


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
