"""Which show to open: a preset's, the one that was autosaved, or the one that was recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vj.base.errors import BadInput
from vj.preset import DEFAULT
from vj.preset import preset as presets
from vj.preset.preset import Preset
from vj.show import autosave, control_recording
from vj.show.control_recording import Recording


@dataclass(frozen=True)
class Startup:
    """``state`` is what it goes on from; nothing: how the preset begins. ``recording`` is played back in it.

    ``notice`` says what wasn't there to go on from.
    """

    preset: Preset
    state: Mapping[str, Any]
    recording: Recording | None
    notice: str = ""


def opening(name: str | None, source: str | None, models: Sequence[str], restore: bool, replay: Path | None) -> Startup:
    """``name`` is a preset's; without it the one that ``restore`` or ``replay`` is about, else the default one.

    ``source`` and ``models`` take the place of the first layer's. With nothing to restore it opens as without
    ``restore``, so that a script can always use it. Raises BadInput for a preset, source or model that doesn't exist.
    """
    if restore and replay:
        raise BadInput("--restore goes on from one show, --replay plays another: give one of them")
    recording = control_recording.read(replay) if replay else None
    preset = presets.load(name) if name else None  # before its state: no state is kept of a name that is none
    saved = autosave.latest(name) if restore else None
    state = recording.header if recording else saved or {}
    if "layers" in state and (restore or not preset):
        preset = presets.described(_as_played(state))
    elif not preset:
        preset = presets.load(str(state.get("preset") or DEFAULT))
    notice = f"There is nothing to restore: {preset.name} starts as its preset says" if restore and not saved else ""
    return Startup(preset.with_first_layer(source, models), state, recording, notice)


def _as_played(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the sources that really played, where a recording tells which of its alternatives those were."""
    playing = state.get("playing")
    if not isinstance(playing, list) or len(playing) != len(state["layers"]):
        return state
    layers = [{**layer, "sources": [spec]} for layer, spec in zip(state["layers"], playing, strict=True)]
    return {**state, "layers": layers}
