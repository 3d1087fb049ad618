"""`vj bench`: measures speed."""

from pathlib import Path
from typing import Annotated

import typer

from vj.cli.printing import print_lines

app = typer.Typer(no_args_is_help=True, help="Measure speed as ratios against a peer in the same run.")


@app.command("loop")
def bench_loop(
    clip: Annotated[Path | None, typer.Option(help="The film to play (default: the bundled one).")] = None,
    seconds: Annotated[float, typer.Option(help="How long each part of a round runs.", min=1)] = 10.0,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are quoted.", min=1)] = 3,
) -> None:
    """The whole loop against the bare network, and against OpenCV with ONNX Runtime."""
    from vj.bench.loop import measure

    print_lines(measure(clip, seconds, rounds))


@app.command("models")
def bench_models(
    family: Annotated[str | None, typer.Option(help="Only this family of models.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each way of running each network runs.", min=0.1)] = 4.0,
) -> None:
    """Every family on every runtime here, against plain torch and ONNX Runtime in the same run."""
    from vj.bench.models import measure

    print_lines(measure(family, seconds))


@app.command("dream")
def bench_dream(
    seconds: Annotated[float, typer.Option(help="How long each way, and each round of the zoom, runs.", min=1)] = 8.0,
    rounds: Annotated[int, typer.Option(help="Rounds of the zoom; the median is quoted.", min=1)] = 3,
) -> None:
    """A written-out step of deep dream against autograd, and the whole live zoom."""
    from vj.bench.dream import measure

    print_lines(measure(seconds, rounds))


@app.command("gpu")
def bench_gpu(
    seconds: Annotated[float, typer.Option(help="How long all of it may take.", min=10)] = 470.0,
    rehearse: Annotated[bool, typer.Option("--rehearse", help="On the processor, with tiny pictures.")] = False,
) -> None:
    """Everything that is promised of graphics cards: networks, dreams, the whole loop, video memory. Without a card it
    is a rehearsal on the processor. Nothing is downloaded."""
    from vj.bench.gpu import measure

    print_lines(measure(seconds, rehearse))


@app.command("gl")
def bench_gl(
    seconds: Annotated[
        float, typer.Option(help="How long each pass, and each number of layers, is timed.", min=0.1)
    ] = 3.0,
) -> None:
    """What effects and layers cost on this OpenGL: each pass against bare moderngl, a chain of six, four layers against
    one."""
    from vj.bench.gl import measure

    print_lines(measure(seconds))


@app.command("switch")
def bench_switch(
    switches: Annotated[int, typer.Option(help="How many changes inside the bank.", min=1)] = 200,
) -> None:
    """What changing models costs the display: in a bank of all models of the catalogue, and with each loaded meanwhile.
    Missing models are downloaded; the show has no window."""
    from vj.bench.switch import measure

    print_lines(measure(switches))


@app.command("start")
def bench_start(
    rounds: Annotated[int, typer.Option(help="Rounds; medians are quoted.", min=1)] = 5,
) -> None:
    """How soon the command answers, a picture is on screen and a model's picture is there, beside a bare Python."""
    from vj.bench.start import measure

    print_lines(measure(rounds))


@app.command("steady")
def bench_steady(
    frames: Annotated[int, typer.Option(help="Pictures of each clip at most.", min=30)] = 100,
    picture: Annotated[Path | None, typer.Option(help="A JPEG file to write, with all ways side by side.")] = None,
) -> None:
    """How much smoother and calmer a slow model becomes, against holding and cross-fading its results; takes minutes.
    Clips and weights that are missing are downloaded."""
    from vj.bench.steady import measure

    print_lines(measure(frames, picture))


@app.command("stage")
def bench_stage(
    seconds: Annotated[float, typer.Option(help="How long each look is learned; 40 shows all.", min=0.5)] = 10.0,
    clock: Annotated[str, typer.Option(help="What a second is: thread (of a processor) or wall.")] = "thread",
    only: Annotated[str, typer.Option(metavar="BEGINNING", help="Only such rows: bikes, bikes ink ...")] = "",
    cold: Annotated[bool, typer.Option("--cold", help="Without the warm start.")] = False,
    picture: Annotated[Path | None, typer.Option(help="A JPEG file to write: the truth, and what was learned.")] = None,
) -> None:
    """How soon a look is learned from painted frames, and how near it comes; takes minutes. What is missing is
    downloaded."""
    from vj.bench.stage import measure

    print_lines(measure(seconds, clock, only, cold, picture))


@app.command("train")
def bench_train(
    seconds: Annotated[float, typer.Option(help="How long each method's step is timed; 0: not at all.", min=0)] = 8.0,
    minutes: Annotated[float, typer.Option(help="How long a model is trained; 0: not at all.", min=0)] = 2.0,
    clock: Annotated[str, typer.Option(help="What a second is: of the processor (one core) or wall.")] = "wall",
    clip: Annotated[Path | None, typer.Option(help="Another film than the half minute put together here.")] = None,
) -> None:
    """A training's step against the bare networks', and how soon a clip becomes a model that plays; takes minutes.
    Clips that are missing are downloaded."""
    from vj.bench.train import measure

    print_lines(measure(seconds, minutes, clock, clip))


@app.command("osc")
def bench_osc(
    seconds: Annotated[float, typer.Option(help="How long each part of a round plays.", min=3)] = 11.0,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are quoted.", min=1)] = 3,
) -> None:
    """The picture under a flood of messages, against the same picture left alone."""
    from vj.bench.osc import measure

    print_lines(measure(seconds, rounds))
