"""The command line: one group of commands a file. Each command calls one function elsewhere.

They are declared here in the order in which ``vj --help`` shows them. `options` holds what several of them take,
`printing` how they print. Nothing heavy is imported before the command that needs it.
"""

from typing import Annotated

import typer

from vj.cli import bench, data, machine, manual, models, offline, osc, run, shaders, shows, train
from vj.cli.printing import out, tell

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="vj: a live video instrument.",
)
app.command()(run.run)
app.command()(offline.apply)
app.command()(offline.render)
app.command()(shows.params)
app.command("presets")(shows.list_presets)
app.command("recordings")(shows.list_recordings)
app.command("help")(manual.show_page)
app.command()(machine.devices)
app.command()(machine.doctor)
app.add_typer(bench.app, name="bench")
app.add_typer(osc.app, name="osc")
app.add_typer(models.app, name="models")
app.add_typer(shaders.app, name="shaders")
app.add_typer(train.app, name="train")
app.add_typer(data.app, name="data")


@app.callback(invoke_without_command=True)
def _before_each_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="The version, and nothing else.")] = False,
) -> None:
    from vj.base.paths import cache_trouble

    if version:
        from importlib.metadata import version as installed

        out.print(f"vj {installed('vj')}", highlight=False)
        raise typer.Exit
    if context.invoked_subcommand is None:
        out.print(context.get_help())
        raise typer.Exit
    tell(cache_trouble())
