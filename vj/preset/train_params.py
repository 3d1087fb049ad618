"""The parameters with which a layer's look is trained while the show plays: keep a picture, paint it, go."""

import re

from vj.base.errors import BadInput
from vj.params.param import Param, command, scoped, text, trigger
from vj.params.scope import TRAINING, Scope

_NAME = re.compile(r"\w[\w .-]{0,59}")
LEAST_UNDONE, MOST_UNDONE = 1.5, 60.0
"""The fewest and the most seconds that a look can be taken back; a pad takes the fewest."""

TRAIN = (
    *scoped(
        TRAINING,
        trigger("arm", help="start what trains looks, so that the first picture comes at once"),
        trigger("keep", help="keep the picture that the model sees as a PNG to paint over, and open it"),
        command("painted", help="how the kept picture is to look: a picture of the library"),
        trigger("go", help="train a look by what is painted, and play it"),
        trigger("stop", help="train no more; the look plays on, and stays by its name"),
        trigger("undo", LEAST_UNDONE, MOST_UNDONE, unit="s", help="back by so many seconds of learning; go goes on"),
    ),
    *scoped(TRAINING | Scope.PRESET, text("name", help="what the look is called; empty: look-1, look-2 and so on")),
    *scoped(
        Scope.NETWORK,
        Param("state", kind="text", default="", told=True, help="cold, ready, kept, learning or stopped"),
        Param("seconds", 0.0, 86400.0, told=True, unit="s", help="how long the look has been learned"),
        Param("error", 0.0, 255.0, told=True, help="how far it is from what is painted, of 255"),
        Param("keyframes", 0, 1000, default=0, kind="int", told=True, help="how many pictures are painted"),
    ),
)
"""The parameters below ``/layer/N/train``. The last four say how far it is."""


def checked_name(name: str) -> str:
    """Returns ``name`` if a look may be called so, as it is the name of a file: at most 60 letters, digits, spaces,
    ``.``, ``-`` and ``_``, of which the first is a letter, a digit or ``_``. Raises BadInput."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name[:80]!r} is no name of a look: letters, digits, spaces, - and _, at most 60")
    return name
