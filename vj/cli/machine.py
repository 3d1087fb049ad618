"""`vj devices` and `vj doctor`: say what this machine has."""

import typer
from rich.markup import escape

from vj.cli.printing import out, print_line


def devices() -> None:
    """Cameras, monitors, sound and MIDI, by names that stay the same; and the kinds of source."""
    from vj.commands.devices import listing

    for heading, lines in listing():
        out.print(heading, style="bold", highlight=False)
        for line in lines:
            print_line(f"  {line}")


def doctor() -> None:
    """What this machine has, what is missing, and the command that fixes it; status 1 where nothing could play."""
    from vj.commands.doctor import examine

    unplayable = False
    for finding in examine():
        unplayable |= finding.needed and not finding.ok
        mark = "[green]ok[/]     " if finding.ok else ("[red]missing[/]" if finding.needed else "[yellow]without[/]")
        out.print(f"{mark} {escape(f'{finding.subject}: {finding.detail}')}", highlight=False, soft_wrap=True)
        if finding.fix and not finding.ok:
            print_line(f"        fix: {finding.fix}")
    if unplayable:
        raise typer.Exit(1)
