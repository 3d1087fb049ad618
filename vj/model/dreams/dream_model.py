"""The base of families that change a picture towards what a classifier sees in it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast
from weakref import WeakValueDictionary

import numpy as np

from vj.base.convert import resize
from vj.base.errors import BadInput, Unavailable
from vj.base.frame import Pixels, Size
from vj.model.dreams.dream_params import MASK, OCTAVES, STEP
from vj.model.model import Model, Prepared
from vj.model.style_images import StyleImages
from vj.params.param import Param, Value, picture, text, trigger

if TYPE_CHECKING:
    from vj.model.dreams.ascent import Ascent
    from vj.model.dreams.card_ascent import CardAscent, CardAscents, CardRunner
    from vj.model.gradient.objective import Objective
    from vj.model.gradient.step import Steps
    from vj.model.runtime.compiled_network import CompiledNetwork, Floats

READY: Final = "edges textures patterns parts objects"
"""The layers that are kept prepared if none are named."""
_REMEMBERED: Final = 256
"""Parsed texts that are kept."""
_STEPS_A_SECOND: Final = 25.0
"""Steps of `DreamModel.develop` that make a second, for what moves by time."""
_PATIENCE: Final = 2.0
"""Seconds that the first picture waits for its guide."""
_MOST_READY: Final = 12
"""Layers that are kept prepared, at most. More than `DreamModel.kept` would displace each other without end."""
_CUDA: Final = "cuda"
"""How the names of backends begin that run on a card by itself."""
_NONE: Final = "none"
_HEAVIEST: Final = 1e6
"""The largest weight of a unit."""

WHAT: Final = (
    text("layer", "patterns", help="edges, textures, patterns, parts, objects, or the network's own name"),
    Param("unit", -1, 4095, default=-1, kind="int", help="one channel of the layer, counted round (-1: all)"),
    text("units", help="channels with weights instead, such as '11 40:0.5 7:-1'"),
    text("toward", help="a class instead, such as 'goldfish' or 'tabby:0.5, beagle'"),
    Param("at_x", default=0.5, smooth=0.05, help="where the unit is wanted, across"),
    Param("at_y", default=0.5, smooth=0.05, help="where the unit is wanted, down"),
    Param("reach", 0.02, 1.0, default=1.0, smooth=0.05, help="how far around there (1: everywhere); small is a neuron"),
    text("layer_2", help="a second layer beside the first"),
    Param("unit_2", -1, 4095, default=-1, kind="int", help="one channel of the second layer (-1: the whole layer)"),
    Param("mix", default=0.5, smooth=0.05, help="from the first to the second layer, where there is one"),
    picture("guide", help="a picture whose features are dreamed into this one"),
)
"""The parameters of what is dreamed of."""
BANK: Final = (text("ready", help="layers kept ready for a change (empty: the five words; none)"),)
"""The parameter of what is kept prepared."""

PACE: Final = Param(
    "pace", 1.0, 120.0, default=30.0, unit="/s", help="pictures a second at most, whatever the source's"
)
RESTART: Final = trigger("restart", help="begin again, from the seed or from other noise")

Kind = Literal["units", "guide"]


@dataclass(frozen=True)
class DreamWish:
    """What has to be compiled for a dream. The families' `Model.variant` is this as text: `to_text`."""

    kind: Kind = "units"
    """Whether units or classes are dreamed of, or the features of another picture, the guide."""
    layers: tuple[str, ...] = ("patterns",)
    """One or two, as the performer writes them: the network's own names, or words such as ``patterns`` and ``classes``.
    Not checked."""
    octaves: int = 1
    """How many sizes are dreamed at; see `vj.model.dreams.ascent.sizes`."""
    scale: float = 1.4
    """The ratio of lengths from one octave to the next."""

    @classmethod
    def of(cls, values: Mapping[str, Value]) -> DreamWish:
        """Returns the wish that ``values`` express, which hold ``layer``, ``layer_2``, ``toward`` and ``guide``, and
        maybe ``octaves`` and ``octave_scale``, by name. Other values, such as units, are no part of it.

        A ``guide`` comes before all others and uses only ``layer``; ``toward`` puts ``classes`` in the place of
        ``layer``; ``layer_2`` is the second layer, if it isn't empty. Without octaves, there is one. ``scale`` is
        rounded to two decimals, and is 1.4 for one octave.
        """
        octaves = int(values.get("octaves", 1))
        scale = round(float(values.get("octave_scale", 1.4)), 2) if octaves > 1 else 1.4
        layer, other = str(values["layer"]).strip(), str(values["layer_2"]).strip()
        if values["guide"]:
            return cls("guide", (layer,), octaves, scale)
        first = "classes" if values["toward"] else layer
        return cls("units", (first, other) if other else (first,), octaves, scale)

    def to_text(self) -> str:
        """Returns the wish as a JSON object with the keys ``kind``, ``layers`` (a list), ``octaves`` and ``scale``;
        equal wishes give equal texts."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, written: str) -> DreamWish:
        """Returns the wish that `to_text` wrote as ``written``. It isn't for other texts, and may raise any error on
        them."""
        said: dict[str, Any] = json.loads(written)
        return cls(**{**said, "layers": tuple(said["layers"])})


class DreamModel(Model):
    """The base class. ``files`` holds a classifier as ``model``, and as ``synsets`` and ``lemmas`` two lists that name
    ImageNet's classes, if it needs them.

    A family defines `play`; or, like `Adversarial` and `Gatys`, `prepare` and what that returns. ``masks`` makes the
    masks of where the picture is changed.
    """

    looked_at = True
    still_steps = 50
    kept = 16
    params: ClassVar[tuple[Param, ...]] = (*WHAT, *STEP, *OCTAVES, *MASK, *BANK)

    def begin(self) -> None:
        from vj.model.dreams.masks import Masks

        self.masks = Masks(in_thread=self.in_thread)
        self._compiled: WeakValueDictionary[tuple[str, Size], CompiledNetwork] = WeakValueDictionary()
        """Networks that a dream still uses. Octaves, and two names of one layer, share those of the same size."""
        self._cards: CardAscents | None = None
        """What dreams share on a card."""
        self._guides: dict[str, StyleImages] = {}
        """Guides and their samples, by layer."""
        self._patience = _PATIENCE
        self._named: dict[tuple[str, bool], Mapping[int, float] | BadInput] = {}
        """What `named_weights` has parsed, or why it couldn't."""
        self._told: dict[str, str] = {}
        """The parts of the notice, by subject."""

    def tell(self, subject: str, what: str) -> None:
        """Make ``what`` the part of `notice` about ``subject``, a word that keeps the parts apart, such as ``mask``; an
        empty text takes that part away. Threads that prepare may call it too."""
        if self._told.get(subject, "") != what:
            self._told = {**self._told, subject: what}  # another thread may be reading it
            self.notice = "; ".join(filter(None, self._told.values()))

    def size(self, box: Size, width: int, height: int) -> Size:
        """Returns the largest size in ``box`` of the shape of a ``width``×``height`` picture. Small pictures are
        enlarged: a dream has its own details. Sides are cut to the classifier's multiple, usually 32, so the shape may
        change a little; they are at least two of these, even if ``box`` is smaller."""
        times = max(1.0, min(box.width / width, box.height / height))
        fitted = box.fitted(round(width * times), round(height * times), self._multiple)
        return Size(*(max(2 * self._multiple, side) for side in fitted))

    def pace(self, values: Mapping[str, Value]) -> float:
        """Returns the pictures a second that the family makes at most, which is the value ``pace``, in families that
        have this parameter; else 0, which stands for one picture per source frame."""
        return float(values[PACE.name]) if PACE in self.params else 0.0

    def variant(self, values: Mapping[str, Value]) -> str:
        """Returns the wish in ``values`` (layers, kind, octaves) as the JSON text of `DreamWish.to_text`, which
        `prepare` takes. The layers' names aren't checked."""
        return self._wish(values).to_text()

    def _wish(self, values: Mapping[str, Value]) -> DreamWish:
        """Returns the wish in ``values``. They hold the parameters of all the layer's models, so octaves count only in
        a family that has them."""
        return DreamWish.of(values if OCTAVES[0] in self.params else {**values, OCTAVES[0].name: 1})

    def ahead(self, values: Mapping[str, Value]) -> Sequence[str]:
        """Returns the variants, as texts for `prepare`, of the layers that the value ``ready`` names, separated by
        spaces, with the octaves of ``values``: of edges, textures, patterns, parts and objects if it is empty, an empty
        list for ``none``, at most 12. The names aren't checked. A notice says if there were more."""
        wish, layers = self._wish(values), str(values["ready"] or READY).split()
        self.tell("ready", f"only {_MOST_READY} layers are kept ready" if len(layers) > _MOST_READY else "")
        wanted = [] if layers == [_NONE] else layers[:_MOST_READY]
        return [DreamWish("units", (layer,), wish.octaves, wish.scale).to_text() for layer in wanted]

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Compile the wish that ``variant`` is (a text of `DreamWish.to_text`; empty: the usual wish), for pictures of
        ``size`` and for its coarser octaves, which may take minutes, and return it as a `Dream`. If the wish is
        impossible, such as an unknown layer, raise BadInput as long as an earlier dream is in use; else return the
        usual dream, which makes the reason a notice. Raises BadInput for an unknown runtime, Unavailable if nothing
        runs it here."""
        from vj.model.dreams import ascent

        wish, lost = self._possible(_wished(variant))
        objective = self.objective(wish)
        octaves = ascent.sizes(size, wish.octaves, wish.scale, self._multiple)
        networks = [(each, self.compiled(objective, each)) for each in octaves]
        card = self._card_ascent(objective, networks)
        return Dream(self, wish, objective, ascent.Ascent(networks), networks[-1][1], size, lost, card)

    def _card_ascent(self, objective: Objective, networks: Sequence[tuple[Size, CompiledNetwork]]) -> CardAscent | None:
        """Returns the steps along the gradients of ``networks`` on the card that all of these run on; None if they
        don't, or if what they do can't be recorded."""
        if not all(compiled.runtime.startswith(_CUDA) for _, compiled in networks):
            return None
        network = self.steps.network(objective, networks[-1][0])
        if not network.recordable:
            return None
        from vj.model.dreams.card_ascent import CardAscents

        self._cards = self._cards or CardAscents(cast("CardRunner", networks[-1][1].runner).device)
        return self._cards.of(networks, network.key)

    def _possible(self, wish: DreamWish) -> tuple[DreamWish, str]:
        """Returns ``wish``, and an empty text; or the usual wish, and why ``wish`` is impossible.

        Raises BadInput if ``wish`` is impossible and an earlier dream can go on instead.
        """
        try:
            self.objective(wish)
        except BadInput as error:
            if self._compiled:
                raise
            return replace(wish, kind="units", layers=DreamWish().layers), str(error)
        return wish, ""

    def objective(self, wish: DreamWish) -> Objective:
        """Returns ``wish`` as an objective, with layers by the network's own names: `Units`, or `Guide` for a guide.
        The first call reads the classifier.

        Raises BadInput for an unknown layer, and for a guide in a layer whose features have no places, such as the
        class scores.
        """
        from vj.model.gradient.objective import Guide, Units

        layers = [self.steps.layer(layer) for layer in wish.layers]
        if wish.kind == "units":
            return Units(layers)
        if self.steps.layers[layers[0]].flat:
            raise BadInput(f"layer: a guide's features have places, those of {wish.layers[0]!r} have none")
        return Guide(layers[0])

    def compiled(self, objective: Objective, size: Size) -> CompiledNetwork:
        """Returns the network of the gradient of ``objective``, compiled for pictures of ``size``: float32 [h, w, 3] in
        0..1 ([h, w, 6] if the objective reads a second picture) and the objective's controls in, the gradient, float32
        [h, w, 3] with a mean absolute value of 1, out. It is the same object as before as long as something holds it,
        else it is compiled, which may take minutes. Raises BadInput for an unknown runtime or a size that it doesn't
        take, Unavailable if nothing runs it here."""
        from vj.model.runtime.prepare import prepare

        key = (f"{objective.key} {objective.layers}", size)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = prepare(self.steps.network(objective, size), size, self.runtime, self.exact)
            self.tell("network", self.steps.notice)
        return found

    @cached_property
    def steps(self) -> Steps:
        """The classifier's layers, and the networks that give gradients by its picture. Made on first use, which may
        raise BadInput, and shared by all models that play the same classifier."""
        from vj.model.files.checkpoint import classifier
        from vj.model.files.recognised import RecognisedNetwork
        from vj.model.gradient.step import steps_of

        found = RecognisedNetwork.from_json(self.about["model"])
        words = {part: self.files[part] for part in ("synsets", "lemmas") if part in self.files}
        return steps_of(classifier(self.files["model"], found, **words))

    def named_weights(self, written: str, labels: Sequence[str]) -> Mapping[int, float]:
        """Returns the weights by unit, counted from 0, that ``written`` gives: ``11 40:0.5`` for units of a layer, or
        ``tabby:0.5, beagle`` for classes, which ``labels`` name. Text that can't be read becomes a notice, and gives no
        weights; any other clears that notice.

        The results for the last texts are kept and shared, so they aren't to be changed, and ``labels`` must be the
        classifier's own, or empty for units of a layer.
        """
        key = written, bool(labels)
        if key not in self._named:
            if len(self._named) >= _REMEMBERED:
                self._named.clear()
            try:
                self._named[key] = weights_from(written, labels)
            except BadInput as error:
                self._named[key] = error
        found = self._named[key]
        self.tell("units", str(found) if isinstance(found, BadInput) else "")
        return {} if isinstance(found, BadInput) else found

    def guide(self, layer: str, name: str) -> Floats:
        """Returns samples of the activations of the picture ``name`` (a path, or a name in the library) in ``layer``,
        by the network's own name: float32 [128, channels], not to be written to.

        It asks for them in a thread. Until they are known, the earlier guide's samples are returned; zeros if there are
        none. Only the first call after `begin_again` waits, at most 2 s. A picture that can't be read becomes a notice.
        """
        from vj.model.gradient.objective import Guide

        guides = self._guides.get(layer)
        if guides is None:
            guides = self._guides[layer] = StyleImages(
                lambda pixels: self.steps.samples(pixels, layer, Guide.count), in_thread=self.in_thread
            )
            guides.start()
        guides.painting(layer, name)  # the earlier guide goes on until this one is known
        if self._patience:
            guides.settle(self._patience)
            self._patience = 0.0
        self.tell("guide", guides.notice)
        found = guides.painting(layer, name)
        return np.zeros((Guide.count, self.steps.layers[layer].shape[1]), np.float32) if found is None else found

    def begin_again(self) -> None:
        """Let the next picture wait for its guide again. Families that keep pictures also forget these."""
        self._patience = _PATIENCE

    def develop(self, picture: Pixels, values: Mapping[str, Value], steps: int) -> Iterator[Pixels]:
        """Yield ``picture`` after 0, 1, .. ``steps`` steps of its dream, so ``steps`` + 1 times, after forgetting all
        earlier pictures: uint8 RGB [h, w, 3], in one array that the next step overwrites. The first is ``picture``
        itself, with sides cut to multiples, usually of 32, and at least two of these. A step is one call of `play`,
        1/25 s after the last.

        Raises BadInput for an impossible wish and for everything else that would be a notice in a show, Unavailable if
        a gradient isn't finite.
        """
        self.begin_again()
        variant = self.variant(values)
        self.objective(_wished(variant))  # raises here; `prepare` would dream of something else
        size = self.size(Size(picture.shape[1], picture.shape[0]), picture.shape[1], picture.shape[0])
        dream = self.prepare(size, variant)
        seen = resize(picture, size)
        out = seen.copy()
        yield out
        for step in range(steps):
            if not math.isfinite(dream.run(seen, out, values, step / _STEPS_A_SECOND)):
                raise Unavailable(f"{self.called} gives numbers that are no picture")
            if wrong := [what for subject, what in self._told.items() if what and subject != "network"]:
                raise BadInput("; ".join(wrong))  # in a show it is a notice; here it would go unseen
            yield out

    def play(self, dream: Dream, seen: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Make one picture of ``dream`` out of ``seen``, the source's picture, and write it into ``out``; both are
        uint8 RGB, H×W×3, of the dream's size. Families define this; here it raises NotImplementedError.

        ``values`` are as in `Prepared.run`; ``now`` is the monotonic time (s). Returns the mean of the result, 0..1, or
        a number that isn't finite if ``out`` must not be shown.
        """
        raise NotImplementedError

    @property
    def _multiple(self) -> int:
        return int(self.about["model"]["multiple"])


class Dream:
    """A wish compiled for pictures of one size; it is the families' `Prepared`. ``ascent`` makes the steps, ``size`` is
    the pictures' size."""

    def __init__(
        self,
        model: DreamModel,
        wish: DreamWish,
        objective: Objective,
        climb: Ascent,
        compiled: CompiledNetwork,
        size: Size,
        lost: str = "",
        card: CardAscent | None = None,
    ) -> None:
        """``objective`` is ``wish`` in the network's own names, and ``climb`` makes the steps towards it (the attribute
        ``ascent``). Where its networks run on a card, ``card`` makes them there instead, and families use that; else it
        is None. ``compiled`` is the finest octave's network. ``lost`` says why this isn't the performer's own wish,
        if it isn't; it becomes a notice while this dream plays."""
        self._model = model
        self._wish = wish
        self._layers = objective.layers
        self._shapes = [model.steps.layers[layer].shape for layer in objective.layers]
        self._controls = objective.controls(self._shapes)
        self.ascent = climb
        self.card = card
        self._compiled = compiled
        self.size = size
        self._lost = lost

    @property
    def why(self) -> str:
        """Which backend runs it, and why that one; another one may take over."""
        return self._compiled.why

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        """Have the model make one picture, as its `DreamModel.play` does: out of ``picture`` into ``out``, both uint8
        RGB [h, w, 3] of ``size``, with the ``values`` of the family's parameters, at the monotonic time ``now`` (s).
        Returns the mean of the result, about 0..1; a number that isn't finite if ``out`` must not be shown."""
        return self._model.play(self, picture, out, values, now)

    def warm(self) -> float:
        """Run the networks of all octaves once on a black picture, without touching what the model keeps from picture
        to picture. Returns the seconds that this took."""
        samples = [np.full(control.shape, control.sample, np.float32) for control in self._controls]
        started = time.perf_counter()
        (self.card or self.ascent).warm(samples)
        return time.perf_counter() - started

    def controls(self, values: Mapping[str, Value]) -> list[Floats]:
        """Returns the networks' inputs beside the canvas that ``values`` ask for: float32 arrays, not to be written to.

        For a guide that is one, [128, channels]. Otherwise there are, for each layer in turn: energy weights and linear
        weights, [1, channels, 1, 1] each; the layer's gain [1]; and x, y and reach [3]. Layers without places have
        weights [1, classes], and no x, y and reach. The notices about units and about the wish are set or cleared.
        """
        self._model.tell("units", "")
        self._model.tell("wish", self._lost)
        if self._wish.kind == "guide":
            return [self._guide(str(values["guide"]))]
        found: list[Floats] = []
        mix = float(values["mix"]) if len(self._shapes) > 1 else 0.0
        for place, shape in enumerate(self._shapes):
            found += self._by_channel(place, shape, values)
            found.append(np.array([mix if place else 1.0 - mix], np.float32))
            if len(shape) == 4:
                where = (float(values[name]) for name in ("at_x", "at_y", "reach"))
                found.append(np.array([*where], np.float32))
        return found

    def _by_channel(self, place: int, shape: tuple[int, ...], values: Mapping[str, Value]) -> list[Floats]:
        """Returns the energy weights and the linear weights, by channel, of the layer number ``place``."""
        by_channel = (1, shape[1], *(1 for _ in shape[2:]))
        weights = self._weights(place, shape, values)
        energy, linear = (np.full(by_channel, fill, np.float32) for fill in (0.0 if weights else 1.0, 0.0))
        for unit, weight in weights.items():
            if unit < shape[1]:
                linear[0, unit] += weight
            else:
                self._model.tell("units", f"{self._layers[place]} has the units 0..{shape[1] - 1}, not {unit}")
        return [energy, linear]

    def _weights(self, place: int, shape: tuple[int, ...], values: Mapping[str, Value]) -> Mapping[int, float]:
        """Returns weights of single channels or classes; none for the whole layer."""
        if len(shape) == 2 and values["toward"]:
            return self._model.named_weights(str(values["toward"]), self._model.steps.classifier.labels)
        if place == 0 and values["units"]:
            return self._model.named_weights(str(values["units"]), ())
        unit = int(values["unit_2" if place else "unit"])
        return {unit % shape[1]: 1.0} if unit >= 0 else {}

    def _guide(self, name: str) -> Floats:
        return self._model.guide(self._layers[0], name)


def _wished(variant: str) -> DreamWish:
    return DreamWish.from_text(variant) if variant else DreamWish()


def weights_from(written: str, labels: Sequence[str]) -> dict[int, float]:
    """Returns weights by unit, from 0, from a text such as ``11 40:0.5`` or ``tabby:0.5, golden retriever``. A weight
    that isn't written is 1; weights of the same unit add up; an empty text gives none.

    With ``labels``, units are classes by name or number, and are separated by commas; without, they are numbers,
    separated by spaces or by commas. Raises BadInput naming what can't be read, what isn't one of ``labels``, and
    weights beyond a million.
    """
    from vj.model.labels import index_of

    found: dict[int, float] = {}
    parts = written.split(",") if "," in written or labels else written.split()
    for part in filter(None, map(str.strip, parts)):
        name, _, amount = part.partition(":")
        try:
            weight = float(amount or 1.0)
            unit = index_of(name, labels) if labels else int(name)
        except ValueError:
            raise BadInput(f"{part!r} is no unit with a weight; write it as '11' or '11:0.5'") from None
        if unit < 0 or not abs(weight) <= _HEAVIEST:
            raise BadInput(f"{part!r} is no unit with a weight; units count from 0, weights go up to {_HEAVIEST:g}")
        found[unit] = found.get(unit, 0.0) + weight
    return found
