"""`vj train`: trains models on data sets, and looks on painted frames."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from vj.base.errors import BadInput
from vj.cli.options import (
    Adversary,
    BatchSize,
    Data,
    Devices,
    Jitter,
    LearningRate,
    Live,
    Minutes,
    ModelName,
    NetSize,
    Overwrite,
    Resume,
    Skips,
    Start,
    Steps,
    TensorBoard,
    TrainSeed,
    TrainSide,
)
from vj.cli.printing import ProgressBar, err, print_line, print_lines, tell
from vj.cli.run import run

TRAINING_MINUTES = 10.0
"""How long a training takes by default."""

app = typer.Typer(no_args_is_help=True, help="Train your own: models on data sets, looks on painted frames.")


@app.command("look")
def train_look(
    pairs: Annotated[
        list[str], typer.Argument(metavar="KEYFRAME=PAINTED...", help="Frames, and how they are to look.")
    ],
    name: Annotated[str, typer.Option(help="What the look is called.")],
    seconds: Annotated[float, typer.Option(help="How long it is learned.", min=0.5)] = 20.0,
    play: Annotated[str | None, typer.Option(metavar="SHOW", help="Play it in this show while it is learned.")] = None,
) -> None:
    """Learn a look from painted frames: afterwards it is a model by its name. A show that plays it follows at once.

    KEYFRAME and PAINTED are picture files: a frame, and the same frame painted over. What is transparent isn't learned.
    """
    from vj.commands.train_look import train, training_beside

    if play is None:
        with ProgressBar() as progress:
            trained = train(pairs, name, seconds, progress)
        print_lines(trained.lines)
        return
    with ExitStack() as beside:
        with ProgressBar() as progress:
            remarks = beside.enter_context(training_beside(pairs, name, seconds, progress))
        for line in remarks:
            tell(line)
        run(play, model=[name])


@app.command("start")
def train_start(
    output: Annotated[Path, typer.Argument(help="The file to write (.safetensors).")],
    seed: Annotated[int, typer.Option(help="What is random is drawn from it.", min=0)] = 0,
    rounds: Annotated[int, typer.Option(help="How often a look is learned; 3 a second or so.", min=1)] = 3000,
    overwrite: Overwrite = False,
) -> None:
    """Train the network from which every look starts: on looks that programs make of free pictures. It takes a core for
    many minutes; the same seed and rounds give the same weights on the same machine."""
    from vj.commands.train_start import train

    with ProgressBar() as progress:
        train(output, seed, rounds, progress, overwrite)
    print_line(str(output))


@app.command("pix2pix")
def train_pix2pix(
    data: Data,
    name: ModelName,
    minutes: Minutes = None,
    steps: Steps = None,
    size: NetSize = None,
    side: TrainSide = None,
    batch: BatchSize = None,
    rate: LearningRate = None,
    seed: TrainSeed = None,
    jitter: Jitter = None,
    adversary: Adversary = None,
    skips: Skips = None,
    resume: Resume = False,
    start: Start = None,
    devices: Devices = 1,
    tensorboard: TensorBoard = False,
    live: Live = None,
) -> None:
    """What one picture of a pair turns into: a U-Net, and a discriminator of patches (Isola et al. 2017)."""
    _train("pix2pix", locals())


@app.command("unet")
def train_unet(
    data: Data,
    name: ModelName,
    minutes: Minutes = None,
    steps: Steps = None,
    size: NetSize = None,
    side: TrainSide = None,
    batch: BatchSize = None,
    rate: LearningRate = None,
    seed: TrainSeed = None,
    jitter: Jitter = None,
    skips: Skips = None,
    resume: Resume = False,
    start: Start = None,
    devices: Devices = 1,
    tensorboard: TensorBoard = False,
    live: Live = None,
) -> None:
    """The same by the mean absolute difference alone: blurred where many results are possible."""
    _train("unet", locals())


@app.command("cyclegan")
def train_cyclegan(
    data: Data,
    name: ModelName,
    minutes: Minutes = None,
    steps: Steps = None,
    size: NetSize = None,
    side: TrainSide = None,
    batch: BatchSize = None,
    rate: LearningRate = None,
    seed: TrainSeed = None,
    jitter: Jitter = None,
    adversary: Adversary = None,
    resume: Resume = False,
    start: Start = None,
    devices: Devices = 1,
    tensorboard: TensorBoard = False,
    live: Live = None,
) -> None:
    """Two folders without pairs, in both directions (Zhu et al. 2017)."""
    _train("cyclegan", locals())


@app.command("cut")
def train_cut(
    data: Data,
    name: ModelName,
    minutes: Minutes = None,
    steps: Steps = None,
    size: NetSize = None,
    side: TrainSide = None,
    batch: BatchSize = None,
    rate: LearningRate = None,
    seed: TrainSeed = None,
    jitter: Jitter = None,
    adversary: Adversary = None,
    resume: Resume = False,
    start: Start = None,
    devices: Devices = 1,
    tensorboard: TensorBoard = False,
    live: Live = None,
) -> None:
    """Two folders without pairs, from a to b, by contrast of patches (Park et al. 2020)."""
    _train("cut", locals())


@app.command("style")
def train_style(
    data: Data,
    name: ModelName,
    painting: Annotated[
        Path | None, typer.Option(help="The painting: a picture's file, or a bundled one's name.")
    ] = None,
    classifier: Annotated[
        Path | None, typer.Option(help="A VGG's file to see strokes by (else the catalogue's).")
    ] = None,
    steady: Annotated[
        float | None, typer.Option(help="How steadily films are painted; 0: no matter how.", min=0)
    ] = None,
    minutes: Minutes = None,
    steps: Steps = None,
    size: NetSize = None,
    side: TrainSide = None,
    batch: BatchSize = None,
    rate: LearningRate = None,
    seed: TrainSeed = None,
    jitter: Jitter = None,
    resume: Resume = False,
    start: Start = None,
    devices: Devices = 1,
    tensorboard: TensorBoard = False,
    live: Live = None,
) -> None:
    """One painting's strokes and colours, for any picture (Johnson et al. 2016)."""
    _train("style", locals())


def _train(method: str, given: Mapping[str, Any]) -> None:
    """Trains, beside a show if one is named, and prints what was made. ``given`` are the command's arguments by name:
    those that aren't of the training itself are fields of `vj.train.start.TrainingWish`."""
    from vj.commands.train_models import run as trained

    asked = dict(given)
    data, name, devices, live = (asked.pop(key) for key in ("data", "name", "devices", "live"))
    minutes, steps = asked.pop("minutes"), asked.pop("steps")
    if minutes is None and steps is None:
        minutes = TRAINING_MINUTES
    if live is not None:
        lines = _train_live(live, method, data, name, minutes, steps, devices, asked)
    else:
        lines = trained(method, data, name, steps, minutes, devices, err, asked)
    print_lines(lines)


def _train_live(
    show: str,
    method: str,
    data: Path,
    name: str,
    minutes: float | None,
    steps: int | None,
    devices: int,
    asked: Mapping[str, object],
) -> list[str]:
    """Trains in a process of its own while ``show`` plays the model. Returns what is to be printed afterwards."""
    from vj.commands.train_live import training_beside
    from vj.preset.preset import load

    if devices > 1:
        raise BadInput("--live trains on one device; train with --devices, and play it beside: vj run --model NAME")
    load(show)
    seconds = None if minutes is None else 60.0 * minutes
    with ExitStack() as beside:
        with ProgressBar() as progress:
            training = beside.enter_context(training_beside(method, data, name, steps, seconds, asked, progress))
        run(show, model=[name])
    return training.lines
