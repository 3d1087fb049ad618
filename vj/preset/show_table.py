"""The parameter table of a show: what every show has, and what its sources and models bring."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from vj.control.audio.params import PARAMS as AUDIO
from vj.control.midi.params import LEARN
from vj.effect.library import transitions
from vj.model.common_params import STAGE, WORKING, merged
from vj.model.files import library
from vj.model.files.library import Entry
from vj.modulate.params import FEWEST, MODULATOR
from vj.params.param import Declared, Param, ParamTable, choice, command, scoped, text, toggle, trigger
from vj.params.scope import EVERYTHING, HELD_DOWN, HOUSEKEEPING, KNOB, ROOM, STRUCTURE, Scope
from vj.play.params import HISTORY, MORPH, RANDOM, SNAPSHOT, cue_params, macro_params
from vj.play.play import Plan
from vj.preset.chains import CHAIN, LAYER_CHAINS, MASTER_CHAIN
from vj.preset.composition_params import COMPOSITION, transition_param
from vj.preset.train_params import TRAIN
from vj.source import params_of
from vj.source.clip_settings import CLIP_PARAMS
from vj.tempo.params import CLOCK

PLACES = range(1, 17)
"""The places for clips in a layer's bank. Every layer has all of them; most are empty."""
_FITS = ("fit", "fill", "stretch")

LAYER = (
    Param("opacity", default=1.0, smooth=0.05, help="how much of the layer covers what lies below it"),
    choice("fit", _FITS, "fill", help="how a source of another shape is placed on the canvas"),
    *COMPOSITION,
)
CLIP_COMMANDS = scoped(
    STRUCTURE,
    command("add", help="put a film, picture or folder of the library into the first empty place, and play it"),
    command("remove", help="empty the place of that number or name; what plays goes on"),
)
CLIP_CONTENT = (
    *scoped(
        Scope.PRESET | Scope.RECORDING,
        text("source", help="what the clip shows, as a SPEC; empty: there is no clip in this place"),
    ),
    *scoped(Scope.PRESET | Scope.RECORDING | Scope.NETWORK, text("name", help="what the clip is called")),
)
COLUMN = scoped(KNOB, *(trigger(str(place), launch=True, help=f"play clip {place} in every layer") for place in PLACES))
MASTER = (
    Param("opacity", default=1.0, smooth=0.05, help="brightness of the whole picture"),
    *scoped(WORKING, Param("crossfader", default=0.0, smooth=0.05, help="from layers on bus A (0) to those on B (1)")),
    *scoped(
        HELD_DOWN,
        toggle("blackout", help="black at once; the show goes on behind it"),
        toggle("freeze", help="hold the picture that is shown now"),
    ),
    trigger("panic", heavy=True, help="back to the values the show started with"),
)
OUTPUT = scoped(
    ROOM,
    toggle("fullscreen", help="cover the chosen monitor"),
    choice("fit", _FITS, "fit", help="how the picture is placed in a window of another shape"),
    toggle("hud", help="show rates, latency and states over the picture"),
    toggle("keys", help="show what every key does over the picture"),
    toggle("flash_limit", help="let no more than three flashes a second through over a quarter of the picture"),
)
SHOW = scoped(
    HOUSEKEEPING,
    trigger("save", help="keep settings, snapshots and learned controls in the preset"),
    text("load", help="take over what another preset sets, as far as it fits this show"),
    trigger("quit", help="end the show"),
)
LAYERS = scoped(
    STRUCTURE,
    command("add", help="put a layer on top: what it shows, such as pattern or movie:NAME of the library"),
    command("remove", help="take a layer away, by its number"),
    command("move", help="put a layer elsewhere: its number and its place, 1 for the lowest"),
)
_NO_PLAN = Plan()
_ROOMS = {
    "/column": COLUMN,
    "/master": MASTER,
    "/output": OUTPUT,
    "/clock": CLOCK,
    "/audio": AUDIO,
    "/snapshot": SNAPSHOT,
    "/morph": MORPH,
    "/random": RANDOM,
    "/history": HISTORY,
    "/learn": LEARN,
    "/show": SHOW,
    "/show/layer": LAYERS,
    MASTER_CHAIN: CHAIN,
}
"""The parameters that every show has, by the prefix of their addresses."""


def show_table(
    layers: Sequence[tuple[Iterable[str], Sequence[Entry]]],
    plan: Plan = _NO_PLAN,
    modulators: int = 0,
    numbers: Sequence[int] = (),
) -> ParamTable:
    """Returns a new table of a show with these ``layers``, the cues and macros of ``plan``, and at least so many
    ``modulators`` (never fewer than `FEWEST`). Effects aren't in it.

    A layer is given by the SPECs, or the kinds, of its alternative sources (``movie``) and the models it can play, at
    least one, of which the first is the default. Macros, cues and modulators are numbered from 1, and so are layers
    unless ``numbers`` gives theirs: ``/layer/1/model``.
    """
    table = ParamTable()
    transition = transition_param(transitions())
    for number, (specs, models) in zip(numbers or range(1, len(layers) + 1), layers, strict=True):
        for prefix, params in layer_params(number, specs, models, transition):
            table.declare(prefix, params)
    for room, params in _ROOMS.items():
        table.declare(room, params)
    table.declare("/macro", macro_params(plan.macros))
    table.declare("/cue", cue_params(len(plan.cues)))
    for number in range(1, max(FEWEST, modulators) + 1):
        table.declare(f"/modulate/{number}", MODULATOR)
    return table


def layer_params(number: int, specs: Iterable[str], models: Sequence[Entry], transition: Param) -> Iterator[Declared]:
    """Yield what layer ``number`` declares: each prefix with its parameters.

    ``transition`` is the parameter that chooses one, which every layer has. The rest is as in `show_table`.
    """
    prefix, names = f"/layer/{number}", [entry.name for entry in models]
    yield prefix, (*LAYER, transition)
    yield f"{prefix}/source", _merged(specs)
    yield prefix, [choice("model", names, names[0], help="the model that plays; others are loaded aside")]
    yield f"{prefix}/model", merged((STAGE, library.params(models)))
    yield f"{prefix}/bank", _slots(names)
    yield f"{prefix}/train", TRAIN
    yield from _clip_params(prefix)
    for chain in LAYER_CHAINS:
        yield f"{prefix}/{chain}", CHAIN


def _clip_params(prefix: str) -> Iterator[Declared]:
    """Yield the bank of clips of the layer at ``prefix``: which plays, and for each place its launch and settings."""
    playing = Param(
        "clip",
        PLACES[0],
        PLACES[-1],
        default=PLACES[0],
        kind="int",
        jumps=True,
        help="the clip that plays, by its place; one that isn't warm is opened aside",
        scope=EVERYTHING & ~Scope.RANDOM,
    )
    yield prefix, [playing]
    launches = (trigger(str(place), launch=True, help=f"play clip {place}") for place in PLACES)
    yield f"{prefix}/clip", scoped(KNOB, *launches)
    yield f"{prefix}/clip", CLIP_COMMANDS
    for place in PLACES:
        yield f"{prefix}/clip/{place}", (*CLIP_CONTENT, *scoped(KNOB, *CLIP_PARAMS))


def guarded(table: ParamTable, allowed: Collection[str]) -> dict[str, str]:
    """Returns the addresses in ``table`` that the network may not reach, each with the name by which a preset would
    allow it: ``/show/save`` with ``save``.

    ``allowed`` are the names that this preset allows; their addresses aren't in the result.
    """
    kept = {address: param.name for address, param in table.items() if Scope.NETWORK not in param.scope}
    return {address: name for address, name in kept.items() if name not in allowed}


def _slots(names: Sequence[str]) -> list[Param]:
    """Returns a button for each model of a bank. All of them can be launched on the beat."""
    return [trigger(str(slot), launch=True, help=f"play {name}") for slot, name in enumerate(names, start=1)]


def _merged(specs: Iterable[str]) -> list[Param]:
    """Returns the parameters of alternative sources; of two with the same name, the first one's."""
    merged: dict[str, Param] = {}
    for spec in specs:
        for param in params_of(spec):
            merged.setdefault(param.name, param)
    return list(merged.values())
