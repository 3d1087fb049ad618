"""What the heads-up display says in large letters: clip, model, effects, blend mode and opacity of each layer, and the
effects of the whole picture."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from vj.gl.blend_modes import NORMAL
from vj.layers.layer import Layer
from vj.params.param import Value
from vj.preset.chains import MASTER_CHAIN

_CLIP, _MODEL, _SHAPED, _LEAST = 20, 24, 20, 12
"""The most letters of a clip's name, of the model and of the effects before it; the fewest that effects have room
for."""
_BETWEEN = "   "


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
