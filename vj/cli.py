"""The command line: declares what can be asked for. Each command calls one function elsewhere."""

import json
import math
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vj.base.clock import FASTEST, SLOWEST, now
from vj.base.errors import BadInput, NeverPlayed, Unavailable, VjError
from vj.base.network_defaults import LOOPBACK, OSC_PORT, QUERY_PORT
from vj.preset import DEFAULT

_HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, context_settings=_HELP, help="vj: a live video instrument."
)
bench = typer.Typer(no_args_is_help=True, help="Measure speed as ratios against a peer in the same run.")
app.add_typer(bench, name="bench")
osc_app = typer.Typer(no_args_is_help=True, help="What OSC controllers need.")
app.add_typer(osc_app, name="osc")
models_app = typer.Typer(help="The models: list, look at a file, fetch, test, export, compare.")
app.add_typer(models_app, name="models")
shaders_app = typer.Typer(help="The shaders: list, check files, gallery.")
app.add_typer(shaders_app, name="shaders")
train_app = typer.Typer(no_args_is_help=True, help="Train your own: models on data sets, looks on painted frames.")
app.add_typer(train_app, name="train")
data_app = typer.Typer(no_args_is_help=True, help="Data sets to train on: of pairs, films, a camera, OpenMoji.")
app.add_typer(data_app, name="data")

_out = Console()
_err = Console(stderr=True)

_WORTH_A_LINE = 1.0
"""Seconds after which a running task is announced."""
UNATTENDED_SECONDS = 10.0
"""Seconds that a show without a screen records by default."""
TRAINING_MINUTES = 10.0
"""How long a training takes by default."""

Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="ADDRESS=VALUE", help="Set a parameter (see vj params).")
]

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what exists already.")]


@app.callback(invoke_without_command=True)
def _before_each_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="The version, and nothing else.")] = False,
) -> None:
    from vj.base.paths import cache_trouble

    if version:
        from importlib.metadata import version as installed

        _out.print(f"vj {installed('vj')}", highlight=False)
        raise typer.Exit
    if context.invoked_subcommand is None:
        _out.print(context.get_help())
        raise typer.Exit
    _tell(cache_trouble())


@app.command()
def run(
    preset: Annotated[str | None, typer.Argument(help="A preset's name or a .toml file.")] = None,
    source: Annotated[str | None, typer.Option(help="Where pictures come from: camera, movie:FILE, ...")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model's name or file; several make a bank.")] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="The picture's size.")] = None,
    model_size: Annotated[
        str | None,
        typer.Option(
            metavar="WxH", help="What the model's picture fits in: on a card the picture's size, else 640x360."
        ),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(
            help="The display's rate: without one of its own 60, where the CPU draws 30.", min=SLOWEST, max=FASTEST
        ),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No window.")] = False,
    fullscreen: Annotated[bool, typer.Option("--fullscreen", help="Cover the monitor.")] = False,
    monitor: Annotated[str | None, typer.Option(help="Which monitor (see vj devices).")] = None,
    frames: Annotated[int | None, typer.Option(help="Stop after so many frames.", min=1)] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after so long.", min=0.01)] = None,
    record: Annotated[Path | None, typer.Option(help="Record what is shown into a film.")] = None,
    record_hud: Annotated[bool, typer.Option("--record-hud", help="With the heads-up display in it.")] = False,
    stats: Annotated[Path | None, typer.Option(help="Write the statistics at the end (JSON).")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace existing files of --record and --stats.")
    ] = False,
    osc_port: Annotated[int, typer.Option(help="UDP port for OSC.", min=0, max=65535)] = OSC_PORT,
    osc_feedback: Annotated[list[str] | None, typer.Option(metavar="HOST:PORT", help="Tell of every change.")] = None,
    query_port: Annotated[
        int | None,
        typer.Option(help="TCP port for OSCQuery; --osc-port and 2 unless given; -1: none.", min=-1, max=65535),
    ] = None,
    host: Annotated[str, typer.Option(help="Where OSC and OSCQuery listen; 0.0.0.0: everywhere.")] = LOOPBACK,
    allow: Annotated[list[str] | None, typer.Option(metavar="NETWORK", help="Who may come in from outside.")] = None,
    token: Annotated[str | None, typer.Option(help="A word that lets OSCQuery clients in from outside.")] = None,
    restore: Annotated[bool, typer.Option("--restore", help="Go on from the state that was autosaved last.")] = False,
    log_control: Annotated[Path | None, typer.Option(help="Record all that controls do into a file.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Play such a recording back.")] = None,
    runtime: Annotated[str, typer.Option(help="Force how the model is run (see vj models).")] = "auto",
    set_: Set = None,
) -> None:
    """Play a show: the webcam if there is one, else the bundled clip, unless told otherwise.

    Ends with status 0, 1 or 2 for what is wrong, 3 where a model that was asked for failed and never gave a picture.
    """
    from vj.base.new_file import check_writable, free_name, save_text
    from vj.commands import recordings
    from vj.preset import preset as presets
    from vj.show.controllers import NetworkOptions
    from vj.show.report import failures, summary_lines
    from vj.show.show import Options, Show
    from vj.show.startup import choose_startup

    opened = choose_startup(preset, source, model or (), restore, replay)
    for path in filter(None, (record, stats)):
        check_writable(path, overwrite)
    if log_control:
        check_writable(free_name(log_control))
    _tell(opened.notice)
    options = Options(
        headless=headless,
        fullscreen=fullscreen,
        monitor=monitor,
        size=presets.parse_size(size) if size else None,
        model_size=presets.parse_size(model_size) if model_size else None,
        fps=fps,
        frames=frames,
        seconds=seconds,
        record=record,
        record_hud=record_hud,
        overwrite=overwrite,
        network_options=NetworkOptions(
            host, osc_port, _query_port(query_port, osc_port), allow or (), token, osc_feedback or ()
        ),
        restored=opened.state,
        log_control=log_control,
        replay=opened.recording,
        runtime=runtime,
        values=presets.assignments(set_ or (), opened.preset.table()),
    )
    if not headless and not _has_screen():
        _go_unattended(options)
    with _progress() as options.progress, Show(opened.preset, options) as show:
        for layer in show.layers:
            _tell(layer.passed_over)
        save_load, log = show.controllers.save_load, show.loop.log
        if save_load.way_back:
            _tell(f"{save_load.way_back}. Once anything is changed in this one, it is kept in {save_load.aside}")
        if log and log.path != log_control:
            _tell(f"{log_control} is there already: controls are recorded to {log.path}")
        for made in (options.record, log.path if log else None):
            if made:
                recordings.note(made)
        if show.is_slow and show.preset.slow:
            _tell("This processor is slow for these models: what [slow] of the preset sets counts")
        report = show.run()
    if stats:
        written = save_text(stats, json.dumps(report, indent=2) + "\n", overwrite)
        if written != stats:
            _tell(f"{stats} has appeared meanwhile: the statistics are in {written}")
    for line in summary_lines(report):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)
    if options.record and options.record.is_file():
        _out.print(f"The recording is {options.record.resolve()}", highlight=False, soft_wrap=True, markup=False)
    if failed := failures(report):
        raise NeverPlayed("; ".join(failed))


@app.command()
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
    with _progress() as progress:
        if raw:
            written = [apply_raw(model, input, output, set_, progress, overwrite)]
        else:
            stages = Stages.parse(steps, at, strip)
            try:
                written = apply_model(model, input, output, set_, runtime, progress, stages, overwrite)
            except PartlyRead as error:
                written, lost = list(error.written), error
    for path in written:
        _out.print(str(path), highlight=False, soft_wrap=True, markup=False)
    if lost:
        raise lost


@app.command()
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

    with _progress() as progress:
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
    for line in (*made.notices, *how, told):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@app.command()
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

        watch(port, only, Console(width=None if sys.stdout.isatty() else 240))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("address", "type", "range", "default", "help"):
        table.add_column(heading, overflow="fold")
    for address, param in presets.load(preset).table().items():
        if only not in address:
            continue
        choices = param.range_and_unit.replace("|", " | ")  # lines may break between two, not in one
        row = (address, param.kind, choices, param.written_default, param.help)
        table.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else 240).print(table, highlight=False)


@app.command("presets")
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
        with _progress() as progress:
            missing = presets.write_sheet(sheet, seconds, progress)
        for line in [*missing, str(sheet)]:
            _out.print(line, highlight=False, soft_wrap=True, markup=False)
        return
    table = Table(*presets.COLUMNS, box=None, pad_edge=False)
    for row in presets.listing():
        table.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else 240).print(table, highlight=False)


@app.command("recordings")
def list_recordings() -> None:
    """The films and control recordings that were made here, the newest first, and where they are."""
    from vj.commands import recordings

    table = Table(*recordings.COLUMNS, box=None, pad_edge=False)
    for row in recordings.listing():
        table.add_row(*map(escape, row))
    if not table.rows:
        _out.print("No recordings yet: vj run --record FILE makes one.", highlight=False)
        return
    Console(width=None if sys.stdout.isatty() else 240).print(table, highlight=False)


@app.command("help")
def show_page(
    page: Annotated[str | None, typer.Argument(help="A page of the manual; none: all there are.")] = None,
) -> None:
    """The manual's pages, offline."""
    from vj.commands import pages

    if page is None:
        for name, title in pages.titles():
            _out.print(f"vj help {name:<12} {title}", highlight=False, markup=False)
        return
    text = pages.page(page)
    if _out.is_terminal:
        from rich.markdown import Markdown

        _out.print(Markdown(text))
    else:
        _out.print(text, highlight=False, soft_wrap=True, markup=False)


@osc_app.command("layout")
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
    _out.print(str(file), highlight=False, soft_wrap=True, markup=False)


@app.command()
def devices() -> None:
    """Cameras, monitors, sound and MIDI, by names that stay the same; and the kinds of source."""
    from vj.commands.devices import listing

    for heading, lines in listing():
        _out.print(heading, style="bold", highlight=False)
        for line in lines:
            _out.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)


@models_app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    licences: Annotated[bool, typer.Option("--licences", help="Licences and credits.")] = False,
) -> None:
    """The models by name, their weights, and under which licence those come."""
    if context.invoked_subcommand:
        return
    from vj.model.files import leftovers, listing

    columns, rows = listing.licences() if licences else listing.models()
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else 240).print(table, highlight=False)
    for line in [] if licences else [*listing.refusals(), *listing.runtimes(), *leftovers.described()]:
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@models_app.command("inspect")
def models_inspect(
    model: Annotated[str, typer.Argument(help="A model's name, or its file: .pth, .safetensors, .onnx ...")],
) -> None:
    """What a model is, how its network is built and fed, and what was assumed."""
    from vj.model.files.listing import inspection

    for line in inspection(model):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@models_app.command("fetch")
def models_fetch(
    names: Annotated[list[str], typer.Argument(help="Models of the catalogue, or people, for masks.")],
) -> None:
    """Have the weights of models of the catalogue here, so that they can be switched to during a show."""
    from vj.model.files import library, weights

    entries = [library.find(name) for name in names if name not in weights.PARTS]
    parts = [name for name in names if name in weights.PARTS]
    with _progress() as progress:
        for entry in entries:
            entry.fetch(progress)
        paths = [(name, weights.fetch(weights.PARTS[name], progress)) for name in parts]
    for name, path in [*((entry.name, path) for entry in entries for path in entry.files.values()), *paths]:
        _out.print(f"{name}: {path}", highlight=False, soft_wrap=True, markup=False)


@models_app.command("test")
def models_test(
    model: Annotated[str, typer.Argument(help="A model's name, or its file.")],
    runtime: Annotated[str, typer.Option(help="Force how the model is run.")] = "auto",
) -> None:
    """Load a model and run it: is it finite, does it look at the camera, does it keep geometry, how fast is it here."""
    from vj.commands.selftest import examine
    from vj.model.files import library

    passed = True
    with _progress() as progress:
        for finding in examine(library.find(model), runtime, progress):
            mark = "[green]ok[/]    " if finding.ok else "[red]failed[/]"
            _out.print(f"{mark} {escape(f'{finding.subject}: {finding.detail}')}", highlight=False, soft_wrap=True)
            passed &= finding.ok
    if not passed:
        raise typer.Exit(1)


@models_app.command("export")
def models_export(
    model: Annotated[str, typer.Argument(help="A model's name, such as that of a look, or its file.")],
    output: Annotated[Path, typer.Argument(help="The file to write: FILE.onnx, or FILE.pth for its authors' code.")],
    overwrite: Overwrite = False,
) -> None:
    """Write a model's network for other programs, as ONNX, or as junyanz' code loads it; it is run before, and must
    give the same numbers."""
    from vj.base.new_file import check_writable
    from vj.commands.export_authors import ENDINGS, export_authors
    from vj.commands.export_onnx import export_onnx

    check_writable(output, overwrite)
    with _progress() as progress:
        if output.suffix.lower() in ENDINGS:
            lines = export_authors(model, output, progress, overwrite)
        else:
            lines = export_onnx(model, output, progress)
    for line in lines:
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@models_app.command("compare")
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

    with _progress() as progress:
        lines = compare(one, other, on, to, seconds, progress)
    for line in lines:
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@models_app.command("clean")
def models_clean() -> None:
    """Remove what is kept on disk to be made only once: compiled networks, verdicts. Fetched weights stay."""
    from vj.model.files import leftovers

    _out.print(f"{leftovers.clean() / 1e6:.0f} MB removed", highlight=False)


@models_app.command("sheet")
def models_sheet(
    output: Annotated[Path, typer.Argument(help="The picture to write.")], overwrite: Overwrite = False
) -> None:
    """A contact sheet: what every model that is here makes of one bundled picture; others are named, not fetched."""
    from vj.base.new_file import check_writable
    from vj.commands.sheet import write_sheet

    check_writable(output, overwrite)
    with _progress() as progress:
        missing = write_sheet(output, progress)
    for line in [*missing, str(output)]:
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@models_app.command("layers")
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
    with _progress() as progress:
        if sheet and units:
            browser.write_units(model, units, sheet, range(first, first + count), progress)
        elif sheet:
            browser.write_layers(model, sheet, progress)
        rows = [] if sheet else list(browser.layers(model, progress))
    if sheet:
        _out.print(str(sheet), highlight=False, soft_wrap=True, markup=False)
        return
    table = Table(*browser.COLUMNS, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    _out.print(table, highlight=False)


@shaders_app.callback(invoke_without_command=True)
def shaders(context: typer.Context) -> None:
    """The shaders by name, which are effects, generators and transitions, with their inputs."""
    if context.invoked_subcommand:
        return
    from vj.commands.shaders import COLUMNS, listing

    table = Table(*COLUMNS, box=None, pad_edge=False)
    for row in listing():
        table.add_row(*map(escape, row))
    Console(width=None if sys.stdout.isatty() else 240).print(table, highlight=False)


@shaders_app.command("check")
def shaders_check(
    place: Annotated[Path, typer.Argument(metavar="FILE-OR-FOLDER", help="A shader, or a folder of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="A list of tables with name, kind, ok, error, ms.")] = False,
    longest: Annotated[float, typer.Option(help="Seconds that each may take.", min=0.1)] = 30.0,
) -> None:
    """Load, compile and draw shaders of the Interactive Shader Format; status 1 where one doesn't render."""
    from vj.commands.shaders import check

    found = []
    with _progress() as progress:
        for finding in check(place, progress, longest):
            found.append(finding)
            if not as_json:
                mark = "[green]ok[/]    " if finding.ok else "[red]failed[/]"
                detail = f"{finding.ms:8.2f} ms" if finding.ok else finding.error
                line = escape(f"{finding.name}  {finding.kind}  {detail}")
                _out.print(f"{mark} {line}", highlight=False, soft_wrap=True)
    passed = sum(finding.ok for finding in found)
    if as_json:
        _out.print(
            json.dumps([one.as_table() for one in found], indent=1), highlight=False, soft_wrap=True, markup=False
        )
    else:
        _out.print(f"{passed} of {len(found)} render", highlight=False)
    if passed < len(found):
        raise typer.Exit(1)


@shaders_app.command("gallery")
def shaders_gallery(
    output: Annotated[Path, typer.Argument(help="The picture to write.")], overwrite: Overwrite = False
) -> None:
    """A contact sheet: what every shader makes of one bundled picture, or draws by itself; status 1 where one fails."""
    from vj.base.new_file import check_writable
    from vj.commands.gallery import write_gallery

    check_writable(output, overwrite)
    with _progress() as progress:
        failed = write_gallery(output, progress)
    for line in [*failed, str(output)]:
        _out.print(line, highlight=False, soft_wrap=True, markup=False)
    if failed:
        raise typer.Exit(1)


@train_app.command("look")
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
        with _progress() as progress:
            trained = train(pairs, name, seconds, progress)
        for line in trained.lines:
            _out.print(line, highlight=False, soft_wrap=True, markup=False)
        return
    with ExitStack() as beside:
        with _progress() as progress:
            remarks = beside.enter_context(training_beside(pairs, name, seconds, progress))
        for line in remarks:
            _tell(line)
        run(play, model=[name])


@train_app.command("start")
def train_start(
    output: Annotated[Path, typer.Argument(help="The file to write (.safetensors).")],
    seed: Annotated[int, typer.Option(help="What is random is drawn from it.", min=0)] = 0,
    rounds: Annotated[int, typer.Option(help="How often a look is learned; 3 a second or so.", min=1)] = 3000,
    overwrite: Overwrite = False,
) -> None:
    """Train the network from which every look starts: on looks that programs make of free pictures. It takes a core for
    many minutes; the same seed and rounds give the same weights on the same machine."""
    from vj.commands.train_start import train

    with _progress() as progress:
        train(output, seed, rounds, progress, overwrite)
    _out.print(str(output), highlight=False, soft_wrap=True, markup=False)


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


@data_app.command("pairs")
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
    with _progress() as progress:
        made = make_pairs(folder, target, plan, progress, swap)
    _tell_made(made)


@data_app.command("from")
def data_from(
    context: typer.Context,
    clip: Annotated[Path, typer.Argument(help="A film, or a folder of pictures.")],
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
    with _progress() as progress:
        made = make_from(clip, target, plan, progress, _filter(by, set_), rate, most)
    _tell_made(made)


@data_app.command("capture")
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
    with _progress() as progress:
        made = make_capture(source, target, plan, progress, _filter(by, set_), rate, seconds)
    _tell_made(made)


@data_app.command("two")
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
    with _progress() as progress:
        made = make_two(a, b, target, plan, progress, rate, most)
    _tell_made(made)


@data_app.command("openmoji")
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
    with _progress() as progress:
        made = make_openmoji(target, plan, progress, archive)
    _tell_made(made)


def _data_folder(asked: Path | None, name: str) -> Path:
    """Returns the folder for a new data set: ``asked``, or the first free one called ``name`` here."""
    from vj.base.new_file import free_name

    return asked or free_name(Path(name))


def _filter(by: str | None, settings: list[str] | None) -> "PictureFilter | None":  # type: ignore[name-defined]  # noqa: F821 - imported lazily
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


def _tell_made(made: "FinishedSet") -> None:  # type: ignore[name-defined]  # noqa: F821 - imported lazily
    """Prints what was made of a data set, and that its pictures' licence isn't known."""
    for line in made.lines():
        _out.print(line, highlight=False, soft_wrap=True, markup=False)
    if not made.description.licence:
        _tell("Whose pictures these are isn't known: --licence and --credit say it, for the day they are passed on")


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


@train_app.command("pix2pix")
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


@train_app.command("unet")
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


@train_app.command("cyclegan")
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


@train_app.command("cut")
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


@train_app.command("style")
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
        float | None, typer.Option(help="How much films are painted steadily, 5 unless told otherwise.", min=0)
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
        lines = trained(method, data, name, steps, minutes, devices, _err, asked)
    for line in lines:
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


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
        with _progress() as progress:
            training = beside.enter_context(training_beside(method, data, name, steps, seconds, asked, progress))
        run(show, model=[name])
    return training.lines


@app.command()
def doctor() -> None:
    """What this machine has, what is missing, and the command that fixes it; status 1 where nothing could play."""
    from vj.commands.doctor import examine

    unplayable = False
    for finding in examine():
        unplayable |= finding.needed and not finding.ok
        mark = "[green]ok[/]     " if finding.ok else ("[red]missing[/]" if finding.needed else "[yellow]without[/]")
        _out.print(f"{mark} {escape(f'{finding.subject}: {finding.detail}')}", highlight=False, soft_wrap=True)
        if finding.fix and not finding.ok:
            _out.print(f"        fix: {finding.fix}", highlight=False, soft_wrap=True, markup=False)
    if unplayable:
        raise typer.Exit(1)


@bench.command("loop")
def bench_loop(
    clip: Annotated[Path | None, typer.Option(help="The film to play (default: the bundled one).")] = None,
    seconds: Annotated[float, typer.Option(help="How long each part of a round runs.", min=1)] = 10.0,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are quoted.", min=1)] = 3,
) -> None:
    """The whole loop against the bare network, and against OpenCV with ONNX Runtime."""
    from vj.bench.loop import measure

    for line in measure(clip, seconds, rounds):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("models")
def bench_models(
    family: Annotated[str | None, typer.Option(help="Only this family of models.")] = None,
    seconds: Annotated[float, typer.Option(help="How long each way of running each network runs.", min=0.1)] = 4.0,
) -> None:
    """Every family on every runtime here, against plain torch and ONNX Runtime in the same run."""
    from vj.bench.models import measure

    for line in measure(family, seconds):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("dream")
def bench_dream(
    seconds: Annotated[float, typer.Option(help="How long each way, and each round of the zoom, runs.", min=1)] = 8.0,
    rounds: Annotated[int, typer.Option(help="Rounds of the zoom; the median is quoted.", min=1)] = 3,
) -> None:
    """A written-out step of deep dream against autograd, and the whole live zoom."""
    from vj.bench.dream import measure

    for line in measure(seconds, rounds):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("gpu")
def bench_gpu(
    seconds: Annotated[float, typer.Option(help="How long all of it may take.", min=10)] = 470.0,
    rehearse: Annotated[bool, typer.Option("--rehearse", help="On the processor, with tiny pictures.")] = False,
) -> None:
    """Everything that is promised of graphics cards: networks, dreams, the whole loop, video memory. Without a card it
    is a rehearsal on the processor. Nothing is downloaded."""
    from vj.bench.gpu import measure

    for line in measure(seconds, rehearse):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("gl")
def bench_gl(
    seconds: Annotated[
        float, typer.Option(help="How long each pass, and each number of layers, is timed.", min=0.1)
    ] = 3.0,
) -> None:
    """What effects and layers cost on this OpenGL: each pass against bare moderngl, a chain of six, four layers against
    one."""
    from vj.bench.gl import measure

    for line in measure(seconds):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("switch")
def bench_switch(
    switches: Annotated[int, typer.Option(help="How many changes inside the bank.", min=1)] = 200,
) -> None:
    """What changing models costs the display: in a bank of all models of the catalogue, and with each loaded meanwhile.
    Missing models are downloaded; the show has no window."""
    from vj.bench.switch import measure

    for line in measure(switches):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("start")
def bench_start(
    rounds: Annotated[int, typer.Option(help="Rounds; medians are quoted.", min=1)] = 5,
) -> None:
    """How soon the command answers, a picture is on screen and a model's picture is there, beside a bare Python."""
    from vj.bench.start import measure

    for line in measure(rounds):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("steady")
def bench_steady(
    frames: Annotated[int, typer.Option(help="Pictures of each clip at most.", min=30)] = 100,
    picture: Annotated[Path | None, typer.Option(help="A JPEG file to write, with all ways side by side.")] = None,
) -> None:
    """How much smoother and calmer a slow model becomes, against holding and cross-fading its results; takes minutes.
    Clips and weights that are missing are downloaded."""
    from vj.bench.steady import measure

    for line in measure(frames, picture):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("stage")
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

    for line in measure(seconds, clock, only, cold, picture):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("train")
def bench_train(
    seconds: Annotated[float, typer.Option(help="How long each method's step is timed; 0: not at all.", min=0)] = 8.0,
    minutes: Annotated[float, typer.Option(help="How long a model is trained; 0: not at all.", min=0)] = 2.0,
    clock: Annotated[str, typer.Option(help="What a second is: of the processor (one core) or wall.")] = "wall",
    clip: Annotated[Path | None, typer.Option(help="Another film than the half minute put together here.")] = None,
) -> None:
    """A training's step against the bare networks', and how soon a clip becomes a model that plays; takes minutes.
    Clips that are missing are downloaded."""
    from vj.bench.train import measure

    for line in measure(seconds, minutes, clock, clip):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


@bench.command("osc")
def bench_osc(
    seconds: Annotated[float, typer.Option(help="How long each part of a round plays.", min=3)] = 11.0,
    rounds: Annotated[int, typer.Option(help="Rounds; medians are quoted.", min=1)] = 3,
) -> None:
    """The picture under a flood of messages, against the same picture left alone."""
    from vj.bench.osc import measure

    for line in measure(seconds, rounds):
        _out.print(line, highlight=False, soft_wrap=True, markup=False)


def _tell(line: str) -> None:
    """Prints ``line`` to stderr, beside what the command prints; nothing if it is empty."""
    if line:
        _err.print(line, highlight=False, soft_wrap=True, markup=False)


def _query_port(asked: int | None, osc_port: int) -> int | None:
    """Returns the TCP port for OSCQuery, or None for none: ``asked`` or, without it, as far from the OSC port as 7002
    is from 7000. 0 takes any free port."""
    if asked is None:
        return osc_port + QUERY_PORT - OSC_PORT if 0 < osc_port < 65534 else 0
    return asked if asked >= 0 else None


def _has_screen() -> bool:
    """Returns whether this session can open a window."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _go_unattended(options: "Options") -> None:  # type: ignore[name-defined]  # noqa: F821 - imported lazily
    """Changes ``options`` for a machine without a screen: plays without a window and records, so that there is
    something to see afterwards. Raises Unavailable if a monitor was asked for."""
    from vj.base.new_file import free_name

    if options.monitor or options.fullscreen:
        raise Unavailable("there is no screen here; use --headless")
    options.headless = True
    if options.frames is None and options.seconds is None:
        options.seconds = UNATTENDED_SECONDS
    if options.record is None:
        options.record = free_name(Path("recordings") / "show.mp4")
        try:
            options.record.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise BadInput(f"can't record to {str(options.record)!r}: {error.strerror}; use --record FILE") from None
    _tell(f"No screen here: playing without a window, recording to {options.record.resolve()}")


def _progress() -> "Bar":
    return Bar(_err)


class Bar:
    """A progress bar on ``console`` (stderr), which appears when a task begins; if that is no terminal, one line about
    each long task. It is used in a ``with`` block, and called with the progress."""

    def __init__(self, console: Console) -> None:
        from rich.progress import Progress

        self._console = console
        self._progress = Progress(console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, object] = {}
        self._begun: dict[str, float] = {}

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *error: object) -> None:
        if self._tasks:
            self._progress.stop()

    def __call__(self, doing: str, part: float | None) -> None:
        """Shows that ``part`` (0..1; None: unknown) of the task ``doing`` is done; ``doing`` is its name in words, and
        a new one begins a new bar. If the console is no terminal, prints a line once a task has taken a second."""
        if not self._console.is_terminal:
            self._say(doing)
            return
        if doing not in self._tasks:
            self._progress.start()
            self._tasks[doing] = self._progress.add_task(doing, total=1.0)
        self._progress.update(self._tasks[doing], completed=part or 0.0, total=None if part is None else 1.0)  # type: ignore[arg-type]
        if part is not None and part >= 1.0:
            self._progress.stop()

    def _say(self, doing: str) -> None:
        """Prints a line, once, about a task that takes long."""
        begun = self._begun.setdefault(doing, now())
        if now() - begun >= _WORTH_A_LINE:
            self._begun[doing] = math.inf
            self._console.print(f"{doing} ...", highlight=False, soft_wrap=True, markup=False)
