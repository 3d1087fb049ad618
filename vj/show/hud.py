"""The heads-up display: rates, latency, late and dropped counts, states of sources and models, tempo, modulators."""

from collections.abc import Sequence

import moderngl

from vj.base.stats import DisplayStats, Rate, per_second
from vj.child.supervisor import Child
from vj.control.audio.features import AudioFeatures
from vj.gl.canvas import Canvas
from vj.gl.flash_limiter import FlashCounts
from vj.gl.spectrum import AudioTextures, LevelMeter
from vj.gl.text import Text
from vj.layers.layer import Layer
from vj.layers.layer_target import Effects, NoEffects
from vj.params.store import FrameValues
from vj.show.desk import Desk
from vj.show.hud_layers import layer_lines, master_lines, training_lines

_REFRESH = 0.5
"""Seconds between two readings; faster ones couldn't be read."""
_OF_A_LINE = 0.72
"""The height of letters, as a part of a line's height."""
_NO_EFFECTS = NoEffects()
_NO_FLASHES = FlashCounts()
_LONGEST = 100
"""The most letters of a line; a longer one is cut, to leave room for the others."""
_LONGEST_LARGE = 70
"""The same for the lines of layers."""


class Hud:
    """Lines of text over the picture, renewed twice a second and with every beat.

    A line for each layer, one for the master's effects and one for each look that is trained come first, in letters
    that are readable from two metres.
    The display also draws BLACKOUT, FREEZE or BYPASS, larger still, and the spectrum while sound is heard.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        stats: DisplayStats,
        layers: Sequence[Layer],
        desk: Desk,
        audio: AudioFeatures,
        canvas: Canvas,
        keys: Sequence[str] = (),
        master: Effects = _NO_EFFECTS,
    ) -> None:
        """``master`` are the effects of the whole picture. ``keys`` are lines that say what every key does. The size of
        the letters suits that of ``canvas``.
        """
        self._ctx = ctx
        self._stats = stats
        self._layers = layers
        self._master = master
        self._desk = desk
        self._audio = audio
        self._sound = AudioTextures(ctx)
        self._meter = LevelMeter(ctx)
        self._now = 0.0
        self._flashes = FlashCounts()
        self._beat = 0
        self._shown = Text(ctx, pixels=max(16, canvas.size.height // 21))
        self._text = Text(ctx, pixels=max(11, canvas.size.height // 32))
        fitting = int(_OF_A_LINE * canvas.size.height / (len(keys) + 1))
        self._keys = Text(ctx, pixels=max(6, min(canvas.size.height // 32, fitting)))
        self._keys.write(keys)
        self._large = Text(ctx, pixels=max(24, canvas.size.height // 10))
        self._held = ""
        self._read_at = float("-inf")
        self._stale = True
        self._counted = {what: Rate(count) for what, count in self._count().items()}
        self._rates = dict.fromkeys(self._counted, 0.0)

    def read(self, now: float, flashes: FlashCounts = _NO_FLASHES) -> None:
        """Take new readings if half a second has passed at ``now`` (monotonic seconds). Draws nothing.

        ``flashes`` are counted up to now.

        Call it in every frame, also while nothing is shown, so that rates are right once they are.
        """
        if now - self._read_at >= _REFRESH:
            counts, before = self._count(), self._counted
            self._counted = {what: before.get(what) or Rate(count) for what, count in counts.items()}
            self._rates = {what: rate.read(counts[what], now) for what, rate in self._counted.items()}
            self._read_at, self._stale = now, True
        beat = int(self._desk.tempo_control.tempo.beat(now))
        self._stale |= beat != self._beat
        self._now, self._beat, self._flashes = now, beat, flashes

    def draw(self, canvas: Canvas, notices: Sequence[str], keys: bool = False) -> None:
        """Draw over ``canvas``, which must be in use: the readings and ``notices`` or, with ``keys``, the keys' help.

        ``notices`` are lines below the readings; they are only taken over when the lines are renewed.
        """
        if keys:
            self._keys.draw(self._ctx, canvas.size)
            return
        if self._stale:
            shown = layer_lines(self._layers, self._desk.values, _LONGEST_LARGE)
            shown += master_lines(self._master.effects, self._desk.values, _LONGEST_LARGE)
            shown += training_lines(self._layers, _LONGEST_LARGE)
            self._shown.write(shown)
            self._text.write(self._lines(notices), top=self._shown.height(len(shown)))
            self._stale = False
        self._shown.draw(self._ctx, canvas.size)
        self._text.draw(self._ctx, canvas.size)
        self._draw_held(canvas)
        if self._audio.state == "listening":
            self._draw_meter(canvas)

    def rehearse(self, canvas: Canvas) -> None:
        """Draw the text and the spectrum once on ``canvas``, which must be in use, and isn't shown after that.

        Drivers compile shaders at their first use.
        """
        self.draw(canvas, ())
        self._draw_meter(canvas)

    def _draw_held(self, canvas: Canvas) -> None:
        """Draw in large letters what keeps the models' pictures from being shown."""
        held = " ".join(held_back(self._desk.values, [layer.number for layer in self._layers]))
        if held != self._held:
            self._held = held
            self._large.write([held], top=canvas.size.height * 0.75)
        if held:
            self._large.draw(self._ctx, canvas.size)

    def _draw_meter(self, canvas: Canvas) -> None:
        self._sound.upload(self._audio.waveform, self._audio.spectrum)
        self._meter.draw(canvas.size, self._sound.fft, self._desk.sound.level)

    def _count(self) -> dict[str, int]:
        """Returns how many pictures were shown, and how many each layer's source and models have given."""
        counts = {"display": self._stats.presented}
        for layer in self._layers:
            counts[f"{layer.name} source"] = layer.source_counts.frames
            counts[f"{layer.name} model"] = layer.switcher.published
        return counts

    def _lines(self, notices: Sequence[str]) -> list[str]:
        rates = self._rates
        p50, p99 = self._stats.recent_intervals.percentiles(50, 99)
        age50, age99 = self._stats.recent_latency.percentiles(50, 99)
        lines = [
            f"display {per_second(rates['display'])}  frame {p50 * 1e3:5.1f} p99 {p99 * 1e3:5.1f} ms  "
            f"missed {self._stats.missed}",
            f"latency p50 {age50 * 1e3:5.1f} p99 {age99 * 1e3:5.1f} ms  {self._flash_words()}",
        ]
        for layer in self._layers:
            source, model = (rates.get(f"{layer.name} {what}", 0.0) for what in ("source", "model"))
            lines += _layer_lines(layer, source, model, self._desk.values)
        return [line[:_LONGEST] for line in (*lines, *desk_lines(self._desk, self._now), *notices)]

    def _flash_words(self) -> str:
        """Returns how often the picture has flashed and, while flashes are limited, how many of them were shown."""
        flashes = self._flashes
        limited = f", limited to {flashes.shown}" if self._desk.values["/output/flash_limit"] else ""
        return f"flashes {flashes.came}{limited}"


def held_back(values: FrameValues, layers: Sequence[int]) -> list[str]:
    """Returns words for what keeps the models' pictures from being shown: BLACKOUT, FREEZE, BYPASS; usually none.

    ``layers`` are the numbers of the layers, from 1; BYPASS means that the strength of all of them is 0.
    """
    words = [word for name, word in (("blackout", "BLACKOUT"), ("freeze", "FREEZE")) if values[f"/master/{name}"]]
    bypassed = all(values.number(f"/layer/{number}/model/strength") <= 0.0 for number in layers)
    return words + (["BYPASS"] if layers and bypassed else [])


def desk_lines(desk: Desk, now: float) -> list[str]:
    """Returns lines on the tempo and the triggers that wait for a beat, on cues and fades, and on modulators.

    Modulators without a target are left out; the last line is the notice of playing, if there is one. ``now`` is in
    monotonic seconds.
    """
    tempo, source = desk.tempo_control.tempo, desk.tempo_control.source
    beat = tempo.beat(now)
    place = f"{beat % tempo.bar // 1 + 1:.0f}/{tempo.bar:.0f} bar {beat % tempo.phrase // tempo.bar + 1:.0f}"
    waiting = "".join(f"  {address} in {when - beat:.1f} beats" for address, when in desk.quantiser.waiting)
    lines = [f"beat {tempo.bpm:6.1f} bpm {place} {source}{waiting}", *desk.play.lines()]
    for modulator, route in desk.modulation.routes():
        trouble = route.notice or modulator.notice
        lines.append(f"mod {modulator.number} {trouble or f'{modulator.level:4.2f} {route.address}'}")
    return lines + ([desk.play.notice] if desk.play.notice else [])


def _layer_lines(layer: Layer, source_rate: float, model_rate: float, values: FrameValues) -> list[str]:
    source, model = layer.source, layer.model
    prefix = f"/layer/{layer.number}/model"
    style = f"style {values[f'{prefix}/style']} " if layer.switcher.name == "style26" else ""
    return [
        f"{layer.number} {layer.switcher.name}: {style}strength {values.number(f'{prefix}/strength'):.2f}",
        f"{layer.number} source {per_second(source_rate)} {source.child.state} {source.child.info.get('title', '')} "
        f"dropped {layer.source_counts.dropped}",
        f"{layer.number} model  {per_second(model_rate)} {model.child.state} {model.child.info.get('title', '')} "
        f"{model.child.info.get('size', '')} "
        f"late {layer.late} shows {layer.rung}{' (late)' if layer.is_late else ''}",
        *([f"{layer.number} source {waiting}"] if (waiting := source.child.info.get("waiting")) else []),
        *([f"{layer.number} sees {says}"] if (says := model.child.info.get("says")) else []),
        *([f"{layer.number} {layer.steady.state}"] if layer.steady and layer.steady.state else []),
        *([f"{layer.number} {layer.notice}"] if layer.notice else []),
        *(f"{layer.number} {_fault(worker.child)}" for worker in (source, model) if worker.child.fault),
    ]


def _fault(child: Child) -> str:
    """Returns what is wrong with ``child`` or, once it works again, what was."""
    ails = child.state in ("restarting", "unavailable")
    times = "" if ails else f" restarted {child.restarts} time{'' if child.restarts == 1 else 's'}, the last for"
    return f"{child.spec.name}{times}: {child.fault}"
