"""``python -m vj`` and the ``vj`` command."""

import sys
from io import TextIOWrapper

from typer.exceptions import TyperException


def main() -> None:
    """Runs the command line in sys.argv, and always ends the process, by SystemExit with the command's status. An error
    that is meant for the user, or a wrong option, is printed to stderr as one line, without a traceback; Ctrl-C gives
    the status 130. Other errors are raised."""
    _print_whatever_comes()
    from vj.base.errors import VjError
    from vj.cli import app

    try:
        status = app(standalone_mode=False)
    except VjError as error:
        status = _say(str(error), error.status)
    except TyperException as error:
        status = _say(_usage(error), 2)
    except KeyboardInterrupt:
        status = 130
    sys.exit(status if isinstance(status, int) else 0)


def _print_whatever_comes() -> None:
    """Makes letters that the output's encoding lacks question marks: on Windows it often isn't UTF-8."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _say(message: str, status: int) -> int:
    """Prints an error and returns ``status``."""
    print(f"vj: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201 - the one place that speaks to the user so
    return status


def _usage(error: TyperException) -> str:
    """Returns what is wrong with the options, with the value that was given for the one at fault."""
    message = str(getattr(error, "format_message", lambda: error)())
    for option in getattr(getattr(error, "param", None), "opts", ()):
        for place, word in enumerate(sys.argv):
            if word == option and place + 1 < len(sys.argv):
                return f"{message}, not {sys.argv[place + 1]!r}"
            if word.startswith(f"{option}="):
                return f"{message}, not {word.partition('=')[2]!r}"
    return message


if __name__ == "__main__":
    main()
