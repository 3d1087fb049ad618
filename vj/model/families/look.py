"""A look that was trained on stage from painted frames, and is played while it is still being learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from vj.base.errors import BadInput, unknown
from vj.base.frame import Size
from vj.base.paths import library
from vj.model.common_params import BLEND, FADE
from vj.model.families.followed_files import FollowedFiles, Numbers
from vj.model.families.network_model import Controls, NetworkModel
from vj.model.files.checkpoint import RecognisedNetwork, still_network
from vj.model.files.look_weights import read
from vj.model.look_layout import count
from vj.model.model import Prepared
from vj.model.network import Network
from vj.params.param import Value, look

_NAMES: Final = ("look", "look_2")
_GLIDE: Final = 0.25
"""Seconds in which newer weights of the same look are reached: about the time until still newer ones come."""


class Look(NetworkModel):
    """A network all of whose weights are an input, read from files that are followed: the part ``model`` of ``files``,
    or those that ``look`` and ``look_2`` name, which must have its channels. So looks change without compiling, and one
    that is being trained is played as it is learned."""

    watched = False  # it follows its files by itself
    name = "look"
    help = "what was painted over a frame on stage, learned by a network"
    params = (
        look("look", help="the trained look; the model's own file if empty; changing it crossfades"),
        look("look_2", help="the second look; the model's own file if empty"),
        BLEND,
        FADE,
        *NetworkModel.params,
    )

    def network(self, variant: str) -> Network:
        """Returns the network, a new object at each call; it is the same network for all looks of the same channels,
        and is called ``look``, so that it is timed and compiled only once."""
        return replace(super().network(variant), name=self.name)

    def still_network(self, values: Mapping[str, Value]) -> Network:
        """Returns the network of the look that ``values`` name, else of the model's own, with the weights that its file
        holds now. Raises BadInput if the file can't be read or is one of another network."""
        found = RecognisedNetwork.from_json(self.about["model"])
        path = Path(str(values["look"])) if values["look"] else self.files["model"]
        _read(found.options["arguments"], path)
        return replace(still_network(path, found), name=self.called or self.name)

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Read the model's own file, the first time, and start the thread that follows files; then compile the network
        for pictures of ``size`` and return it as a new `Prepared`. ``variant`` doesn't matter. Raises as
        `Model.prepare` does, and BadInput if the model's own file can't be read."""
        self._mix.warm()
        return super().prepare(size, variant)

    def controls(self, values: Mapping[str, Value], now: float) -> Controls:
        """Returns the weights at ``now``, float32 [count], in an array that later calls overwrite; `prepare` must have
        been called. Sets `notice`: why a look can't be played, or empty."""
        weights = self._mix.at(values, now)
        self.notice = self._mix.notice
        return (weights,)

    @cached_property
    def _mix(self) -> LookMix:
        arguments = self.about["model"]["options"]["arguments"]
        files = FollowedFiles(partial(_read, arguments), in_thread=self.in_thread)
        return LookMix(self.files["model"], files, count(**arguments))


class LookMix:
    """The weights over time: two looks, each moving to its newest weights and crossfading when another one is named,
    and the blend between them. ``own`` is the file that is played where none is named, ``files`` reads it and all
    others, and ``count`` is how many numbers each look has."""

    def __init__(self, own: Path, files: FollowedFiles, count: int) -> None:
        self._own = own
        self._files = files
        self._places = tuple(_Place(count) for _ in _NAMES)
        self._blend = np.zeros(count, np.float32)
        self._warm = self._begun = False

    @property
    def notice(self) -> str:
        """Why looks can't be read, those that are named now; empty if all can."""
        return self._files.notice

    def warm(self) -> None:
        """Read the model's own file, in the caller's thread, then start the thread for all later reading. After it has
        succeeded once it does nothing.

        Raises BadInput if the file can't be read.
        """
        if self._warm:
            return
        for name in _NAMES:
            self._files.newest(name, self._own)
        self._files.look()
        first = self._files.newest(_NAMES[0], self._own)
        if first is None:
            raise BadInput(self.notice)
        for place in self._places:
            place.begin(self._own, first)
        self._files.start()
        self._warm = True

    def at(self, values: Mapping[str, Value], now: float) -> Numbers:
        """Returns the weights at ``now`` (monotonic, s): float32 [count], in an array that later calls overwrite.
        `warm` must have been called before.

        ``values`` are ``look`` and ``look_2`` (paths of files; empty for the model's own), ``blend`` (0..1) and
        ``fade`` (s). The first call waits until the looks that are named are read; later ones never wait, and go on
        with what was played before until a look that is named is read.
        """
        paths = [Path(str(values[name])) if values[name] else self._own for name in _NAMES]
        if not self._begun:
            self._begin(paths)
        first, second = (
            place.at(path, self._files.newest(name, path), float(values["fade"]), now)
            for name, place, path in zip(_NAMES, self._places, paths, strict=True)
        )
        blend = float(values["blend"])
        if blend <= 0.0:
            return first
        np.subtract(second, first, out=self._blend)
        self._blend *= np.float32(blend)
        self._blend += first
        return self._blend

    def _begin(self, paths: list[Path]) -> None:
        """Begin with the looks at ``paths``, without a fade, as far as they can be read."""
        for name, path in zip(_NAMES, paths, strict=True):
            self._files.newest(name, path)
        self._files.look()
        for name, place, path in zip(_NAMES, self._places, paths, strict=True):
            if (found := self._files.newest(name, path)) is not None:
                place.begin(path, found)
        self._begun = True


class _Place:
    """The weights of one look over time, in one array: they move in a straight line to those that are wanted."""

    def __init__(self, count: int) -> None:
        self._weights, self._from = np.zeros(count, np.float32), np.zeros(count, np.float32)
        self._path = Path()
        self._to: Numbers | None = None
        self._since = self._last = 0.0
        self._takes = 0.0
        self._is_there = True

    def begin(self, path: Path, wanted: Numbers) -> None:
        """Be at the weights ``wanted`` of the file ``path`` at once."""
        self._path, self._to = path, wanted
        self._weights[:] = wanted
        self._is_there = True

    def at(self, path: Path, wanted: Numbers | None, fade: float, now: float) -> Numbers:
        """Returns the weights at ``now``, which move to ``wanted``, those of the file ``path`` (None: not read yet): in
        ``fade`` seconds if it is another file than before, else in `_GLIDE`. They begin at the last call."""
        if wanted is not None and wanted is not self._to:
            self._takes = fade if path != self._path else _GLIDE
            self._path, self._to, self._since = path, wanted, self._last
            self._from[:] = self._weights
            self._is_there = False
        self._last = now
        if not self._is_there:
            self._move(now)
        return self._weights

    def _move(self, now: float) -> None:
        assert self._to is not None
        part = (now - self._since) / self._takes if self._takes > 0.0 else 1.0
        if part >= 1.0:
            self._weights[:] = self._to
            self._is_there = True
            return
        np.subtract(self._to, self._from, out=self._weights)
        self._weights *= np.float32(max(0.0, part))
        self._weights += self._from


def _read(arguments: Mapping[str, Any], path: Path) -> Numbers:
    """Returns the weights of the look in the file ``path``, for the network of these ``arguments``.

    Raises BadInput, for a look that is not in the library with the names of those that are.
    """
    folder = library("models")
    if path.parent == folder and not path.exists():
        raise unknown("look", path.stem, (file.stem for file in folder.glob("*.safetensors")))
    return read(path, **arguments)
