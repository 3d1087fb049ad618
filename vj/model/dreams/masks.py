"""Masks of where a picture is changed: everywhere, in the dark, in the light, where something moves, or on people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from vj.base.errors import Unavailable
from vj.base.frame import Pixels, Size
from vj.model.files import weights
from vj.model.style_images import StyleImages
from vj.params.param import Value

if TYPE_CHECKING:
    from vj.model.runtime.compiled_network import Floats

    Find = Callable[[Pixels], Floats]

PEOPLE: Final = "people"
"""The name in `vj.model.files.weights.PARTS` of the network that finds people."""
_SIZE: Final = Size(256, 144)
"""The size of the pictures that this network takes."""
_EVERY: Final = 0.1
"""Seconds between two searches for people."""
_AGAIN: Final = 20.0
"""Seconds until the next search after one that failed."""
_PATIENCE: Final = 0.3
"""Seconds that the first picture waits for the search."""
_FOLLOWS: Final = 0.12
"""The time constant (s) with which the mask follows the newest result of the search."""
_LEAST_PERSON: Final = 0.004
"""The smallest part of the picture that counts as a person."""
_ABSORBED: Final = 1.0
"""The time constant (s) with which something that has stopped moving becomes background."""
_LINGERS: Final = 0.4
"""The time constant (s) with which the mask leaves a place where nothing moves any more."""
_STILL: Final = 10.0
"""Grey levels of difference from the background that are only the camera's noise."""
_MOVES: Final = 35.0
"""Grey levels of difference from the background that are surely something else."""


class Masks:
    """Makes the mask that the value ``mask`` asks for, picture after picture, following what moves and where people
    are; see `at`."""

    notice: str = ""
    """Why the mask of people was empty the last time: no person was seen, or the search failed; else an empty text."""

    def __init__(self, person: Find | None = None, *, in_thread: bool = True) -> None:
        """``person`` returns where people are in a picture, uint8 [144, 256, 3], as float32 [144, 256] in 0..1; by
        default it is a `Segmenter`. It runs in a thread unless ``in_thread`` is false, as in a renderer, where each
        search is waited for."""
        self._person = PeopleFinder(person or Segmenter(), in_thread=in_thread)
        self._moving = _Moving()
        self._out = np.zeros((0, 0), np.float32)

    def at(self, seen: Pixels, size: Size, values: Mapping[str, Value], now: float) -> Floats | None:
        """Returns the mask for the picture ``seen``, uint8 RGB [h, w, 3] of any size: float32 [h, w] of ``size``, from
        1 where the picture is to be changed to 0 where not, valid until the next call. The value ``mask`` chooses:
        ``none`` (returns None), ``dark`` or ``bright`` (by ``mask_level`` and ``mask_soft``), ``moving``, ``person``;
        ``mask_invert`` turns it round. Also sets `notice`.

        ``now`` is the monotonic time (s); when it goes back, the masks ``moving`` and ``person`` begin anew. People are
        searched for every 0.1 s; only the search that begins a mask is waited for, at most 0.3 s.
        """
        kind = str(values["mask"])
        self.notice = ""
        if kind == "none":
            return None
        found = self._found(kind, seen, size, values, now)
        if self._out.shape != (size.height, size.width):
            self._out = np.zeros((size.height, size.width), np.float32)
        cv2.resize(found, tuple(size), self._out, interpolation=cv2.INTER_LINEAR)
        if values["mask_invert"]:
            np.subtract(1.0, self._out, out=self._out)
        return self._out

    def _found(self, kind: str, seen: Pixels, size: Size, values: Mapping[str, Value], now: float) -> Floats:
        """Returns a mask of that kind, 0..1 [h, w], of any size."""
        if kind == "person":
            found = self._person.at(seen, now)
            self.notice = self._person.notice
            return found
        if kind == "moving":
            return self._moving.at(seen, size, now)
        return light(seen, size, float(values["mask_level"]), float(values["mask_soft"]), kind == "bright")


def light(seen: Pixels, size: Size, level: float, soft: float, bright: bool) -> Floats:
    """Returns where ``seen``, uint8 RGB [h, w, 3] of any size, is brighter than ``level`` (0..1) or, unless ``bright``,
    darker: a new float32 array [h, w] of ``size``, 0..1, 0.5 at ``level``, with a slope that is ``soft`` (0..1 of grey,
    at least 1/255) wide."""
    grey = cv2.blur(cv2.resize(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA), (5, 5))
    slope = _smooth((np.linspace(0.0, 1.0, 256, dtype=np.float32) - level) / max(soft, 1 / 255) + 0.5)
    found: Floats = cv2.LUT(grey, slope if bright else 1.0 - slope)
    return found


class _Moving:
    """Finds where a picture differs from its own background, which is the mean of about the last second."""

    def __init__(self) -> None:
        self._mean = np.zeros((0, 0, 3), np.float32)
        self._moved = np.zeros((0, 0), np.float32)
        self._last = math.inf

    def at(self, seen: Pixels, size: Size, now: float) -> Floats:
        """Returns 0..1, a quarter as wide and as high as ``size``; all 0 at the beginning."""
        small = Size(*(max(8, side // 4) for side in size))
        picture = cv2.resize(seen, small, interpolation=cv2.INTER_AREA).astype(np.float32)
        if now < self._last or picture.shape != self._mean.shape:
            self._mean, self._moved, self._last = picture.copy(), np.zeros(picture.shape[:2], np.float32), now
        passed, self._last = now - self._last, now
        cv2.accumulateWeighted(picture, self._mean, 1.0 - math.exp(-passed / _ABSORBED))
        off = cv2.blur(cv2.absdiff(picture, self._mean).max(-1), (5, 5))
        self._moved *= math.exp(-passed / _LINGERS)
        np.maximum(self._moved, _smooth((off - _STILL) / (_MOVES - _STILL)), out=self._moved)
        return self._moved


class PeopleFinder:
    """Finds people in pictures, about ten times a second, and follows the newest result smoothly."""

    notice: str = ""
    """That no person was seen, or why the search failed; else an empty text."""

    def __init__(self, find: Find, *, in_thread: bool) -> None:
        """``find`` is as in `Masks`. It runs in a thread or, unless ``in_thread``, in the caller's, which then waits
        for each search."""
        self._aside = StyleImages(find, in_thread=in_thread)
        self._begun = False
        self._mask = np.zeros((_SIZE.height, _SIZE.width), np.float32)
        self.begin_again()

    @property
    def failed(self) -> bool:
        """Whether the last search failed."""
        return bool(self._aside.notice)

    def begin_again(self) -> None:
        """Have the next mask begin anew: it doesn't follow from the one before."""
        self._asked = self._last = math.inf

    def at(self, seen: Pixels, now: float) -> Floats:
        """Returns where people are in ``seen``, uint8 RGB [h, w, 3] of any size, at ``now`` (monotonic s): 0..1
        [144, 256], valid until the next call. A thread's search is waited for only at the very beginning, and not for
        long."""
        begins = now < self._last
        newest = self._newest(seen, now)
        self.notice = self._aside.notice or ("" if newest.mean() > _LEAST_PERSON else "no person seen")
        passed, self._last = 0.0 if begins else now - self._last, now
        part = 1.0 if begins else 1.0 - math.exp(-passed / _FOLLOWS)
        cv2.addWeighted(self._mask, 1.0 - part, newest, part, 0.0, self._mask)
        return self._mask

    def _newest(self, seen: Pixels, now: float) -> Floats:
        """Returns the newest result; all zero if no person was found yet, or the search fails."""
        begins = now < self._asked
        if begins or now - self._asked >= (_AGAIN if self._aside.notice else _EVERY):
            self._asked = now
            self._aside.sight("person", cv2.resize(seen, _SIZE, interpolation=cv2.INTER_AREA))
        if begins:
            self._wait()
        found = self._aside.sight("person")
        return np.zeros_like(self._mask) if found is None or self._aside.notice else found

    def _wait(self) -> None:
        if not self._begun:
            self._begun = True
            self._aside.start()
        self._aside.settle(_PATIENCE)


class Segmenter:
    """MediaPipe's network for the people in selfies (Google 2021; Apache-2.0), loaded on the first call. One thread at
    a time may call it."""

    def __init__(self, *, fetches: bool = True) -> None:
        """Unless ``fetches``, the network's file isn't downloaded."""
        self._fetches = fetches
        self._net: cv2.dnn.Net | None = None

    def __call__(self, picture: Pixels) -> Floats:
        """Returns the probability, a new float32 array [144, 256] in 0..1, that each place of ``picture`` shows a
        person; ``picture`` is uint8 RGB of exactly [144, 256, 3].

        The first call loads the network, and downloads its file if that is missing. Raises Unavailable if the file
        can't be fetched, or is missing and isn't to be.
        """
        if self._net is None:
            self._net = cv2.dnn.readNetFromTFLite(str(self._file()))
        self._net.setInput(cv2.dnn.blobFromImage(picture, 1 / 255))
        found: Floats = self._net.forward().reshape(_SIZE.height, _SIZE.width)
        return found.copy()  # the network writes into it again

    def _file(self) -> Path:
        asset = weights.ASSETS[weights.PARTS[PEOPLE]]
        if not (self._fetches or asset.intact):
            raise Unavailable(f"what finds people isn't here yet; fix: vj models fetch {PEOPLE}")
        return weights.fetch(asset.name, lambda doing, part: None)


def _smooth(part: Floats) -> Floats:
    """Returns 0 below 0, 1 above 1, and in between a curve without corners (smoothstep)."""
    part = part.clip(0.0, 1.0)
    eased: Floats = part * part * (3.0 - 2.0 * part)
    return eased
