"""A context of its own for each test, and shaders written to files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gl.pictures import ctx, exactly  # noqa: F401 - fixtures


@pytest.fixture
def shader(tmp_path: Path) -> Callable[..., Path]:
    """Writes a shader: its JSON and its GLSL."""

    def write(body: str, header: str = "{}", name: str = "made.fs") -> Path:
        path = tmp_path / name
        path.write_text(f"/*{header}*/\n{body}", encoding="utf-8")
        return path

    return write
