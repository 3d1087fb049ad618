"""The statistics of a show: what ``--stats`` writes and what `vj run` prints at the end."""

import shlex
from collections.abc import Sequence
from typing import Any

from vj.base.stats import DisplayStats, milliseconds
from vj.gl.flash_limiter import FlashCounts
from vj.layers.layer import Layer
from vj.layers.layer_worker import LayerWorker
from vj.show.controllers import Controllers
from vj.sink.surface import Sink

Report = dict[str, Any]
"""What `statistics` returns, JSON-able."""


def statistics(
    stats: DisplayStats,
    layers: Sequence[Layer],
    sinks: Sequence[Sink],
    controllers: Controllers,
    dropped: int,
    flashes: FlashCounts,
) -> Report:
    """Returns the statistics, JSON-able, under ``seconds`` (how long the show ran), ``display``, ``latency_ms``,
    ``flashes``, ``layers``, ``osc``, ``query``, ``midi`` and ``sinks``.

    Keys with ``_ms`` are in milliseconds, rates per second over the whole show. ``first_at`` is when a first picture
    came, in seconds on the clock that all processes share, or None. The argument ``dropped`` is the number of changes
    and triggers that were dropped, and stands under ``osc``. Each layer has a ``source`` and a ``model``, both with
    ``title``, ``frames``, ``fps``, ``restarts``, ``state``, ``fault``, ``parts_ms`` and ``dropped``, and of its own
    ``dropped_for_display``, ``torn``, ``late``, ``shows`` (the rung) and ``refreshes`` (their number by rung).
    ``train`` is what its training tells (`vj.layers.training.LayerTraining.described`), None in a replay.
    Frames, drops and restarts of the source are those of all clips, each while it played. The model's ``steady`` says
    how its results are steadied at the end, or why they aren't. The dicts ``frame_ms`` and ``latency_ms`` hold ``p50``,
    ``p99`` and ``max``. The argument and the dict ``flashes`` are the fields of `FlashCounts`.
    """
    elapsed, osc, midi = stats.elapsed(), controllers.osc, controllers.midi
    return {
        "seconds": round(elapsed, 3),
        "display": {
            "fps": round(stats.fps, 2),
            "frames": stats.presented,
            "frame_ms": stats.intervals.summary(),
            "missed": stats.missed,
            "parts_ms": milliseconds(stats.parts.totals),
            "first_at": stats.first_shown,
        },
        "latency_ms": stats.latency.summary(),
        "flashes": flashes._asdict(),
        "layers": [_layer(layer, elapsed) for layer in layers],
        "osc": {
            "received": osc.received,
            "applied": osc.applied,
            "clamped": osc.clamped,
            "refused": osc.refused,
            "unknown": osc.unknown,
            "forbidden": osc.forbidden,
            "superseded": osc.superseded,
            "dropped": dropped,
            "denied": osc.denied,
            "told": osc.told,
            "last_refused": osc.reason,
            "last_unknown": osc.last_unknown,
            "last_forbidden": osc.last_forbidden,
        },
        "query": {"clients": controllers.query.clients, "refused": controllers.query.refused},
        "midi": {
            "received": midi.received,
            "applied": midi.applied,
            "refused": midi.refused,
            "ticks": midi.midi_clock.ticks,
            "ports": midi.ports,
        },
        "sinks": [sink.report() for sink in sinks],
    }


def summary_lines(report: Report) -> list[str]:
    """Returns the report of `statistics` as lines for people: display, latency, each layer, controls, each sink.

    OSC and MIDI are left out if nothing came from them. The list ``sinks`` must be there.
    """
    display, latency = report["display"], report["latency_ms"]
    frame = display["frame_ms"]
    lines = [
        f"display  {display['fps']} fps, {display['frames']} frames in {report['seconds']} s, frame time p50 "
        f"{frame['p50']} p99 {frame['p99']} max {frame['max']} ms, missed refreshes {display['missed']}",
        f"latency  capture to display p50 {latency['p50']} p99 {latency['p99']} ms",
    ]
    flashes = report["flashes"]
    if flashes["came"]:
        lines.append(
            f"flashes  {flashes['came']} over a quarter of the picture, at most {flashes['most_came']} in a second; "
            f"shown {flashes['shown']}, at most {flashes['most_shown']}"
        )
    for number, layer in enumerate(report["layers"], start=1):
        source, model = layer["source"], layer["model"]
        lines += [
            f"source {number} {source['title']}: {source['fps']} fps, dropped {source['dropped']} for the model, "
            f"{layer['dropped_for_display']} for the display, restarts {source['restarts']}, {_state(source)}",
            f"model {number}  {model['title']}: {model['fps']} fps, infer {model['infer_ms']} ms, dropped "
            f"{model['dropped']}, late {layer['late']}, restarts {model['restarts']}, {_state(model)}",
            f"         {_how(model)}",
            *([f"         {model['notice']}"] if model["notice"] else []),
            *_trained(layer["train"]),
        ]
    osc = report["osc"]
    if osc["received"]:
        lines.append("osc      " + ", ".join(f"{what} {count}" for what, count in osc.items() if count != ""))
    midi = report["midi"]
    if midi["received"]:
        lines.append("midi     " + ", ".join(f"{what} {count}" for what, count in midi.items() if what != "ports"))
    for sink in report["sinks"]:
        trouble = f", stopped: {sink['error']}" if sink["error"] else ""
        lines.append(f"record   {sink['path']}: {sink['frames']} frames, dropped {sink['dropped']}{trouble}")
    return lines


def _trained(train: Report | None) -> list[str]:
    """Returns a line on the look that a layer has trained, if it learned one."""
    if not train or train["seconds"] <= 0.0:
        return []
    name, frames = train["name"], train["keyframes"]
    return [
        f"look     {name}: learned for {train['seconds']} s from {frames} painted frame{'' if frames == 1 else 's'}, "
        f"error {train['error']} of 255; vj run --model {shlex.quote(name)} plays it"
    ]


def failures(report: Report) -> list[str]:
    """Returns one line for each layer whose model failed and never gave a picture; usually none.

    ``report`` is that of `statistics`. A model that just had no time before the show ended didn't fail.
    """
    layers = enumerate(report["layers"], start=1)
    return [f"model {number} never played: {why}" for number, layer in layers if (why := layer["model"]["unplayed"])]


def _unplayed(layer: Layer) -> str:
    """Returns why the model of a layer failed, if it never gave a picture; empty if the show just ended before that."""
    child = layer.model.child
    if layer.switcher.published:
        return ""
    reason = child.refused or str(child.info.get("why", "")) or child.fault
    restarts = f" ({child.restarts} restarts)" if child.restarts else ""
    return f"{layer.switcher.name}: {reason}{restarts}" if reason else ""


def _layer(layer: Layer, elapsed: float) -> Report:
    model, counts = layer.model, layer.source_counts
    return {
        "source": _worker(layer.source, counts.frames, elapsed)
        | {"dropped": counts.dropped, "restarts": counts.restarts},
        "model": _worker(model, model.frames, elapsed)
        | {
            "dropped": model.dropped(0),
            "infer_ms": round(layer.inference * 1e3, 2),
            "size": model.child.info.get("size", ""),
            "runtime": model.child.info.get("runtime", ""),
            "steady": layer.steady.state if layer.steady else "",
            "engines": len(layer.switcher.all),
            "bad": model.child.info.get("bad", 0),
            "notice": layer.notice,
            "unplayed": _unplayed(layer),
            "first_at": layer.first_result,
        },
        "dropped_for_display": counts.dropped_for_display,
        "torn": layer.pictures.torn,
        "late": layer.late,
        "shows": layer.rung,
        "refreshes": dict(layer.rungs),
        "train": layer.training.described() if layer.training else None,
    }


def _worker(worker: LayerWorker, frames: int, elapsed: float) -> Report:
    child = worker.child
    return {
        "title": child.info.get("title", ""),
        "frames": frames,
        "fps": round(frames / elapsed, 2) if elapsed else 0.0,
        "restarts": child.restarts,
        "state": child.state,
        "fault": child.fault,
        "parts_ms": milliseconds(child.info.get("parts", {})),
    }


def _how(model: Report) -> str:
    """Returns the size and the backend that the model ran with, or why it never ran."""
    if model["runtime"]:
        return f"{model['size']}, {model['runtime']}"
    return "it failed before its first picture" if model["unplayed"] else "the show ended before its first picture"


def _state(worker: Report) -> str:
    return f"{worker['state']} ({worker['fault']})" if worker["fault"] else str(worker["state"])
