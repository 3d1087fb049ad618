"""What the heads-up display says in large letters: clip, model, effects, blend mode and opacity of each layer, the
effects of the whole picture, and how far looks are trained."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from vj.gl.blend_modes import NORMAL
from vj.gl.text import EMPTY, FULL
from vj.layers.layer import Layer
from vj.layers.training import LayerTraining
from vj.params.param import Value
from vj.preset.chains import MASTER_CHAIN

_CLIP, _MODEL, _SHAPED, _LEAST = 20, 24, 20, 12
"""The most letters of a clip's name, of the model and of the effects before it; the fewest that effects have room
for."""
_BETWEEN = "   "
_BLOCKS, _FAR = 24, 60.0
"""The blocks of a bar that shows how near a look is to the painted pictures, and the error (of 255) at which it is
empty: about that of a picture which isn't painted at all."""
_NAME = 20
"""The most letters of a look's name."""


def layer_lines(layers: Sequence[Layer], values: Mapping[str, Value], most: int = 100) -> list[str]:
    """Returns a line for each of ``layers``, the highest first, as it lies on top; ``values`` are the frame's.

    Effects are cut where a line would be longer than ``most`` letters.
    """
    return [_layer_line(layer, values, most)[:most] for layer in reversed(layers)]


def master_lines(effects: Sequence[str], values: Mapping[str, Value], most: int = 100) -> list[str]:
    """Returns a line on the ``effects`` of the whole picture, by name, of at most ``most`` letters; nothing
    without effects."""
    named = _effects(effects, values, MASTER_CHAIN)
    return [_cut(_joined("master", named), most)] if named else []


def training_lines(layers: Sequence[Layer], most: int = 100) -> list[str]:
    """Returns a line on each of ``layers`` whose looks are trained, the highest first: what is waited for or, while a
    look is learned, the seconds, the error (of 255) and a bar that grows as the look becomes like what was painted."""
    trainings = [(layer.number, layer.training) for layer in reversed(layers) if layer.training]
    return [f"{number}  {said}"[:most] for number, training in trainings if (said := _training(training))]


def _training(training: LayerTraining) -> str:
    name, state, far = _cut(training.name, _NAME), training.state, training.error
    if not state:
        return ""
    if state == "cold":
        return _joined(name, "the trainer starts")
    if state in ("learning", "stopped") and far >= 0.0:
        filled = round(_BLOCKS * (1.0 - min(far, _FAR) / _FAR))
        bar = FULL * filled + EMPTY * (_BLOCKS - filled)
        return _joined(name, bar, f"{training.seconds:.0f} s", f"error {far:.1f}", "" if state == "learning" else state)
    if training.waits:
        return _joined(name, f"paint over {PurePath(training.kept).name}, and save it or drop it here")
    return _joined(name, {"ready": "ready: keep a picture", "learning": "begins to learn"}.get(state, state))


def _layer_line(layer: Layer, values: Mapping[str, Value], most: int) -> str:
    """Returns such as ``2  waves > rain   edges -> style26   mirror (grade)   screen   80%``: the clip that plays, the
    one that is coming, the effects that shape what the model sees, and those that follow it, in brackets where they are
    off. What is as usual is left out."""
    prefix, composition = layer.prefix, layer.composition
    effects = _effects(layer.effects.effects, values, f"{prefix}/effect")
    shaped = _cut(_effects(layer.before.effects, values, f"{prefix}/before"), _SHAPED)
    model = _cut(_going_to(layer.switcher.name, layer.wanted or layer.switcher.name), _MODEL)
    before = f"{layer.number}  {_clips(layer, values)}", f"{shaped} -> {model}" if shaped else model
    after = (
        "" if composition.how.blend == NORMAL else composition.how.blend,
        f"{100.0 * float(values[f'{prefix}/opacity']):.0f}%",
        *(word for word in ("solo", "bypass") if getattr(composition, word)),
        "" if composition.bus == "none" else f"bus {composition.bus}",
    )
    room = most - len(_joined(*before, *after)) - len(_BETWEEN)
    return _joined(*before, _cut(effects, max(_LEAST, room)), *after)


def _joined(*parts: str) -> str:
    return _BETWEEN.join(part for part in parts if part)


def _clips(layer: Layer, values: Mapping[str, Value]) -> str:
    clips = layer.clips
    playing, coming = (_cut(_clip(layer, place, values), _CLIP) for place in (clips.place, clips.wanted))
    return playing if clips.place == clips.wanted else f"{playing} > {coming}"


def _clip(layer: Layer, place: int, values: Mapping[str, Value]) -> str:
    """Returns the name of the clip in ``place``: its own, or that of its file; without one, the kind of its source."""
    kind, _, target = layer.clips.places.get(place, "").partition(":")
    named = str(values.get(f"{layer.prefix}/clip/{place}/name", "")) or PurePath(target).stem or kind
    return named or str(layer.source.child.info.get("title", "")) or f"clip {place}"


def _effects(names: Sequence[str], values: Mapping[str, Value], chain: str) -> str:
    return " ".join(_effect(name, values, chain) for name in names)


def _effect(name: str, values: Mapping[str, Value], chain: str) -> str:
    return name if values.get(f"{chain}/{name}/on", True) else f"({name})"


def _going_to(now: str, then: str) -> str:
    return now if now == then else f"{now} > {then}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]}.."
