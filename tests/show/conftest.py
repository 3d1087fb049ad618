"""A context of its own for each test that draws."""

from tests.gl.pictures import ctx  # noqa: F401 - a fixture
