"""`vj shaders`: lists and checks shaders."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vj.cli.options import Overwrite
from vj.cli.printing import ProgressBar, out, print_line, print_lines, print_table, print_verdict

app = typer.Typer(help="The shaders: list, check files, gallery.")


@app.callback(invoke_without_command=True)
def shaders(context: typer.Context) -> None:
    """The shaders by name, which are effects, generators and transitions, with their inputs."""
    if context.invoked_subcommand:
        return
    from vj.commands.shaders import COLUMNS, listing

    print_table(COLUMNS, listing())


@app.command("check")
def shaders_check(
    place: Annotated[Path, typer.Argument(metavar="FILE-OR-FOLDER", help="A shader, or a folder of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="A list of tables with name, kind, ok, error, ms.")] = False,
    longest: Annotated[float, typer.Option(help="Seconds that each may take.", min=0.1)] = 30.0,
) -> None:
    """Load, compile and draw shaders of the Interactive Shader Format; status 1 where one doesn't render."""
    from vj.commands.shaders import check

    found = []
    with ProgressBar() as progress:
        for finding in check(place, progress, longest):
            found.append(finding)
            if not as_json:
                detail = f"{finding.ms:8.2f} ms" if finding.ok else finding.error
                print_verdict(finding.ok, f"{finding.name}  {finding.kind}  {detail}")
    passed = sum(finding.ok for finding in found)
    if as_json:
        print_line(json.dumps([one.as_table() for one in found], indent=1))
    else:
        out.print(f"{passed} of {len(found)} render", highlight=False)
    if passed < len(found):
        raise typer.Exit(1)


@app.command("gallery")
def shaders_gallery(
    output: Annotated[Path, typer.Argument(help="The picture to write.")], overwrite: Overwrite = False
) -> None:
    """A contact sheet: what every shader makes of one bundled picture, or draws by itself; status 1 where one fails."""
    from vj.base.new_file import check_writable
    from vj.commands.gallery import write_gallery

    check_writable(output, overwrite)
    with ProgressBar() as progress:
        failed = write_gallery(output, progress)
    print_lines([*failed, str(output)])
    if failed:
        raise typer.Exit(1)
