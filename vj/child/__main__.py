"""``python -m vj.child TARGET PARENT``: become the child that runs TARGET; the job is the first line of stdin."""

import ctypes
import gc
import json
import logging
import os
import signal
import sys
import traceback
from importlib import import_module

from vj.base.errors import NotInstalled, VjError
from vj.base.process_priority import step_back
from vj.child import error_log
from vj.child.parent_pipe import ParentPipe

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the job's target and return the exit status. Before it leaves it tells the show what went wrong.

    ``refused`` says that the job can't be done as it was given, and ``retry`` false that it never can be here.
    """
    name, parent = sys.argv[1:]
    _die_with(int(parent))
    job = json.loads(sys.stdin.buffer.readline())
    step_back(job["nice"])
    _leave_keys_to_the_show()
    logging.basicConfig(level=logging.WARNING, format=f"{job['name']}: %(message)s")
    pipe = ParentPipe(job["grace"])
    module, _, function = name.partition(":")
    try:
        target = getattr(import_module(module), function)
        gc.freeze()
        target(pipe, **job["config"])
    except VjError as error:
        pipe.tell(refused=str(error), error=str(error), retry=not isinstance(error, NotInstalled))
        return error.status
    except OSError as error:  # a device or a network: the reason says it all, a traceback nothing more
        pipe.tell(error=str(error))
        logging.getLogger(__name__).warning("%s", error)
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a library or a driver raises: kept in full, told in a line
        told = f"{type(error).__name__}: {error}"
        pipe.tell(error=told)
        if line := error_log.keep(int(parent), job["name"], told, traceback.format_exc()):
            print(line, file=sys.stderr)  # noqa: T201 - a child's only words to people
        return 1
    return 0


def _leave_keys_to_the_show() -> None:
    """Ctrl-C, and on Windows Ctrl-Break, may reach us as well: the show closes us in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, signal.SIG_IGN)


def _die_with(parent: int) -> None:
    """On Linux the kernel ends us with our parent, even when we hang in a driver."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


if __name__ == "__main__":
    sys.stdout.flush()
    status = main()
    os._exit(status)  # no interpreter teardown: native threads of drivers and runtimes may not survive it
