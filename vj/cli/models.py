"""`vj models`: lists, examines, fetches, exports and compares models."""

from pathlib import Path
from typing import Annotated

import typer

from vj.base.errors import BadInput
from vj.cli.options import Overwrite
from vj.cli.printing import ProgressBar, out, print_line, print_lines, print_table, print_verdict, table_of

app = typer.Typer(help="The models: list, look at a file, fetch, test, export, compare.")


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    licences: Annotated[bool, typer.Option("--licences", help="Licences and credits.")] = False,
) -> None:
    """The models by name, their weights, and under which licence those come."""
    if context.invoked_subcommand:
        return
    from vj.model.files import leftovers, listing

    columns, rows = listing.licences() if licences else listing.models()
    print_table(columns, rows)
    print_lines([] if licences else [*listing.refusals(), *listing.runtimes(), *leftovers.described()])


@app.command("inspect")
def models_inspect(
    model: Annotated[str, typer.Argument(help="A model's name, or its file: .pth, .safetensors, .onnx ...")],
) -> None:
    """What a model is, how its network is built and fed, and what was assumed."""
    from vj.model.files.listing import inspection

    print_lines(inspection(model))


@app.command("fetch")
def models_fetch(
    names: Annotated[list[str], typer.Argument(help="Models of the catalogue, or people, for masks.")],
) -> None:
    """Have the weights of models of the catalogue here, so that they can be switched to during a show."""
    from vj.model.files import library, weights

    entries = [library.find(name) for name in names if name not in weights.PARTS]
    parts = [name for name in names if name in weights.PARTS]
    with ProgressBar() as progress:
        for entry in entries:
            entry.fetch(progress)
        paths = [(name, weights.fetch(weights.PARTS[name], progress)) for name in parts]
    for name, path in [*((entry.name, path) for entry in entries for path in entry.files.values()), *paths]:
        print_line(f"{name}: {path}")


@app.command("test")
def models_test(
    model: Annotated[str, typer.Argument(help="A model's name, or its file.")],
    runtime: Annotated[str, typer.Option(help="Force how the model is run.")] = "auto",
) -> None:
    """Load a model and run it: is it finite, does it look at the camera, does it keep geometry, how fast is it here."""
    from vj.commands.selftest import examine
    from vj.model.files import library

    passed = True
    with ProgressBar() as progress:
        for finding in examine(library.find(model), runtime, progress):
            print_verdict(finding.ok, f"{finding.subject}: {finding.detail}")
            passed &= finding.ok
    if not passed:
        raise typer.Exit(1)


@app.command("export")
def models_export(
    model: Annotated[str, typer.Argument(help="A model's name, such as that of a look, or its file.")],
    output: Annotated[
        Path, typer.Argument(help="The file to write: FILE.onnx; FILE.pth or FILE.safetensors for its authors' code.")
    ],
    half: Annotated[bool, typer.Option("--half", help="In half precision; not as ONNX.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write a model's network for other programs, as ONNX, or as junyanz' code loads it; it is run before, and must
    give the same numbers."""
    from vj.base.new_file import check_writable
    from vj.commands.export_authors import ENDINGS, export_authors
    from vj.commands.export_onnx import export_onnx

    check_writable(output, overwrite)
    with ProgressBar() as progress:
        if output.suffix.lower() in ENDINGS:
            lines = export_authors(model, output, progress, overwrite, half=half)
        elif half:
            raise BadInput(f"--half is for {', '.join(ENDINGS)}, not for {output.name!r}")
        else:
            lines = export_onnx(model, output, progress)
    print_lines(lines)


@app.command("compare")
def models_compare(
    one: Annotated[str, typer.Argument(metavar="A", help="A model's name, or its file.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    on: Annotated[
        Path | None, typer.Option(help="A picture, a folder of them, a data set or a film (else bundled pictures).")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="The file to write (else a free name here).")] = None,
    seconds: Annotated[float, typer.Option(help="How much of a film.", min=0.1)] = 10.0,
) -> None:
    """Two models side by side, as a sheet or a film; how like they are (SSIM, features), and how steady."""
    from vj.commands.compare import compare

    with ProgressBar() as progress:
        lines = compare(one, other, on, to, seconds, progress)
    print_lines(lines)


@app.command("clean")
def models_clean() -> None:
    """Remove what is kept on disk to be made only once: compiled networks, verdicts. Fetched weights stay."""
    from vj.model.files import leftovers

    out.print(f"{leftovers.clean() / 1e6:.0f} MB removed", highlight=False)


@app.command("sheet")
def models_sheet(
    output: Annotated[Path, typer.Argument(help="The picture to write.")], overwrite: Overwrite = False
) -> None:
    """A contact sheet: what every model that is here makes of one bundled picture; others are named, not fetched."""
    from vj.base.new_file import check_writable
    from vj.commands.sheet import write_sheet

    check_writable(output, overwrite)
    with ProgressBar() as progress:
        missing = write_sheet(output, progress)
    print_lines([*missing, str(output)])


@app.command("layers")
def models_layers(
    model: Annotated[str, typer.Argument(help="A classifier's file, or a model that plays one.")] = "dream-zoom",
    sheet: Annotated[Path | None, typer.Option(help="Draw what they dream of into this picture.")] = None,
    units: Annotated[str | None, typer.Option(metavar="LAYER", help="The units of this layer instead.")] = None,
    first: Annotated[int, typer.Option(help="The first unit to draw.", min=0)] = 0,
    count: Annotated[int, typer.Option(help="How many units to draw.", min=1, max=256)] = 24,
    overwrite: Overwrite = False,
) -> None:
    """The layers of a classifier, by its own names and by the words that presets use; and what each dreams of."""
    from vj.base.new_file import check_writable
    from vj.commands import browser

    if units and not sheet:
        raise BadInput(f"--units {units} draws a picture: say where to with --sheet FILE")
    if sheet:
        check_writable(sheet, overwrite)
    with ProgressBar() as progress:
        if sheet and units:
            browser.write_units(model, units, sheet, range(first, first + count), progress)
        elif sheet:
            browser.write_layers(model, sheet, progress)
        rows = [] if sheet else list(browser.layers(model, progress))
    if sheet:
        print_line(str(sheet))
        return
    out.print(table_of(browser.COLUMNS, rows), highlight=False)
