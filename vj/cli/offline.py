"""`vj apply` and `vj render`: make files, without playing a show."""

from pathlib import Path
from typing import Annotated

import typer

from vj.base.clock import FASTEST, SLOWEST
from vj.base.errors import VjError
from vj.cli.options import Overwrite, Set
from vj.cli.printing import ProgressBar, print_lines


def apply(
    model: Annotated[str, typer.Argument(help="A model's name, or its file.")],
    input: Annotated[Path, typer.Argument(help="A picture, a film, or a folder of them.")],
    output: Annotated[Path, typer.Argument(help="The file or folder to write.")],
    runtime: Annotated[str, typer.Option(help="Force how the model is run.")] = "auto",
    raw: Annotated[bool, typer.Option("--raw", help="The network's own numbers, as .npy (3xHxW, float32).")] = False,
    style: Annotated[Path | None, typer.Option(help="The painting, for models that paint like one.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps, for models that take many.", min=0)] = None,
    at: Annotated[str, typer.Option(metavar="N,N,...", help="Steps after which to write the picture too.")] = "",
    strip: Annotated[bool, typer.Option("--strip", help="All pictures of --at in one row.")] = False,
    overwrite: Overwrite = False,
    set_: Set = None,
) -> None:
    """Put a picture, a film or a folder through a model, at full size; or a size, through what begins with noise."""
    from vj.commands.apply import PartlyRead, Stages, apply_model, apply_raw

    lost: VjError | None = None
    set_ = [*(set_ or ()), *([f"style_image={style.resolve()}"] if style else [])]
    with ProgressBar() as progress:
        if raw:
            written = [apply_raw(model, input, output, set_, progress, overwrite)]
        else:
            stages = Stages.parse(steps, at, strip)
            try:
                written = apply_model(model, input, output, set_, runtime, progress, stages, overwrite)
            except PartlyRead as error:
                written, lost = list(error.written), error
    print_lines(map(str, written))
    if lost:
        raise lost


def render(
    recording: Annotated[Path, typer.Argument(help="What vj run --log-control wrote.")],
    output: Annotated[Path, typer.Argument(help="The film to make (.mp4), or a folder for its pictures.")],
    size: Annotated[str | None, typer.Option(metavar="WxH", help="The picture's size.")] = None,
    model_size: Annotated[str | None, typer.Option(metavar="WxH", help="What the model's picture fits in.")] = None,
    fps: Annotated[float | None, typer.Option(help="Pictures a second.", min=SLOWEST, max=FASTEST)] = None,
    source: Annotated[str | None, typer.Option(help="Another source for the first layer.")] = None,
    seconds: Annotated[float | None, typer.Option(help="No more than this of it.", min=0.01)] = None,
    runtime: Annotated[str, typer.Option(help="Force how the model is run (see vj models).")] = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Make the film of a show that was played: from the original clip, every picture by the model, none late."""
    from vj.commands import recordings
    from vj.preset import preset as presets
    from vj.render.render import render as make

    with ProgressBar() as progress:
        made = make(
            recording,
            output,
            size=presets.parse_size(size) if size else None,
            model_size=presets.parse_size(model_size) if model_size else None,
            fps=fps,
            source=source,
            seconds=seconds,
            runtime=runtime,
            overwrite=overwrite,
            progress=progress,
        )
    recordings.note(made.path)
    how = [f"{model}: {run}" for model, run in made.runtimes.items()]
    told = f"{made.path}: {made.frames} pictures of {made.size.width}x{made.size.height}, {made.fps:g} a second"
    print_lines((*made.notices, *how, told))
