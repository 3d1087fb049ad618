"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="ADDRESS=VALUE", help="Set a parameter (see vj params).")
]

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what exists already.")]

# Of `vj data`.
Side = Annotated[int, typer.Option(help="Pixels of the squares to train on.", min=16, max=2048)]
Test = Annotated[float, typer.Option(help="How many are kept for the test: a share below 1, or a number.", min=0)]
Seed = Annotated[int, typer.Option(help="Chooses which.")]
Licence = Annotated[str, typer.Option(help="Under which licence the pictures are.")]
Credit = Annotated[str, typer.Option(help="Who made them.")]
Rate = Annotated[float, typer.Option(help="Pictures a second, of films.", min=0.01, max=240)]
Most = Annotated[int, typer.Option(help="The most pictures of a film or a folder.", min=1)]
By = Annotated[str | None, typer.Option(help="The filter: edges, drawing, blur, pixels or grey.")]
SetFilter = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the filter, such as low=30.")
]
Target = Annotated[Path | None, typer.Argument(metavar="[DATA]", help="The folder to make.")]

# Of `vj train`.
Data = Annotated[Path, typer.Argument(help="A data set's folder, as vj data makes them.")]
ModelName = Annotated[str, typer.Option("--name", help="What the trained model is called.")]
Minutes = Annotated[float | None, typer.Option(help="How long to train (10, without --steps).", min=0.01)]
Steps = Annotated[int | None, typer.Option(help="How many steps to take.", min=1)]
NetSize = Annotated[str | None, typer.Option("--size", help="tiny (for processors), small, or paper, as its authors'.")]
TrainSide = Annotated[int | None, typer.Option("--side", help="Pixels of the squares, a multiple of 32.", min=32)]
BatchSize = Annotated[int | None, typer.Option("--batch", help="Pictures of a step, on each device.", min=1)]
LearningRate = Annotated[float | None, typer.Option("--rate", help="Adam's learning rate at first.", min=1e-7, max=1.0)]
TrainSeed = Annotated[int | None, typer.Option("--seed", help="For first weights, order and chance.", min=0)]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint of this name.")]
Start = Annotated[Path | None, typer.Option("--from", help="Go on from this checkpoint instead.")]
Devices = Annotated[int, typer.Option(help="Cards or processes to train on together.", min=1, max=64)]
TensorBoard = Annotated[bool, typer.Option("--tensorboard", help="Write the losses for TensorBoard too.")]
Jitter = Annotated[float | None, typer.Option(help="How much colours change, on both sides alike.", min=0, max=1)]
Live = Annotated[str | None, typer.Option(metavar="SHOW", help="Play it in this show while it is learned.")]
Adversary = Annotated[str | None, typer.Option("--gan", help="How patches are judged: lsgan or vanilla.")]
Skips = Annotated[bool | None, typer.Option("--skips/--no-skips", help="The U-Net's connections past its inside.")]
