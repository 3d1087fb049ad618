"""A progress that nobody looks at."""


def quiet(doing: str, part: float | None) -> None:
    """Shows nothing."""
