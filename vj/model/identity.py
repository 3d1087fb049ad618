"""The model that changes nothing: to check a set-up, and to measure what the rest of the way costs."""

from collections.abc import Mapping

import numpy as np

from vj.frame.frame import Pixels
from vj.model.model import Model
from vj.param import Value


class Identity(Model):
    """Passes the picture through an engine process unchanged."""

    name = "identity"
    help = "the source unchanged, through the same way as every model"

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> None:
        np.copyto(out, picture)
