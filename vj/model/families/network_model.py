"""The base of families whose models are one network, which gets the camera's picture after preprocessing."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vj.base.file_stamp import stamp
from vj.base.frame import Pixels, Size
from vj.model import preprocess
from vj.model.files.checkpoint import FileChanged, RecognisedNetwork
from vj.model.files.checkpoint import network as network_of
from vj.model.model import Model, Prepared
from vj.model.network import Network
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import CompiledNetwork

_TRIES = 3
"""How often a file is opened that is replaced meanwhile."""

Controls = Sequence[npt.NDArray[np.float32]]
"""A network's inputs beside the picture, float32, in the order of `Network.controls`."""


class NetworkModel(Model):
    """A family of single networks. ``files`` holds the one part ``model``, unless the family says otherwise; the
    network gets the picture after the steps of `preprocess`.

    A family may define `network` and `usual` if it has variants, and `controls` if its network has inputs beside the
    picture.
    """

    looked_at = True
    watched = True
    params = preprocess.PARAMS

    def begin(self) -> None:
        """Begin without an average of earlier pictures, and with no network made. Black results become valid if
        ``about`` says so."""
        self._conditioner = preprocess.Preprocessor()
        self.may_be_black |= any(about.get("black", False) for about in self.about.values())
        self._networks: dict[str, Network] = {}
        self._stamps = self._stamped()
        self._asked, self._taken = self.runtime, ""
        """The backend that networks are compiled by, or `auto`; and the one that was taken last."""

    def begin_again(self) -> None:
        """Forget the average of earlier pictures; networks that are compiled stay."""
        self._conditioner = preprocess.Preprocessor()

    def network(self, variant: str) -> Network:
        """Returns the network that ``variant`` names. It is a new one at each call. Here that is the part ``model``
        whatever the name; families with variants define this. Its weights aren't loaded yet."""
        return self.part("model")

    def still_network(self, values: Mapping[str, Value]) -> Network:
        """Returns the network that ``values`` ask for, a new object, which gives its usual result while its controls
        are at their samples. Families define it if that takes more than the name of the variant. Raises as `part`
        does, and BadInput if a file can't be read."""
        return self.network(self.variant(values))

    def named(self, variant: str) -> Network:
        """Returns the network that ``variant`` names, or `usual` if that is empty: the same object each time, because
        making it reads the whole file once. Its weights aren't loaded yet."""
        variant = variant or self.usual
        if variant not in self._networks:
            self._networks[variant] = self.network(variant)
        return self._networks[variant]

    @property
    def usual(self) -> str:
        """The variant that is meant if none is named: empty here. Families with variants define it."""
        return ""

    def part(self, part: str, **live: object) -> Network:
        """Returns a new `Network` of the file of ``part`` in ``files``, under the performer's name for the model.
        ``live`` replaces arguments of the network's constructor, such as ``statistics="batch"``; unknown ones are
        ignored. Raises BadInput if the file is a classifier, which gives no picture, KeyError for a part that isn't in
        ``files`` and ``about``."""
        found = network_of(self.files[part], RecognisedNetwork.from_json(self.about[part]), **live)
        return replace(found, name=self.called or found.name)

    def controls(self, values: Mapping[str, Value], now: float) -> Controls:
        """Returns the network's inputs beside the picture, float32, in the order and the shapes of `Network.controls`;
        none here. Families whose networks have such inputs define it. ``values`` are as in `Prepared.run`, ``now`` is
        the monotonic time (s)."""
        return ()

    def size(self, box: Size, width: int, height: int) -> Size:
        """Returns the only size that the usual network takes, if it has one; else the picture's shape, scaled down to
        fit into ``box`` if it is larger, sides cut to the network's multiples and at least its smallest."""
        network = self.named("")
        return network.fixed or Size(
            *(max(network.least, side) for side in box.fitted(width, height, network.multiple))
        )

    def full_box(self, box: Size, width: int, height: int) -> Size:
        """Returns the size, within ``box``, at which the picture's shorter side is as long as in the pictures that the
        usual network was trained on: what it sees then has the size that it knows. Returns ``box`` if that isn't
        known."""
        scale = self.named("").trained_at / min(width, height)
        known = (round(side * scale) for side in (width, height))
        return Size(*map(min, box, known)) if scale else box

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Compile the network of ``variant`` (empty: `usual`) for pictures of ``size``, and return it as a new
        `Prepared`, which gives it each picture after preprocessing, and its `controls`. Its ``warm`` runs the bare
        network on grey, with the controls' samples.

        If the files have changed since they were read, in a family that is `watched`, they are read anew, as networks
        of the same layout, and compiled by the same backend as before, in floats, from then on: nothing is timed or
        measured. If that fails, the networks stay those that were read before. Raises as `Model.prepare` does, and
        BadInput if the files are of another layout.
        """
        for _ in range(_TRIES - 1):
            with contextlib.suppress(FileChanged):
                return self._prepared(size, variant)
        return self._prepared(size, variant)

    def _prepared(self, size: Size, variant: str) -> Prepared:
        found = self._stamped()
        if not self.watched or found == self._stamps:
            return self._compiled(size, variant, self._asked)
        quick = self._quick_runtime()
        before, self._networks = self._networks, {name: self.network(name) for name in self._networks}
        try:
            prepared = self._compiled(size, variant, quick)
        except Exception as error:
            self._networks = before
            if not isinstance(error, FileChanged):
                self._stamps = found  # it isn't tried again
            raise
        self._stamps, self._asked = found, quick
        return prepared

    def _compiled(self, size: Size, variant: str, runtime: str) -> Prepared:
        from vj.model.runtime.prepare import prepare

        network = self.named(variant)
        samples = [np.full(control.shape, control.sample, np.float32) for control in network.controls]
        compiled = prepare(network, size, runtime, self.exact)
        self._taken = compiled.runtime
        if runtime != self.runtime:
            compiled.why = f"{compiled.runtime}: as for the weights before"
        return _Prepared(self, compiled, size, samples)

    def _quick_runtime(self) -> str:
        """Returns the backend for newer weights: the one that is forced, else the one before, but in floats."""
        from vj.model.runtime.openvino_backends import in_floats

        return in_floats(self._taken) if self.runtime == "auto" and self._taken else self.runtime

    def _stamped(self) -> tuple[object, ...]:
        return tuple(stamp(path) for path in self.files.values())

    def run_on(
        self, compiled: "CompiledNetwork", picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float
    ) -> float:
        """Preprocess ``picture``, run ``compiled``, one of the prepared networks, on it with the `controls` of this
        moment, and write the result into ``out``. Both pictures are uint8 RGB, H×W×3, of the size that was compiled;
        ``picture`` isn't changed. The average of earlier pictures moves on.

        ``values`` are by the names in ``params`` (``condition/blur``), ``now`` is the monotonic time (s). Returns the
        mean of the result, about 0..1 (white is 1); it is not finite if ``out`` must not be shown.
        """
        seen = self._conditioner.apply(picture, values, now)
        return compiled.run(seen, self.controls(values, now), out)


class _Prepared:
    """A network compiled for one size; its model gives it pictures and controls."""

    def __init__(self, model: NetworkModel, compiled: "CompiledNetwork", size: Size, samples: Controls) -> None:
        self._model = model
        self._compiled = compiled
        self._size = size
        self._samples = samples

    @property
    def why(self) -> str:
        return self._compiled.why

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        return self._model.run_on(self._compiled, picture, out, values, now)

    def warm(self) -> float:
        picture = np.full((self._size.height, self._size.width, 3), 128, np.uint8)
        started = time.perf_counter()
        self._compiled.run(picture, self._samples, np.empty_like(picture))
        return time.perf_counter() - started
