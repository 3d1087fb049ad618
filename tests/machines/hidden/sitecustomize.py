"""Makes the import of the modules in ``TEST_HIDDEN_MODULES`` fail, as it does where they aren't installed."""

import os
import sys


class Hidden:
    """A finder that comes before all others and refuses."""

    names = frozenset(filter(None, os.environ.get("TEST_HIDDEN_MODULES", "").split(",")))

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> None:
        if name in cls.names or name.partition(".")[0] in cls.names:
            raise ModuleNotFoundError(f"No module named {name!r} (hidden)", name=name)


sys.meta_path.insert(0, Hidden)  # type: ignore[arg-type]
