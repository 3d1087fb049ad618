"""`vj osc`: what OSC controllers need."""

from pathlib import Path
from typing import Annotated

import typer

from vj.base.errors import BadInput
from vj.base.network_defaults import LOOPBACK, OSC_PORT
from vj.cli.options import Overwrite
from vj.cli.printing import print_line
from vj.preset import DEFAULT

app = typer.Typer(no_args_is_help=True, help="What OSC controllers need.")


@app.command("layout")
def osc_layout(
    file: Annotated[Path, typer.Argument(help="The file to write: .tosc or .json.")],
    preset: Annotated[str, typer.Argument(help="A preset's name or file.")] = DEFAULT,
    kind: Annotated[
        str | None, typer.Option(help="touchosc (.tosc) or open-stage-control (.json): what FILE's ending says.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where the show runs, as the controller sees it.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="The show's --osc-port.", min=1, max=65535)] = OSC_PORT,
    only: Annotated[str, typer.Option(help="Only addresses with this in them.")] = "",
    overwrite: Overwrite = False,
) -> None:
    """A ready layout with the parameters of a show, for TouchOSC or Open Stage Control."""
    from vj.base.new_file import check_writable
    from vj.control.layout import write_layout
    from vj.preset import preset as presets

    chosen = presets.load(preset)
    table = chosen.table()
    check_writable(file, overwrite)
    found = table.without(address for address in table if only not in address)
    if not found:
        raise BadInput(f"no address of {chosen.name} has {only!r} in it; see vj params")
    write_layout(found, file, kind, host, port, title=chosen.title)
    print_line(str(file))
