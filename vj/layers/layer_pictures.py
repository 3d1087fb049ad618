"""The pictures of one layer: takes them from the source and the engines, brings them to the GPU, and draws them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from vj.base.frame import Frame
from vj.child.latest_frame import Reader
from vj.child.slot_reader import slot_of
from vj.gl.layer_pass import LayerPass
from vj.gl.texture import PictureTexture
from vj.layers.layer_worker import LayerWorker
from vj.layers.source_slots import SOURCE_TO_LOOP
from vj.layers.steady import ResultOf, Steady

_KEPT = 6
"""Source pictures that are kept on the GPU, so that a result is mixed with the one that it was made from."""


@dataclass(slots=True)
class LayerLook:
    """How a layer is drawn, taken from its parameters."""

    opacity: float = 1.0
    """How much of the layer covers what lies below it (0..1)."""
    fit: str = "fill"
    """``fit``, ``fill`` or ``stretch``, as in `vj.gl.program.fit_scale`."""
    strength: float = 1.0
    """How much of the model's picture is mixed into the source's (0..1)."""
    colour: float = 0.0
    """How much of the source's own colours stay (0..1)."""
    fade: float = 0.0
    """Seconds in which one model's picture replaces another's."""
    sharp: bool = False
    """Whether a result that is smaller than the source is enlarged along the source's edges."""


class LayerPictures:
    """Takes pictures from the source and from the engine that plays, and draws them over the canvas.

    Taking a source's picture only keeps it in shared memory; `keep_source` brings it to the GPU. Results go there at
    once.
    """

    def __init__(
        self,
        passes: LayerPass,
        source: LayerWorker,
        still: PictureTexture,
        reader: int = SOURCE_TO_LOOP,
        steady: Steady | None = None,
    ) -> None:
        """``passes`` draws on the canvas. ``still`` is drawn as long as no picture has been brought to the GPU.
        ``reader`` is the layer's number among the readers of every source. ``steady``, if given, steadies results.
        """
        self._passes = passes
        self._source = source
        self._number = reader
        self._source_reader: Reader | None = None
        self._since = 0.0
        """When the layer began to show this source (monotonic s)."""
        self._left: tuple[int, int] | None = None
        """The shape of the source before this one, as long as the result was made from that; else None."""
        self._still = still
        self._kept = [passes.picture() for _ in range(_KEPT)]
        self._result = passes.picture()
        self._before = passes.picture()
        self._uploaded: PictureTexture | None = None
        """The one of the kept pictures that is the newest."""
        self._steady = steady
        self._newest: Frame | None = None
        self._result_of = self._result_by = 0
        self._untaken: ResultOf | None = None
        """Where the result on the GPU comes from, as long as it waits to be shown."""
        self._made_from = ResultOf()
        self._left_steadied = False
        self._faded = 1.0
        self._readers: dict[LayerWorker, Reader] = {}
        self._torn = 0
        self.result_changes: Callable[[], None] = _nothing
        """Called before the first result of another model, or of another clip, takes the place of the last one."""
        self.source_changes: Callable[[], None] = _nothing
        """Called before the first picture of another clip is brought to the GPU."""
        self.result_captured = 0.0
        """When the source's picture was captured from which the last result was made (monotonic s); 0 before one."""

    @property
    def _from_source(self) -> Reader:
        """The reader of the source's pictures.

        It is made when the show begins: until then `vj.show.loading_screen` reads them.
        """
        if self._source_reader is None:
            self._source_reader = self._source.output.reader(self._number)
        return self._source_reader

    def read_from(self, source: LayerWorker, now: float) -> None:
        """Take the pictures of ``source`` from now on; the next `take_source` gets its newest.

        A picture that was captured earlier, as the source has waited, counts as captured at ``now`` (monotonic s). What
        is shown stays until the next picture and the next result.
        """
        self._torn += self._from_source.torn
        self._left = self._shape if self._result.seq else None
        self._from_source.release()
        self._source, self._source_reader, self._since = source, None, now

    @property
    def source_captured(self) -> float | None:
        """When the picture that `take_source` took last was captured (monotonic s); None before the first."""
        return max(self._newest.captured, self._since) if self._newest else None

    @property
    def torn(self) -> int:
        """How many pictures of the source and of all engines so far changed while they were read.

        Always 0 unless the exchange is broken.
        """
        return self._from_source.torn + self._torn + sum(reader.torn for reader in self._readers.values())

    def take_source(self) -> bool:
        """Take the source's newest picture. Returns whether there was one that hadn't been taken yet.

        Nothing is copied: the picture stays in shared memory, valid until the next call takes another.
        """
        frame = self._from_source.newest()
        self._newest = frame or self._newest
        return frame is not None

    def take_result(
        self, engine: LayerWorker, engines: Collection[LayerWorker], fade: float, now: float
    ) -> tuple[bool, bool]:
        """Take the newest result of ``engine`` and copy it to the GPU. If another model made it than the last one, a
        fade of ``fade`` seconds from that one begins (0: none). ``now`` is the frame's time (monotonic s).

        ``engines`` are all that exist now; readers of others are let go. Returns whether there was a new result, and
        whether one is shown that is the first one from its source picture: an engine makes another one from the same
        picture when a control moves, and a result may wait a moment for the motion that steadies it.
        """
        if self._steady:
            self._steady.look()
        came = self._untaken is None and self._receive(self._from_engine(engine, engines).newest(), fade)
        is_first = self._untaken is not None and self._show(self._untaken, now)
        if self._steady:
            self._steady.move()
        return came, is_first

    def _receive(self, frame: Frame | None, fade: float) -> bool:
        """Copy a result to the GPU, if there is one. Returns whether there was."""
        if frame is None:
            return False
        if frame.maker != self._result_by:
            self._cross(frame.maker, fade)
        elif self._result.seq and slot_of(frame.origin) != slot_of(self._result_of):
            self.result_changes()
        self._result.upload(frame.pixels, frame.seq)
        self._untaken = self._made_from
        self._untaken.origin, self._untaken.captured, self._untaken.maker = frame.origin, frame.captured, frame.maker
        return True

    def _show(self, result: ResultOf, now: float) -> bool:
        """Show the result that is on the GPU, unless it waits for its motion. Returns whether it is the first one of
        its source picture."""
        if self._steady and self._steady.is_on and not self._steady.take(self._result, result, now):
            return False
        self._untaken = None
        is_first, self._result_of = result.origin != self._result_of, result.origin
        is_of_this_source = slot_of(result.origin) == self._source.slot
        self._left = None if is_of_this_source else self._left
        self.result_captured = max(result.captured, self._since) if is_of_this_source else result.captured
        return is_first

    def pass_result_over(self, engine: LayerWorker, engines: Collection[LayerWorker]) -> bool:
        """Take the newest result of ``engine`` and drop it: the one before stays on the GPU. Returns whether there was
        a new one. ``engines`` is as in `take_result`.
        """
        return self._from_engine(engine, engines).newest() is not None

    def shows_source(self, look: LayerLook, amount: float) -> bool:
        """Returns whether `draw` with the same arguments needs the source's picture: to show it, for its colours, for
        its transparent parts, or for its edges, along which a result that is too small is enlarged."""
        if amount < 1.0 or look.colour > 0.0 or (self._newest and self._newest.alpha is not None):
            return True
        shape = self._shape
        return look.sharp and shape is not None and self._passes.guides(self._result.size, shape, look.fit)

    def keep_source(self) -> None:
        """Copy the picture that `take_source` took last to the GPU, unless it is there already or there is none.

        The six newest that were copied are kept.
        """
        frame = self._newest
        if frame is None or any(kept.seq == frame.origin for kept in self._kept):
            return
        if self._uploaded and slot_of(frame.origin) != slot_of(self._uploaded.seq):
            self.source_changes()
        place = self._kept.pop(0)
        if place.seq == self._result_of and slot_of(frame.origin) != slot_of(self._result_of):
            self._kept.append(place)  # the result is mixed with it until there is one from this clip
            place = self._kept.pop(0)
        place.upload(frame.pixels, frame.origin, frame.alpha)
        self._kept.append(place)
        self._uploaded = place

    def fade_on(self, dt: float, fade: float) -> None:
        """Move the fade between two models' pictures, which takes ``fade`` seconds in all, by ``dt`` seconds.

        With a ``fade`` of 0 it is over at once.
        """
        self._faded = min(1.0, self._faded + dt / fade) if fade > 0.0 else 1.0

    def draw(self, look: LayerLook, amount: float, apart: bool = False) -> None:
        """Draw over the canvas in use, as ``look`` says, except for its ``strength``, which ``amount`` replaces.

        ``apart`` is for a target of the layer's own: opaque, whatever the opacity, and with the bottom row first.
        ``amount`` (0..1) of the result is mixed into the source's picture that it was made from or, if that one isn't
        on the GPU any more, into the newest that is, else into the still. Without a result, only that is drawn.
        """
        source = self._matching_source(amount)
        amount = amount if self._result.seq else 0.0
        steady = self._steady if self._steady and self._steady.shows else None
        result = steady.picture if steady else self._result
        before = self._steady.before if self._steady and self._left_steadied else self._before
        self._passes.draw(
            source=source,
            result=result if amount > 0.0 else source,
            before=before if self._faded < 1.0 else None,
            shape=(self._shape if amount > 0.0 else self._own_shape) or source.size,
            amount=amount,
            keep=look.colour,
            fade=self._faded,
            sharp=look.sharp,
            opacity=1.0 if apart else look.opacity,
            fit=look.fit,
            upside_down=apart,
        )

    def release(self) -> None:
        """Free all textures, and give the source its picture back. Nothing can be drawn any more."""
        self._from_source.release()
        for picture in (*self._kept, self._result, self._before):
            picture.release()

    def source_picture(self, amount: float) -> tuple[PictureTexture, tuple[int, int]]:
        """Returns the source's picture that `draw` with this ``amount`` draws with, and the shape (width, height) in
        which it is drawn. It is on the GPU only if `keep_source` was called; else it is an older one, or the still."""
        source = self._matching_source(amount)
        return source, self._shape or source.size

    @property
    def _shape(self) -> tuple[int, int] | None:
        """The shape in which every picture of the layer is drawn, even if it has another size; None before the first.

        It is that of the source's pictures, or of those before if the result is still made from one.
        """
        return self._left or self._own_shape

    @property
    def _own_shape(self) -> tuple[int, int] | None:
        """Width and height of the source's pictures; None before the first."""
        return (self._newest.pixels.shape[1], self._newest.pixels.shape[0]) if self._newest else None

    def _from_engine(self, engine: LayerWorker, engines: Collection[LayerWorker]) -> Reader:
        """Returns the reader of the results of ``engine``, and lets go of the readers of engines that are gone."""
        if engine not in self._readers:
            kept = {other: self._readers.pop(other) for other in engines if other in self._readers}
            self._torn += sum(reader.torn for reader in self._readers.values())
            self._readers = {**kept, engine: engine.output.reader(0)}
        return self._readers[engine]

    def _cross(self, maker: int, fade: float) -> None:
        """Begin to fade from the last result to that of another model, ``maker``."""
        if self._result.seq:
            self.result_changes()
        self._left_steadied = self._steady is not None and self._steady.shows
        if self._steady and self._left_steadied:
            self._steady.leave()
        self._before, self._result = self._result, self._before
        self._faded = 0.0 if self._before.seq and fade > 0.0 else 1.0
        self._result_by = maker

    def _matching_source(self, amount: float) -> PictureTexture:
        """Returns the source's picture that the result was made from if it is kept, else the newest, else the still."""
        if amount > 0.0:
            number = self._steady.view if self._steady and self._steady.shows else self._result_of
            for kept in self._kept:
                if kept.seq == number and kept.seq:
                    return kept
        return self._uploaded or self._still


def _nothing() -> None:
    pass
