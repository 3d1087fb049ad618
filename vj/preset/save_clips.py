"""Saves the banks of clips into the layers of a preset's document. Places that didn't change stay as they were."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument

from vj.params.param import Value
from vj.preset.layer_plan import ClipPlan, LayerPlan
from vj.preset.paths import in_full, resolve_target, spec_as_written
from vj.preset.preset import Preset
from vj.preset.show_table import CLIP_CONTENT, PLACES
from vj.source.clip_settings import CLIP_PARAMS


def write_clips(
    document: TOMLDocument, preset: Preset, before: Preset, values: Mapping[str, Value], folder: Path
) -> set[str]:
    """Write the clips of every layer of the show into ``document``, a preset that lies in ``folder``.

    ``before`` is the show that ``document`` describes, ``preset`` the one that plays, and ``values`` are what all
    parameters are set to. Returns the addresses whose values stand in the tables of layers now, and not in ``[set]``.
    """
    elsewhere: set[str] = set()
    were = {plan.number: plan for plan in before.layers}
    for entry, plan in zip(document["layer"], preset.layers, strict=True):
        bank = _SavedBank(plan.number, were.get(plan.number, plan), plan, values, folder)
        elsewhere |= {f"{bank.prefix}/{place}/source" for place in PLACES}
        if bank.changed:
            bank.write(entry)
            names = [param.name for param in (*CLIP_CONTENT, *CLIP_PARAMS)]
            elsewhere |= {f"{bank.prefix}/{place}/{name}" for place in bank.changed for name in names}
    return elsewhere


class _SavedBank:
    """The clips of layer ``number`` as they are now, and as its preset has them in ``own``."""

    def __init__(self, number: int, own: LayerPlan, plan: LayerPlan, values: Mapping[str, Value], folder: Path) -> None:
        self.prefix = f"/layer/{number}/clip"
        self._values = values
        self._folder = folder
        self._own = own.clips or (ClipPlan(own.sources[0]),)
        self._begins_with = {in_full(spec) for spec in (*own.sources, *plan.sources)}
        self._first = own.first_place
        now = {place: str(values.get(f"{self.prefix}/{place}/source", "")) for place in PLACES}
        self._now = {place: spec for place, spec in now.items() if spec}
        self.changed = [place for place in PLACES if self._is_changed(place)] if self._now else []
        """The places whose clips aren't those of the preset."""

    def write(self, entry: Any) -> None:
        """Write the clips into ``entry``, the layer's table."""
        source_stays = "source" in entry and 1 not in self.changed
        if not source_stays:
            entry.pop("source", None)
        written = list(entry.get("clip", ()))
        first = 2 if "source" in entry else 1
        before = dict(enumerate(written, start=1 if len(written) == len(self._own) else 2))
        clips = tomlkit.array()
        for place in range(first, max(self._now) + 1):
            clips.append(self._item(place) if place in self.changed or place not in before else before[place])
        entry["clip"] = clips.multiline(len(clips) > 1)

    def _is_changed(self, place: int) -> bool:
        planned = self._own[place - 1].source if place <= len(self._own) else ""
        now = self._now.get(place, "")
        if not now or not planned:
            return now != planned
        if place == self._first and in_full(now) in self._begins_with:
            return False
        return in_full(now) != in_full(resolve_target(planned, self._folder))

    def _item(self, place: int) -> Any:
        """Returns what stands in the list for ``place``: a SPEC, or a table if the clip has settings."""
        spec = spec_as_written(in_full(self._now[place]), self._folder) if place in self._now else ""
        params = [param for param in (*CLIP_CONTENT, *CLIP_PARAMS) if param.name != "source"]
        current = {param.name: self._values[f"{self.prefix}/{place}/{param.name}"] for param in params}
        settings = {param.name: current[param.name] for param in params if current[param.name] != param.default}
        if not settings or not spec:
            return spec
        table = tomlkit.inline_table()
        table.update({"source": spec, **settings})
        return table
