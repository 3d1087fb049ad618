"""`vj data`: makes data sets to train on."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vj.base.errors import BadInput
from vj.cli.options import By, Credit, Licence, Most, Rate, Seed, SetFilter, Side, Target, Test
from vj.cli.printing import ProgressBar, print_lines, tell

if TYPE_CHECKING:
    from vj.data.builder import FinishedSet
    from vj.data.filters import PictureFilter

app = typer.Typer(no_args_is_help=True, help="Data sets to train on: of pairs, films, a camera, OpenMoji.")


@app.command("pairs")
def data_pairs(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="With folders a and b, or with pictures side by side.")],
    data: Target = None,
    swap: Annotated[bool, typer.Option("--swap", help="From b to a.")] = False,
    side: Side = 256,
    test: Test = 0.1,
    seed: Seed = 0,
    licence: Licence = "",
    credit: Credit = "",
) -> None:
    """Of pairs that you have: two folders with the same names, or files with both pictures side by side."""
    from vj.data.builder import DataPlan
    from vj.data.pairs import make_pairs

    target = _data_folder(data, f"{folder.resolve().name}-pairs")
    plan = DataPlan(side, test, seed, licence, credit, _typed(context))
    with ProgressBar() as progress:
        made = make_pairs(folder, target, plan, progress, swap)
    _tell_made(made)


@app.command("from")
def data_from(
    context: typer.Context,
    clip: Annotated[Path, typer.Argument(help="A film, or a folder of pictures and films.")],
    data: Target = None,
    by: By = None,
    set_: SetFilter = None,
    rate: Rate = 8.0,
    most: Most = 2000,
    side: Side = 256,
    test: Test = 0.1,
    seed: Seed = 0,
    licence: Licence = "",
    credit: Credit = "",
) -> None:
    """Of a film: pairs of what a filter makes of each picture, and the picture; without --by only the pictures."""
    from vj.data.builder import DataPlan
    from vj.data.gathering import make_from

    target = _data_folder(data, f"{clip.resolve().stem}-{by or 'pictures'}")
    plan = DataPlan(side, test, seed, licence, credit, _typed(context))
    with ProgressBar() as progress:
        made = make_from(clip, target, plan, progress, _filter(by, set_), rate, most)
    _tell_made(made)


@app.command("capture")
def data_capture(
    context: typer.Context,
    data: Target = None,
    source: Annotated[str, typer.Option(help="Where pictures come from: camera, screen, stream:URL, ...")] = "camera",
    by: By = None,
    set_: SetFilter = None,
    rate: Rate = 4.0,
    seconds: Annotated[float, typer.Option(help="How long; Ctrl-C ends it earlier.", min=0.1)] = 30.0,
    side: Side = 256,
    test: Test = 0.1,
    seed: Seed = 0,
    licence: Licence = "",
    credit: Credit = "",
) -> None:
    """Of what a camera, the screen with a show, or any other source shows: pictures, or pairs with a filter."""
    from vj.data.builder import DataPlan
    from vj.data.capture import make_capture

    target = _data_folder(data, f"{source.partition(':')[0]}-{by or 'pictures'}")
    plan = DataPlan(side, test, seed, licence, credit, _typed(context))
    with ProgressBar() as progress:
        made = make_capture(source, target, plan, progress, _filter(by, set_), rate, seconds)
    _tell_made(made)


@app.command("two")
def data_two(
    context: typer.Context,
    a: Annotated[Path, typer.Argument(help="A folder of pictures, or a film.")],
    b: Annotated[Path, typer.Argument(help="Another one.")],
    data: Target = None,
    rate: Rate = 8.0,
    most: Most = 2000,
    side: Side = 256,
    test: Test = 0.1,
    seed: Seed = 0,
    licence: Licence = "",
    credit: Credit = "",
) -> None:
    """Of two folders or films that aren't pairs."""
    from vj.data.builder import DataPlan
    from vj.data.gathering import make_two

    target = _data_folder(data, f"{a.resolve().stem}-{b.resolve().stem}")
    plan = DataPlan(side, test, seed, licence, credit, _typed(context))
    with ProgressBar() as progress:
        made = make_two(a, b, target, plan, progress, rate, most)
    _tell_made(made)


@app.command("openmoji")
def data_openmoji(
    context: typer.Context,
    data: Target = None,
    archive: Annotated[Path | None, typer.Option(help="openmoji-17.0.0.tgz, where there is no npm.")] = None,
    side: Side = 256,
    test: Test = 200.0,
    seed: Seed = 0,
) -> None:
    """Of OpenMoji: two thousand line drawings with their coloured pictures (CC BY-SA 4.0), fetched by npm."""
    from vj.data.builder import DataPlan
    from vj.data.openmoji import make_openmoji

    target = _data_folder(data, "openmoji")
    plan = DataPlan(side, test, seed, command=_typed(context))
    with ProgressBar() as progress:
        made = make_openmoji(target, plan, progress, archive)
    _tell_made(made)


def _data_folder(asked: Path | None, name: str) -> Path:
    """Returns the folder for a new data set: ``asked``, or the first free one called ``name`` here."""
    from vj.base.new_file import free_name

    return asked or free_name(Path(name))


def _filter(by: str | None, settings: list[str] | None) -> "PictureFilter | None":
    """Returns the filter that was asked for, or None. Raises BadInput."""
    from vj.data.filters import find_filter

    if settings and by is None:
        raise BadInput(f"--set {settings[0]} sets something of a filter: say which with --by")
    return find_filter(by, settings or ()) if by else None


def _typed(context: typer.Context) -> str:
    """Returns the command as it can be typed again, with the options that aren't at their defaults."""
    words = ["vj", *context.command_path.removeprefix(context.find_root().command_path).split()]
    for param in context.command.params:
        value = context.params.get(str(param.name))
        if value is None or (value == param.default and param.param_type_name == "option"):
            continue
        name = [] if param.param_type_name == "argument" else [param.opts[0]]
        values = value if isinstance(value, list | tuple) else [value]
        words += [word for one in values for word in (*name, *([] if one is True else [str(one)]))]
    return shlex.join(words)


def _tell_made(made: "FinishedSet") -> None:
    """Prints what was made of a data set, and that its pictures' licence isn't known."""
    print_lines(made.lines())
    if not made.description.licence:
        tell("Whose pictures these are isn't known: --licence and --credit say it, for the day they are passed on")
