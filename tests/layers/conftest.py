"""A context of its own for each test."""

from tests.gl.pictures import ctx, exactly  # noqa: F401 - fixtures
