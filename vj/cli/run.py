"""`vj run`: plays a show."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vj.base.clock import FASTEST, SLOWEST
from vj.base.errors import BadInput, NeverPlayed, Unavailable
from vj.base.network_defaults import LOOPBACK, OSC_PORT, QUERY_PORT
from vj.cli.options import Set
from vj.cli.printing import ProgressBar, print_line, print_lines, tell

if TYPE_CHECKING:
    from vj.show.report import Report
    from vj.show.show import Options, Show

UNATTENDED_SECONDS = 10.0
"""Seconds that a show without a screen records by default."""


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
    from vj.base.new_file import check_writable, free_name
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
    tell(opened.notice)
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
    with ProgressBar() as options.progress, Show(opened.preset, options) as show:
        _tell_of_the_start(show)
        for made in (options.record, show.loop.log.path if show.loop.log else None):
            if made:
                recordings.note(made)
        report = show.run()
    if stats:
        _write_statistics(stats, report, overwrite)
    print_lines(summary_lines(report))
    if options.record and options.record.is_file():
        print_line(f"The recording is {options.record.resolve()}")
    if failed := failures(report):
        raise NeverPlayed("; ".join(failed))


def _tell_of_the_start(show: "Show") -> None:
    """Prints notices about the show that was opened: how it differs from what was asked for."""
    for layer in show.layers:
        tell(layer.passed_over)
    save_load, log, asked = show.controllers.save_load, show.loop.log, show.options.log_control
    if save_load.way_back:
        tell(f"{save_load.way_back}. Once anything is changed in this one, it is kept in {save_load.aside}")
    if log and log.path != asked:
        tell(f"{asked} is there already: controls are recorded to {log.path}")
    if show.is_slow and show.preset.slow:
        tell("This processor is slow for these models: what [slow] of the preset sets counts")


def _write_statistics(file: Path, report: "Report", overwrite: bool) -> None:
    """Writes ``report`` as JSON, to a free name beside ``file`` if that has appeared since the show began."""
    from vj.base.new_file import save_text

    written = save_text(file, json.dumps(report, indent=2) + "\n", overwrite)
    if written != file:
        tell(f"{file} has appeared meanwhile: the statistics are in {written}")


def _query_port(asked: int | None, osc_port: int) -> int | None:
    """Returns the TCP port for OSCQuery, or None for none: ``asked`` or, without it, as far from the OSC port as 7002
    is from 7000. 0 takes any free port."""
    if asked is None:
        return osc_port + QUERY_PORT - OSC_PORT if 0 < osc_port < 65534 else 0
    return asked if asked >= 0 else None


def _has_screen() -> bool:
    """Returns whether this session can open a window."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _go_unattended(options: "Options") -> None:
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
    tell(f"No screen here: playing without a window, recording to {options.record.resolve()}")
