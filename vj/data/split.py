"""Chooses which pictures are kept for the test: by their content and a seed, and never one that has a near neighbour
among those to train on."""

import hashlib
import math
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Final

from vj.base.errors import BadInput
from vj.data.description import TEST, TRAIN

BETWEEN: Final = "between"
"""What a picture is that is used for neither, because it is too near to one of the test."""
_PIECES: Final = 3
"""From about how many places of a film its pictures for the test are taken."""


def wanted_for_test(share: float, count: int) -> int:
    """Returns how many of ``count`` pictures are for the test: ``share`` of them if that is below 1, at least one of
    two or more; else ``share`` is their number. Raises BadInput if none would be left to train on."""
    if share >= 1.0:
        if share >= count:
            raise BadInput(f"--test {share:g} leaves nothing to train on: there are {count} pictures")
        return int(share)
    return min(count - 1, max(1, round(share * count))) if share > 0.0 and count > 1 else 0


def split(runs: Sequence[int], keys: Sequence[bytes], wanted: int, seed: int, gap: int) -> list[str]:
    """Returns for each picture, in order, ``train``, ``test`` or ``between``; ``wanted`` are for the test, or a few
    less.

    Neighbours with the same number in ``runs`` belong together, such as the pictures of a film: a run is only cut into
    few long pieces, and ``gap`` pictures on each side of what is tested are left out (none if nothing would be left to
    train on). Which pieces are tested depends on ``seed`` and on ``keys``, a hash of each picture's content, so that
    the same pictures are tested on every machine, however their files are called.
    """
    parts = _parted(runs, keys, wanted, seed, gap)
    return parts if TRAIN in parts or not gap else _parted(runs, keys, wanted, seed, 0)


def _parted(runs: Sequence[int], keys: Sequence[bytes], wanted: int, seed: int, gap: int) -> list[str]:
    parts = [TRAIN] * len(runs)
    pieces = _pieces(runs, min(wanted, max(math.ceil(wanted / _PIECES), 2 * gap)))
    pieces.sort(key=lambda piece: _drawn(seed, keys[piece.start]))
    left = wanted
    for piece in pieces:
        if len(piece) <= left:
            left -= len(piece)
            for place in piece:
                parts[place] = TEST
            for place in (*range(piece.start - gap, piece.start), *range(piece.stop, piece.stop + gap)):
                if 0 <= place < len(runs) and runs[place] == runs[piece.start] and parts[place] == TRAIN:
                    parts[place] = BETWEEN
    return parts


def _pieces(runs: Sequence[int], longest: int) -> list[range]:
    """Returns the runs, cut into pieces of about the same length, none longer than ``longest``."""
    pieces, start = [], 0
    for _, run in groupby(runs):
        length = len(list(run))
        count = math.ceil(length / max(1, longest))
        cuts = [start + length * number // count for number in range(count + 1)]
        pieces += [range(one, other) for one, other in pairwise(cuts)]
        start += length
    return pieces


def _drawn(seed: int, key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=16, salt=seed.to_bytes(8, "little", signed=True)).digest()
