"""The chains of effects of a show: their names, their commands, and the parameters of what is in them.

An effect is an instance of a shader: ``mirror``, and the second one of the same kind in a chain ``mirror-2``.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from vj.base.errors import BadInput
from vj.effect.library import effect_params
from vj.params.param import Declared, Param, command, scoped
from vj.params.scope import STRUCTURE

MASTER_CHAIN = "/master/effect"
"""The address of the chain that changes the whole picture."""
LAYER_CHAINS = ("effect", "before")
"""The chains of a layer, by the last parts of their addresses: after its model, and what the model sees."""
MOST_EFFECTS = 16
"""The most effects of one chain."""

CHAIN = scoped(
    STRUCTURE,
    command("add", help="put an effect at the end: the name of a shader"),
    command("remove", help="take an effect out, by its name in the chain"),
    command("move", help="put an effect elsewhere: its name and its place, from 1"),
)
"""The commands of every chain, below its address."""

EffectParams = Callable[[str], tuple[Param, ...]]
"""Returns the parameters of an effect by its name, each named below it (``mirror/mix``). Raises BadInput."""


def chain_params(prefix: str, effects: Sequence[str], params: EffectParams = effect_params) -> list[Declared]:
    """Returns what the chain at ``prefix`` with ``effects`` declares besides its commands, in its order.

    Raises BadInput for an effect whose shader isn't there or can't be read.
    """
    return [(prefix, params(effect)) for effect in effects]


def instance_of(shader: str, taken: Collection[str], shaders: Collection[str]) -> str:
    """Returns the name of another effect of the kind ``shader`` in a chain that has the effects ``taken``.

    It is none of ``shaders`` but its own, as it would stand for that one.
    """
    if shader not in taken:
        return shader
    number = 2
    while (name := f"{shader}-{number}") in taken or name in shaders:
        number += 1
    return name


def instances(written: Sequence[str], params: EffectParams = effect_params) -> tuple[str, ...]:
    """Returns the names of the effects of a chain that a preset writes as ``written``; one that comes twice is
    numbered. Raises BadInput for more than `MOST_EFFECTS`, and for one whose shader isn't there or can't be read.
    """
    if len(written) > MOST_EFFECTS:
        raise BadInput(f"a chain has at most {MOST_EFFECTS} effects, not {len(written)}")
    named: list[str] = []
    for name in written:
        named.append(instance_of(name, named, written))
        params(named[-1])
    return tuple(named)


def there(effects: Sequence[str]) -> tuple[str, ...]:
    """Returns those of ``effects``, the names in a chain, whose shaders are there and can be read."""
    found: list[str] = []
    for name in effects:
        with suppress(BadInput):
            effect_params(str(name))
            found.append(str(name))
    return tuple(found)
