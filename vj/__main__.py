"""``python -m vj`` and the ``vj`` command."""

import sys


def main() -> None:
    """Run the command line; an error meant for the user is one line and its status, never a traceback."""
    from vj.cli import app
    from vj.errors import VjError

    try:
        app()
    except VjError as error:
        print(f"vj: {error}", file=sys.stderr)  # noqa: T201 - the one place that speaks to the user so
        sys.exit(error.status)


if __name__ == "__main__":
    main()
