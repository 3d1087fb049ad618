"""A made-up graphics card, whose work the processor does: in 32-bit floats, and in bfloat16, which it has no quicker.

What its compiler makes of a network is the network itself. It tests everything that goes another way where there is a
card, and nothing of what only a real one does.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.without import first_of_all
from vj.model.runtime import cards, torch_backends

CARD = cards.Card("cuda", "made up", "1.0")

_IN_EVERY_PROCESS = """
import importlib.util, sys

class _Waiting:
    # Puts the card into the module that makes ways of cards, as soon as that is imported.
    def find_spec(self, name, path=None, target=None):
        if name != "vj.model.runtime.torch_backends":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module
        def execute_and_put(module):
            execute(module)
            made, precisions = module._made, {"float32": "float32", "float16": "bfloat16"}
            card = sys.modules["vj.model.runtime.cards"].Card("cuda", "made up", "1.0")
            module.cards = lambda: [card]
            module._made = lambda network, size, device, kind, way: made(
                network, size, "cpu", precisions.get(kind, kind), way
            )
            module.compiler.trouble = lambda: ""
            module.compiler.compiled = lambda module: module
        spec.loader.exec_module = execute_and_put
        return spec

sys.meta_path.insert(0, _Waiting())
"""


def put_card(patch: pytest.MonkeyPatch) -> None:
    """Have this process see the card."""
    made = torch_backends._made
    precisions = {"float32": "float32", "float16": "bfloat16"}
    patch.setattr(torch_backends, "cards", lambda: [CARD])
    patch.setattr(
        torch_backends,
        "_made",
        lambda network, size, device, kind, way: made(network, size, "cpu", precisions.get(kind, kind), way),
    )
    patch.setattr(torch_backends.compiler, "trouble", lambda: "")
    patch.setattr(torch_backends.compiler, "compiled", lambda module: module)


@pytest.fixture(scope="session", autouse=True)
def on_a_card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """With ``TEST_ON_A_CARD`` in the environment this process and all that the tests start run on a machine with it."""
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("TEST_ON_A_CARD"):
            put_card(patch)
            folder: Path = tmp_path_factory.mktemp("card")
            for name, value in first_of_all(folder, _IN_EVERY_PROCESS).items():
                patch.setenv(name, value)
        yield
