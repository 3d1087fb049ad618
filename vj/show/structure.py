"""What a running show is made of: its layers, their clips and effects, which commands add, remove and move.

A command takes effect in its own frame: the parameters are there at once, and the picture follows when it is ready. So
a recorded show that is played again has the same parameters at every moment.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from vj.base.errors import BadInput, VjError, unknown
from vj.effect.isf import Isf, params
from vj.params.changing import MOST_LAYERS
from vj.params.control_queue import Change, TriggerHandler
from vj.params.param import Declared
from vj.preset.chains import LAYER_CHAINS, MASTER_CHAIN, MOST_EFFECTS, EffectParams, chain_params, instance_of
from vj.preset.file import LayerEntry
from vj.preset.layer_plan import LayerPlan
from vj.preset.model_settings import ModelSettings
from vj.preset.preset import Preset
from vj.preset.show_table import layer_params
from vj.show.clip_bank import ClipBank, Handlers
from vj.show.desk import Desk
from vj.show.library_source import library_source

NOTICE = 8.0
"""Seconds for which a notice is shown."""

_LAYERS = "/show/layer"


class PlayedChain(Protocol):
    """A chain of effects that is drawn. `vj.effect.chain.EffectChain` defines it, this base doesn't."""

    @property
    def notice(self) -> str:
        """What is wrong with its effects; empty if nothing is."""

    def set_effects(self, names: Sequence[str]) -> None:
        """Have the effects ``names``, in this order. Must not wait in a running show."""

    def fire(self, instance: str, name: str) -> None:
        """Make an event input of an effect true for the next frame."""

    def isf(self, instance: str) -> Isf | None:
        """Returns the shader that an effect plays; None before it plays."""


class ShowStage(Protocol):
    """Where chains and layers are drawn: the live show's, or the renderer's. Only the loop uses it."""

    def open_chain(self, prefix: str) -> PlayedChain:
        """Returns the chain at the address ``prefix``, which has no effects yet."""

    def open_layer(self, plan: LayerPlan) -> Handlers:
        """Begin to show the layer ``plan`` above all others; it appears with its first picture. Must not wait in a
        running show. Raises VjError if it can't be opened.
        """

    def handlers(self, number: int) -> Handlers:
        """Returns the handlers of the triggers of layer ``number``."""

    def close_layer(self, number: int) -> None:
        """Show the layer ``number`` no more, and end what it consists of."""

    def order_layers(self, numbers: Sequence[int]) -> None:
        """Show the layers in the order of ``numbers``, the lowest first."""

    def failed_layers(self) -> Mapping[int, str]:
        """Returns the layers that were opened and will never have a picture, each with the reason."""


class Structure:
    """Carries out the commands that change a show's structure, on the desk and on the stage. Only the loop uses it.

    ``preset`` is the show as it is made up now; other threads may read it.
    """

    def __init__(
        self,
        desk: Desk,
        preset: Preset,
        stage: ShowStage,
        effect_params: EffectParams,
        shaders: Callable[[], Iterable[str]],
    ) -> None:
        """``desk`` has the parameters of ``preset``, whose effects get their chains on ``stage``.

        ``effect_params`` returns the parameters of an effect, and ``shaders`` the names of all shaders; neither may
        wait in a running show.
        """
        self._desk = desk
        self._stage = stage
        self._effect_params = effect_params
        self._shaders = shaders
        self.preset = preset
        self._effects = {prefix: list(names) for prefix, names in preset.chains.items()}
        self._chains: dict[str, PlayedChain] = {}
        self._played: dict[tuple[str, str], Isf] = {}
        """The shader that each effect plays, by chain and name: another one may have other inputs."""
        self._said, self._until = "", 0.0
        self._now = 0.0
        self._clips = ClipBank(desk, stage.handlers)
        for prefix in self._effects:
            desk.connect(self._chain_commands(prefix))
            self._show_chain(prefix)
            desk.connect(self._events(prefix, self._effects[prefix]))
        for plan in preset.layers:
            desk.connect(self._clip_commands(plan.number))
        commands = {"add": self._add_layer, "remove": self._remove_layer, "move": self._move_layer}
        desk.connect({f"{_LAYERS}/{name}": partial(self._obey, do, _LAYERS) for name, do in commands.items()})

    @property
    def notices(self) -> list[str]:
        """What the performer should know: why the last command could not be carried out, and what is wrong with the
        master's effects. Layers say themselves what is wrong with theirs.
        """
        master = self._chains.get(MASTER_CHAIN)
        return [self._said if self._now < self._until else "", master.notice if master else ""]

    def update(self, now: float) -> None:
        """Follow shaders whose inputs have changed and clips that came or went; take away layers that can't be opened.
        Call it once a frame.

        ``now`` is the frame's time (s).
        """
        self._now = now
        for prefix, chain in self._chains.items():
            for name in self._effects[prefix]:
                isf = chain.isf(name)
                if isf and isf is not self._played.get((prefix, name)):
                    self._played[prefix, name] = isf
                    self._follow(prefix, name, isf)
        self._follow_clips()
        for number, why in self._stage.failed_layers().items():
            self._drop_layer(number)
            self._say(f"layer {number}: {why}")

    # effects

    def _chain_commands(self, prefix: str) -> dict[str, TriggerHandler]:
        commands = {"add": self._add_effect, "remove": self._remove_effect, "move": self._move_effect}
        return {f"{prefix}/{name}": partial(self._obey, do, prefix) for name, do in commands.items()}

    def _obey(self, do: Callable[[str, str], None], prefix: str, change: Change, now: float) -> None:
        self._now = now
        try:
            do(prefix, change.text.strip())
            self._follow_clips()  # what comes next in this frame may be for what was added
        except (VjError, OSError) as reason:
            self._say(f"{change.address}: {reason}")

    def _add_effect(self, prefix: str, shader: str) -> None:
        names = self._effects[prefix]
        if "/" in shader or "\\" in shader or shader.startswith("."):
            raise BadInput(f"{shader!r} is no name of a shader: files elsewhere than in the library can't be added")
        if len(names) >= MOST_EFFECTS:
            raise BadInput(f"{prefix} has {MOST_EFFECTS} effects; there can't be more")
        self._effect_params(shader)
        name = instance_of(shader, names, list(self._shaders()) if shader in names else ())
        declared = chain_params(prefix, [name], self._effect_params)
        names.append(name)
        self._change(prefix, (), declared, added=[name])

    def _remove_effect(self, prefix: str, name: str) -> None:
        self._effects[prefix].pop(self._place(prefix, name))
        self._played.pop((prefix, name), None)
        self._change(prefix, self._addresses(prefix, [name]), ())

    def _move_effect(self, prefix: str, written: str) -> None:
        name, _, place = written.rpartition(" ")
        names = self._effects[prefix]
        before = self._place(prefix, name.strip() or written)
        to = _checked_place(written, place, len(names))
        names.insert(to, names.pop(before))
        self._desk.store.arrange_table(self._addresses(prefix, names))
        self._change(prefix, (), ())

    def _place(self, prefix: str, name: str) -> int:
        if name not in self._effects[prefix]:
            raise unknown(f"effect of {prefix}", name, self._effects[prefix])
        return self._effects[prefix].index(name)

    def _addresses(self, prefix: str, names: Iterable[str]) -> list[str]:
        table = self._desk.store.table
        return [f"{prefix}/{name}/{below}" for name in names for below in table.below(f"{prefix}/{name}")]

    def _change(
        self, prefix: str, remove: Collection[str], declare: Collection[Declared], added: Iterable[str] = ()
    ) -> None:
        """Change the parameters of the chain at ``prefix``, then what it draws, and what is saved."""
        if remove or declare:
            self._desk.change_table(remove, declare)
            self._desk.connect(self._events(prefix, added))
        self._show_chain(prefix)
        self._note()

    def _follow(self, prefix: str, name: str, isf: Isf) -> None:
        """Declare the parameters of an effect anew if its shader has other inputs than it had."""
        table = self._desk.store.table
        wanted = {f"{name}/{param.name}": replace(param, name=f"{name}/{param.name}") for param in params(isf)}
        before = {f"{name}/{below}": param for below, param in table.below(f"{prefix}/{name}").items()}
        if before != wanted:
            self._desk.change_table(self._addresses(prefix, [name]), [(prefix, wanted.values())])
            self._desk.connect(self._events(prefix, [name]))

    def _events(self, prefix: str, names: Iterable[str]) -> dict[str, TriggerHandler]:
        """Returns the handlers of the effects' event inputs that have none yet."""
        table = self._desk.store.table
        found: dict[str, TriggerHandler] = {}
        for name in names:
            for below, param in table.below(f"{prefix}/{name}").items():
                address = f"{prefix}/{name}/{below}"
                if param.kind == "trigger" and not self._desk.handles(address):
                    found[address] = partial(self._fire, prefix, name, below)
        return found

    def _fire(self, prefix: str, name: str, event: str, change: Change, now: float) -> None:
        self._chains[prefix].fire(name, event)

    def _show_chain(self, prefix: str) -> None:
        if prefix not in self._chains and self._effects[prefix]:
            self._chains[prefix] = self._stage.open_chain(prefix)
        if prefix in self._chains:
            self._chains[prefix].set_effects(self._effects[prefix])

    # clips

    def _clip_commands(self, number: int) -> dict[str, TriggerHandler]:
        prefix = f"/layer/{number}/clip"
        commands = {"add": self._clips.add, "remove": self._clips.remove}
        return {f"{prefix}/{name}": partial(self._obey, do, prefix) for name, do in commands.items()}

    def _follow_clips(self) -> None:
        """Have the table and ``preset`` follow what stands in places for clips."""
        if added := self._clips.follow(self.preset.layers):
            layers = (replace(plan, added=added.get(plan.number, plan.added)) for plan in self.preset.layers)
            self.preset = replace(self.preset, layers=tuple(layers))

    # layers

    def _add_layer(self, prefix: str, source: str) -> None:
        numbers = [plan.number for plan in self.preset.layers]
        if len(numbers) >= MOST_LAYERS:
            raise BadInput(f"the show has {MOST_LAYERS} layers; there can't be more")
        number = min(set(range(1, MOST_LAYERS + 1)) - set(numbers))
        plan = new_layer(self.preset.layers[0], number, source)
        handlers = self._stage.open_layer(plan)
        start = {**ModelSettings(number, plan).start, **plan.clip_values(number)}
        transition = self._desk.store.table[f"/layer/{numbers[0]}/transition"]
        self._desk.change_table((), layer_params(number, plan.specs, plan.models, transition), start)
        self._desk.connect(handlers(self._desk.store.table))
        self._begin_chains(plan)
        self._desk.connect(self._clip_commands(number))
        self.preset = replace(self.preset, layers=(*self.preset.layers, plan))
        self._note()

    def _remove_layer(self, prefix: str, written: str) -> None:
        number = self._number(written)
        if len(self.preset.layers) == 1:
            raise BadInput("a show has at least one layer")
        self._drop_layer(number)

    def _move_layer(self, prefix: str, written: str) -> None:
        name, _, place = written.rpartition(" ")
        number = self._number(name.strip() or written)
        layers = list(self.preset.layers)
        plan = next(plan for plan in layers if plan.number == number)
        to = _checked_place(written, place, len(layers))
        layers.remove(plan)
        layers.insert(to, plan)
        self.preset = replace(self.preset, layers=tuple(layers))
        self._stage.order_layers([plan.number for plan in layers])
        self._desk.store.arrange_table(self._addresses("/layer", [str(plan.number) for plan in layers]))

    def _drop_layer(self, number: int) -> None:
        self._stage.close_layer(number)
        self._clips.forget(number)
        for name in LAYER_CHAINS:
            prefix = f"/layer/{number}/{name}"
            self._effects.pop(prefix, None)
            self._chains.pop(prefix, None)
            self._played = {key: isf for key, isf in self._played.items() if key[0] != prefix}
        self._desk.change_table(self._addresses("/layer", [str(number)]), ())
        kept = tuple(plan for plan in self.preset.layers if plan.number != number)
        self.preset = replace(self.preset, layers=kept)

    def _begin_chains(self, plan: LayerPlan) -> None:
        for name in LAYER_CHAINS:
            prefix = f"/layer/{plan.number}/{name}"
            self._effects[prefix] = list(plan.chain(name))
            self._desk.connect(self._chain_commands(prefix))
            self._show_chain(prefix)

    def _number(self, written: str) -> int:
        numbers = [str(plan.number) for plan in self.preset.layers]
        if written not in numbers:
            raise unknown("layer", written, numbers)
        return int(written)

    # both

    def _note(self) -> None:
        """Note the effects in ``preset``."""
        layers = []
        for plan in self.preset.layers:
            effects, before = (tuple(self._effects[f"/layer/{plan.number}/{name}"]) for name in LAYER_CHAINS)
            layers.append(replace(plan, effects=effects, before=before))
        self.preset = replace(self.preset, layers=tuple(layers), effects=tuple(self._effects[MASTER_CHAIN]))

    def _say(self, what: str) -> None:
        self._said, self._until = what, self._now + NOTICE


def new_layer(like: LayerPlan, number: int, source: str) -> LayerPlan:
    """Returns the plan of a layer that shows ``source``: its model is the one that a preset's layer has by default.

    ``like`` is another layer of the show, whose models it can play, too. Raises BadInput for a source that a command
    can't open.
    """
    usual = LayerEntry.model_fields["model"].default
    first = next((entry for entry in like.models if entry.name == usual and entry.present), like.bank[0])
    others = tuple(entry for entry in like.models if entry is not first)
    return LayerPlan((library_source(source),), (first,), others, number=number)


def _checked_place(written: str, place: str, most: int) -> int:
    """Returns the place, counted from 0, that the last word of ``written`` names. Raises BadInput."""
    if not place.isdecimal() or not 1 <= int(place) <= most:
        raise BadInput(f"a name and a place of 1..{most} are wanted, not {written[:80]!r}")
    return int(place) - 1
