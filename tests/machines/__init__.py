"""Other machines than this one: what is taken away from real processes, by modules that Python runs when it starts."""

import os
from pathlib import Path

_HERE = Path(__file__).parent


def without(*modules: str) -> dict[str, str]:
    """The environment for processes, and all their children, in which these modules can't be imported."""
    return {"PYTHONPATH": _before("hidden"), "TEST_HIDDEN_MODULES": ",".join(modules)}


def _before(folder: str) -> str:
    """`PYTHONPATH` with one of our folders, each of which holds a ``sitecustomize.py``, in front."""
    root = str(_HERE.parents[1])
    return os.pathsep.join(filter(None, (str(_HERE / folder), root, os.environ.get("PYTHONPATH"))))
