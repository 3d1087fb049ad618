"""A frame of the source beside the same frame, painted over."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vj.base.frame import Pixels


class Keyframe(NamedTuple):
    """What a look is learned from: ``source`` and ``painted``, both H×W×3 uint8 of one size, and ``mask``, bool H×W,
    true where the picture was painted; None where all of it was."""

    source: Pixels
    painted: Pixels
    mask: npt.NDArray[np.bool_] | None = None
