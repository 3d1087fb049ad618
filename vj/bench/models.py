"""``vj bench models``: times every family in this machine's backends, against plain torch and ONNX Runtime, in
turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from vj.base.errors import VjError
from vj.base.frame import Size
from vj.bench.promises import Promises, here, limit
from vj.bench.turns import take_turns
from vj.model.families.arbitrary_style import network as painting
from vj.model.families.network_model import NetworkModel
from vj.model.families.style26_network import prepare_style26, style26
from vj.model.files import weights
from vj.model.files.architectures import NETS
from vj.model.files.library import Entry, find
from vj.model.network import BYTES, SIGNED, UNIT, Network, NetworkControl, Range
from vj.model.runtime import libraries, peak, processor
from vj.model.runtime.export import onnx_file
from vj.model.runtime.prepare import CompiledNetwork, backends, prepare

PLAIN, PEER = "torch", "bare onnxruntime"
"""The peers of every backend: the network's module, eager, and its ONNX file in a plain session."""

COLUMNS = (
    *(("family", 17), ("network", 31), ("size", 9), ("runtime", 20), ("ms", 8), ("/s", 7)),
    *(("x torch", 9), ("x ORT", 7), ("of peak", 7)),
)
"""Headings and widths. "of peak" compares with matrix products in the same number format, measured in the same run."""

Prepare = Callable[[str], CompiledNetwork]
"""Compiles a subject's network for a backend."""


@dataclass
class Subject:
    """A network at a size that is timed: its family, a title, how it is compiled for a backend and, once it was timed,
    the seconds of each run by backend or peer."""

    family: str
    title: str
    network: Network
    size: Size
    prepare: Prepare
    seconds: dict[str, list[float]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """Why backends don't run here."""

    def median(self, backend: str) -> float:
        """Returns the median of the seconds that a run in ``backend`` (a backend's or a peer's name) took. Raises
        KeyError for one that wasn't timed."""
        return statistics.median(self.seconds[backend])


def measure(only: str | None, seconds: float) -> Iterator[str]:
    """Yields lines of text as they are known: a table row for every backend and peer of every network, then whether we
    hold what we promise on this kind of processor.

    ``only`` names one family (None: all; an unknown one gives no rows); each backend of each network runs for about
    ``seconds``. Missing weights are downloaded.
    """
    promises = here()
    yield f"{processor.name()}, {processor.threads()} threads: {promises.title}"
    yield from (f"{why}: its ways, or its ratios, are left out" for why in missing())
    peaks = {} if libraries.why_not("openvino") else peak.measure()
    if peaks:
        yield "matrix products: " + ", ".join(f"{name} {rate / 1e9:.0f} Gop/s" for name, rate in peaks.items())
    yield "".join(f"{heading:<{width}}" for heading, width in COLUMNS)
    held: list[str] = []
    for make in SUBJECTS:
        subject = make()
        if only in (None, subject.family):
            yield from _rows(subject, peaks, seconds)
            held += _promises(subject, promises)
    yield from [f"{limited}: no ratio to peers counts, as they aren't limited"] if (limited := limit()) else held


def missing() -> list[str]:
    """Returns the reasons why libraries that run models can't be used here, a line for each such library; an empty list
    if all can."""
    return [why for name in ("openvino", "onnxruntime", "torch") if (why := libraries.why_not(name))]


def _rows(subject: Subject, peaks: Mapping[str, float], seconds: float) -> Iterator[str]:
    """Times one network, and yields its table rows."""
    runs = dict(_runs(subject))
    yield from (f"{subject.family:<17}{subject.title:<31}{why}" for why in subject.left_out)
    subject.seconds = take_turns(runs, seconds)
    work = _operations(subject)
    for backend in sorted(subject.seconds, key=subject.median):
        took = subject.median(backend)
        ratios = [_ratio(subject, peer, backend) for peer in (PLAIN, PEER)]
        top = peaks.get(peak.kind(backend)) if peak.is_of_processor(backend) else None
        figures = (f"{took * 1e3:.1f}", f"{1 / took:.1f}", *ratios, f"{work / took / top:.0%}" if work and top else "")
        cells = (subject.family, subject.title, subject.size, backend, *figures)
        yield "".join(f"{cell!s:<{width}}" for cell, (_, width) in zip(cells, COLUMNS, strict=True))


def _runs(subject: Subject) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yields what is timed, by name: the peers, and every backend that runs here."""
    picture = np.random.default_rng(0).integers(0, 256, (subject.size.height, subject.size.width, 3), np.uint8)
    controls = [np.full(control.shape, control.sample, np.float32) for control in subject.network.controls]
    out = np.empty_like(picture)
    if not libraries.why_not("onnxruntime"):
        yield PEER, _bare(subject, controls)
    for backend in backends(subject.network, subject.size):
        if backend == PLAIN:
            yield backend, _plain(subject, controls)
            continue
        try:
            compiled = subject.prepare(backend)
            compiled.run(picture, controls, out)
        except (RuntimeError, VjError) as error:  # a driver without a card, a card without room
            subject.left_out.append(f"{backend} doesn't run here: {error}")
            continue
        yield backend, partial(compiled.run, picture, controls, out)


def _bare(subject: Subject, controls: list[Any]) -> Callable[[], object]:
    """Returns a function that runs the network's ONNX file in its own range, in a session as in ONNX Runtime's
    examples, and does nothing else."""
    session = libraries.onnxruntime().InferenceSession(onnx_file(subject.network), providers=["CPUExecutionProvider"])
    shape = (1, 3, subject.size.height, subject.size.width)
    image = np.random.default_rng(0).random(shape, np.float32)
    given = dict(zip((port.name for port in session.get_inputs()), (image, *controls), strict=True))
    return lambda: session.run(None, given)


def _plain(subject: Subject, controls: list[Any]) -> Callable[[], object]:
    """Returns a function that runs the network's module, eager, in 32-bit floats."""
    import torch

    assert subject.network.module
    net = subject.network.module()
    given = (torch.rand(1, 3, subject.size.height, subject.size.width), *map(torch.from_numpy, controls))

    def run() -> object:
        with torch.inference_mode():
            return net(*given)

    return run


def _operations(subject: Subject) -> float:
    """Returns the multiplications and additions of one picture in the plain network, as torch counts them; 0 if
    unknown."""
    if subject.network.module is None or libraries.why_not("torch"):
        return 0.0
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    net = subject.network.module()
    controls = [torch.full(control.shape, control.sample) for control in subject.network.controls]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(torch.rand(1, 3, subject.size.height, subject.size.width), *controls)
    return float(counter.get_total_flops())


def _ratio(subject: Subject, peer: str, backend: str) -> str:
    """Returns how many times as fast as ``peer`` the backend is, in words; empty without a peer."""
    return f"{subject.median(peer) / subject.median(backend):.2f}" if peer in subject.seconds else ""


def _promises(subject: Subject, promises: Promises) -> Iterator[str]:
    """Yields, for each peer that must be beaten, whether the best backend holds what we promise."""
    ours = [backend for backend in subject.seconds if backend != PEER]
    if not ours:
        return
    best = min(ours, key=subject.median)
    for peer, ratios in ((PLAIN, promises.of_torch), (PEER, promises.of_onnxruntime)):
        least = ratios.get(subject.family)
        if least and peer in subject.seconds:
            ratio = subject.median(peer) / subject.median(best)
            verdict = "held" if ratio >= least else "NOT held"
            yield f"{subject.family} {subject.size}: {best} is {ratio:.1f} x {peer} (at least {least:g}: {verdict})"


def _of_network(family: str, title: str, network: Network, size: Size) -> Subject:
    return Subject(family, title, network, size, lambda backend: prepare(network, size, backend))


def _untrained(
    family: str,
    title: str,
    net: str,
    size: Size,
    takes: Range,
    gives: Range,
    controls: tuple[NetworkControl, ...] = (),
    multiple: int = 4,
    outputs: int = 3,
    **arguments: Any,
) -> Subject:
    """Returns a network without a file, with so many ``outputs`` channels. Its weights don't change how long it
    takes."""

    def module() -> Any:
        import torch

        from vj.model.nets.three_channels import ThreeChannels

        torch.manual_seed(0)
        made = NETS[net](**arguments).eval().requires_grad_(False)
        return made if outputs == 3 else ThreeChannels(made, 3, outputs).eval()

    key = f"bench-{net}-{outputs}-{'-'.join(f'{name}{value}' for name, value in arguments.items()) or 'plain'}"
    network = Network(net, key, takes, gives, multiple, multiple, controls=controls, module=module)
    return _of_network(family, title, network, size)


def _style26() -> Subject:
    file, size = weights.fetch("multistyle26.onnx", _quiet), Size(640, 360)
    return Subject("style26", "26 styles", style26(file), size, lambda backend: prepare_style26(file, size, backend))


def _painting() -> Subject:
    files = {name: weights.fetch(name, _quiet) for name in ("arbitrary_predict.onnx", "arbitrary_transform.onnx")}
    return _of_network("arbitrary_style", "painting", painting(files), Size(640, 360))


def _vintage() -> Subject:
    entry = find("vintage")
    entry.fetch(_quiet)
    model = Entry.from_job(entry.to_job()).make_model()
    assert isinstance(model, NetworkModel)
    return _of_network("cyclegan", "vintage, ResNet-9", model.named(""), Size(256, 256))


def _onnx() -> Subject:
    """Returns fast_style's network as an ONNX file, as if nothing else was known about it."""
    built = _fast_style().network
    network = Network("onnx", f"{built.key}-file", BYTES, BYTES, onnx=onnx_file(built))
    return _of_network("onnx", "Johnson 2016, from its file", network, Size(640, 360))


def _quiet(doing: str, part: float | None) -> None:
    """Shows no progress while times are taken."""


_SQUARE = Size(256, 256)
_STYLE = tuple(NetworkControl(name, (1, 512, 1, 1), 1.0) for name in ("style_mean", "style_deviation"))
_MASKS = tuple(NetworkControl(f"dropout_{place}", (1, 512, 1, 1), 1.0) for place in range(3))
_fast_style = partial(_untrained, "fast_style", "Johnson 2016", "transformer_net", Size(640, 360), BYTES, BYTES)
_signs = partial(_untrained, takes=SIGNED, gives=SIGNED)
_ones = partial(_untrained, takes=UNIT, gives=UNIT)
SUBJECTS: tuple[Callable[[], Subject], ...] = (
    _style26,
    _fast_style,
    _painting,
    partial(_ones, "adain", "AdaIN, VGG-19", "adain", _SQUARE, controls=_STYLE, multiple=8),
    partial(_signs, "pix2pix", "unet_256, 54 M", "unet", _SQUARE, controls=_MASKS, multiple=256),
    _vintage,
    partial(_signs, "pix2pixhd", "global, 32", "resnet_generator", Size(512, 256), multiple=16, filters=32, downs=4),
    partial(_signs, "animegan", "AnimeGANv2", "animegan", _SQUARE, multiple=32),
    partial(_ones, "u2net", "U²-Net", "u2net", Size(320, 320), multiple=32, outputs=1),
    _onnx,
)
"""Functions that make the networks, each when its turn comes: together they would fill the memory."""
