"""`vj params`, `vj presets` and `vj recordings`: list what shows consist of, and what was recorded of them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column

from vj.base.network_defaults import QUERY_PORT
from vj.cli.options import Overwrite
from vj.cli.printing import ProgressBar, out, print_lines, print_table, wide_console
from vj.preset import DEFAULT


def params(
    preset: Annotated[str, typer.Argument(help="A preset's name or file.")] = DEFAULT,
    live: Annotated[bool, typer.Option("--live", help="What they are in the show that runs, as it moves.")] = False,
    only: Annotated[str, typer.Option(help="Only addresses with this in them.")] = "",
    port: Annotated[int, typer.Option(help="With --live: the show's --query-port.", min=1, max=65535)] = QUERY_PORT,
) -> None:
    """Every parameter of a show: address, type, range, default, help."""
    from vj.preset import preset as presets

    if live:
        from vj.commands.live import watch

        watch(port, only, wide_console())
        return
    columns = [Column(heading, overflow="fold") for heading in ("address", "type", "range", "default", "help")]
    rows = []
    for address, param in presets.load(preset).table().items():
        if only not in address:
            continue
        choices = param.range_and_unit.replace("|", " | ")  # lines may break between two, not in one
        rows.append((address, param.kind, choices, param.written_default, param.help))
    print_table(columns, rows)


def list_presets(
    sheet: Annotated[Path | None, typer.Option(help="Play each, and draw how it looks into this picture.")] = None,
    seconds: Annotated[float, typer.Option(help="With --sheet: how long each plays.", min=1)] = 10.0,
    overwrite: Overwrite = False,
) -> None:
    """The presets: what each is, which models it plays, where its pictures come from."""
    from vj.base.new_file import check_writable
    from vj.commands import presets

    if sheet:
        check_writable(sheet, overwrite)
        with ProgressBar() as progress:
            missing = presets.write_sheet(sheet, seconds, progress)
        print_lines([*missing, str(sheet)])
        return
    print_table(presets.COLUMNS, presets.listing())


def list_recordings() -> None:
    """The films and control recordings that were made here, the newest first, and where they are."""
    from vj.commands import recordings

    rows = list(recordings.listing())
    if not rows:
        out.print("No recordings yet: vj run --record FILE makes one.", highlight=False)
        return
    print_table(recordings.COLUMNS, rows)
