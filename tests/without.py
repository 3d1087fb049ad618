"""Taking from real processes, the show and its children, what other systems or machines lack."""

import os
from pathlib import Path

_NOT_IMPORTED = """
import sys

class _Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {names!r}:
            raise {error}

sys.meta_path.insert(0, _Missing())
"""


def first_of_all(folder: Path, code: str) -> dict[str, str]:
    """The environment in which every Python process runs ``code`` before anything else. It is written to ``folder``."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}


def not_installed(folder: Path, *modules: str) -> dict[str, str]:
    """The environment in which ``modules`` are not installed."""
    return first_of_all(folder, _NOT_IMPORTED.format(names=modules, error="ModuleNotFoundError(name, name=name)"))


def not_loadable(folder: Path, module: str, error: str) -> dict[str, str]:
    """The environment in which importing ``module`` raises ``error``, an expression such as ``OSError("no lib")``."""
    return first_of_all(folder, _NOT_IMPORTED.format(names=(module,), error=error))
