"""What the sources of a layer gave while they played, over all clips of a show."""

from typing import NamedTuple

from vj.layers.layer_worker import LayerWorker


class SourceCounts(NamedTuple):
    """The pictures that a layer's sources published while they played; those of them that the engine and the display
    missed; and how often a source was started again."""

    frames: int = 0
    dropped: int = 0
    dropped_for_display: int = 0
    restarts: int = 0


class SourceTally:
    """Counts what the source of one layer gives, and what those gave that played before it."""

    def __init__(self, source: LayerWorker, loop: int) -> None:
        """``source`` plays at first. ``loop`` is the display's number among its readers."""
        self._loop = loop
        self.source = source
        """The one that plays."""
        self.begin(source)

    def begin(self, source: LayerWorker) -> None:
        """Count afresh from now on; ``source`` plays. The times that it was started again before count, too."""
        self._gone = SourceCounts()
        self._follow(source, 0)

    def change(self, source: LayerWorker, engine: int) -> None:
        """Count what ``source`` gives from now on, besides what came before. Call it before drops are counted afresh.

        ``engine`` is the number among the readers of the engine that plays.
        """
        self._gone = self.counts(engine)
        self._follow(source, source.child.restarts)

    def counts(self, engine: int) -> SourceCounts:
        """Returns the counts so far; ``engine`` is the number among the readers of the engine that plays."""
        source, gone = self.source, self._gone
        return SourceCounts(
            gone.frames + source.output.published - self._published,
            gone.dropped + source.dropped(engine),
            gone.dropped_for_display + source.dropped(self._loop),
            gone.restarts + source.child.restarts - self._restarts,
        )

    def _follow(self, source: LayerWorker, restarts: int) -> None:
        self.source, self._published, self._restarts = source, source.output.published, restarts
