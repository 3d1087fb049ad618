"""The model that changes nothing: to check a set-up, and to measure what everything around a model costs."""

from collections.abc import Mapping

import numpy as np

from vj.base.frame import Pixels, Size
from vj.model.model import Model, Prepared
from vj.params.param import Value


class Identity(Model):
    """Passes the picture through an engine process unchanged, at the processing size. Its results never count as black
    or broken."""

    name = "identity"
    help = "the source unchanged, through the same way as every model"

    def prepare(self, size: Size, variant: str = "") -> Prepared:
        """Returns a `Prepared` that copies pictures of any size, at once: there is nothing to load. Its ``run`` always
        returns 1, its ``warm`` 0."""
        return _Copy()


class _Copy:
    why = "nothing to run"

    def run(self, picture: Pixels, out: Pixels, values: Mapping[str, Value], now: float) -> float:
        np.copyto(out, picture)
        return 1.0

    def warm(self) -> float:
        return 0.0
