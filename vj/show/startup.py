"""Decides which show to open: a preset's, the one that was autosaved, or the one that was recorded."""

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
    """What to open: a show of ``preset``, whose layers already have the sources and models that were asked for.

    ``state`` is what the show goes on from: an autosaved state, or the header of ``recording``; if it is empty, the
    show begins as the preset says. ``recording``, or None, is played back in it. ``notice`` says that there was nothing
    to restore; else it is empty.
    """

    preset: Preset
    state: Mapping[str, Any]
    recording: Recording | None
    notice: str = ""


def choose_startup(
    name: str | None, source: str | None, models: Sequence[str], restore: bool, replay: Path | None
) -> Startup:
    """Returns what to open: the preset ``name``, else the show to ``restore`` or to ``replay``, else the default.

    ``name`` is a preset's name or a ``.toml`` file. ``restore`` goes on from the newest autosaved state, of that preset
    or, without ``name``, of any; ``replay`` is the file of a control recording. Both bring their layers with them, but
    a recording plays in the preset ``name`` if that is given. ``source`` (``KIND:TARGET``, unless None) and ``models``
    (names or files, unless empty) replace those of the first layer. If there is nothing to restore, the show opens as
    without ``restore``, so that a script can always use it. Opens no device. Raises BadInput for a preset, source,
    model or recording that doesn't exist or can't be used, and for ``restore`` together with ``replay``.
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
    if source and "values" in state:  # it is what plays
        state = {**state, "values": {a: value for a, value in state["values"].items() if a != "/layer/1/clip"}}
    notice = f"There is nothing to restore: {preset.name} starts as its preset says" if restore and not saved else ""
    return Startup(preset.with_first_layer(source, models), state, recording, notice)


def _as_played(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns ``state`` with the sources that really played, if it is a recording's, which names them."""
    playing = state.get("playing")
    if not isinstance(playing, list) or len(playing) != len(state["layers"]):
        return state
    layers = [{**layer, "sources": [spec]} for layer, spec in zip(state["layers"], playing, strict=True)]
    return {**state, "layers": layers}
