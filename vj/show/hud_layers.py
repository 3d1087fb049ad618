"""What the heads-up display says of each layer in large letters: clip, model, effects, blend mode, opacity."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from vj.gl.blend_modes import NORMAL
from vj.layers.layer import Layer
from vj.params.param import Value

_CLIP, _MODEL, _LEAST = 20, 24, 12
"""The most letters of a clip's name and of the model; the fewest that effects have room for."""
_BETWEEN = "   "


def layer_lines(layers: Sequence[Layer], values: Mapping[str, Value], most: int = 100) -> list[str]:
    """Returns a line for each of ``layers``, the highest first, as it lies on top; ``values`` are the frame's.

    Effects are cut where a line would be longer than ``most`` letters.
    """
    return [_layer_line(layer, values, most)[:most] for layer in reversed(layers)]


def _layer_line(layer: Layer, values: Mapping[str, Value], most: int) -> str:
    """Returns such as ``2  waves > rain   style26   mirror (grade)   screen   80%``: the clip that plays, the one that
    is coming, and effects that are off in brackets. What is as usual is left out."""
    prefix, composition = layer.prefix, layer.composition
    effects = " ".join(_effect(name, values, f"{prefix}/effect") for name in layer.target.effects.effects)
    before = (
        f"{layer.number}  {_clips(layer, values)}",
        _cut(_going_to(layer.switcher.name, layer.wanted or layer.switcher.name), _MODEL),
    )
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


def _effect(name: str, values: Mapping[str, Value], chain: str) -> str:
    return name if values.get(f"{chain}/{name}/on", True) else f"({name})"


def _going_to(now: str, then: str) -> str:
    return now if now == then else f"{now} > {then}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]}.."
