"""Imports the MIDI libraries, which a machine may lack: python-rtmidi has no wheels for the newest versions of
Python.
"""

import sys
from importlib import import_module
from types import ModuleType

from vj.base.errors import NotInstalled
from vj.base.packages import install_command


def rtmidi() -> ModuleType:
    """Returns the module rtmidi. Raises NotInstalled, naming what fixes it, where it or a library of the system that it
    needs is missing.
    """
    return _library("rtmidi", "python-rtmidi")


def mido() -> ModuleType:
    """Returns the module mido. Raises NotInstalled, naming what fixes it, where it is missing."""
    return _library("mido", "mido")


def _library(module: str, package: str) -> ModuleType:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise NotInstalled(f"no MIDI: {package} is not installed; fix: {install_command(package)}") from error
    except ImportError as error:  # it is installed, but a library of the system's that it needs is not
        fix = "; fix: apt install libasound2" if sys.platform == "linux" else ""
        raise NotInstalled(f"no MIDI: {error}{fix}") from error
