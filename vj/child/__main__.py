"""``python -m vj.child TARGET PARENT`` runs TARGET (``module:function``) as a child of the process with the id PARENT.

The job, a JSON object, is the first line of stdin: ``name`` (for messages), ``config`` (the arguments of TARGET, by
name, after the pipe), ``nice`` (the nice value to take) and ``grace`` (seconds to leave once stdin has ended). Commands
follow it on stdin, as lines of JSON; status goes to stdout.
"""

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
    """Read the job and run its target, until that returns. Returns the exit status: 0, or not 0 after an error.

    The child tells its parent of an error first, under ``error``. After a VjError it tells it under ``refused``, too,
    because the job can't be done as it was given, and ``retry``, which is false for a NotInstalled: it can't be done
    as long as this show plays. Tracebacks of unexpected errors go to a file, see `vj.child.error_log`.
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
    except OSError as error:  # a device or a network: a traceback says no more than the reason
        pipe.tell(error=str(error))
        logging.getLogger(__name__).warning("%s", error)
        return 1
    except Exception as error:  # noqa: BLE001 - any error of a library or a driver: kept in full, told in a line
        told = f"{type(error).__name__}: {error}"
        pipe.tell(error=told)
        if line := error_log.keep(int(parent), job["name"], told, traceback.format_exc()):
            print(line, file=sys.stderr)  # noqa: T201 - the only text that a child prints
        return 1
    return 0


def _leave_keys_to_the_show() -> None:
    """Ignore Ctrl-C and, on Windows, Ctrl-Break.

    They may reach this process too, but the show closes its children in order.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, signal.SIG_IGN)


def _die_with(parent: int) -> None:
    """On Linux, have the kernel kill this process when ``parent`` (a process id) ends, even if it hangs in a driver."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)


if __name__ == "__main__":
    sys.stdout.flush()
    status = main()
    os._exit(status)  # no interpreter teardown: native threads of drivers and runtimes may not survive it
