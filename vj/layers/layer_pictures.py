"""The pictures of one layer: the source's newest ones, the model's result, and what is drawn of them."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from vj.base.frame import Frame
from vj.child.latest_frame import Reader
from vj.gl.layer_pass import LayerPass
from vj.gl.texture import PictureTexture
from vj.layers.layer_worker import LayerWorker

SOURCE_TO_LOOP, SOURCE_TO_BANK, SOURCE_TO_GUESTS = 0, 1, (2, 3, 4, 5)
"""The readers of a source's pictures. Guest engines that were sent away may still be there while the next ones come."""
SOURCE_READERS = 6

_KEPT = 6
"""Source pictures kept on the GPU, so that a result is mixed with the very picture that it was made from."""


@dataclass(slots=True)
class LayerLook:
    """How a layer is drawn: what its parameters say."""

    opacity: float = 1.0
    fit: str = "fill"
    strength: float = 1.0
    """How much of the model's picture is mixed into the source's."""
    colour: float = 0.0
    """How much of the source's own colours stay."""
    fade: float = 0.0
    """Seconds in which one model's picture replaces another's."""
    sharp: bool = False
    """Whether a smaller result is brought to full size along the source's edges."""


class LayerPictures:
    """Takes pictures from the source and the engine that plays, and draws them over the canvas."""

    def __init__(self, passes: LayerPass, source: LayerWorker, still: PictureTexture) -> None:
        """``still`` is drawn as long as there has been no picture."""
        self._passes, self._source, self._still = passes, source, still
        self._kept = [PictureTexture(passes.ctx) for _ in range(_KEPT)]
        self._result, self._before = PictureTexture(passes.ctx), PictureTexture(passes.ctx)
        self._newest: Frame | None = None
        self._result_of = self._result_by = 0
        self._faded = 1.0
        self._readers: dict[LayerWorker, Reader] = {}
        self._torn = 0
        self.result_captured = 0.0
        """When the picture was captured that the result was made from (s)."""

    @cached_property
    def _from_source(self) -> Reader:
        """Made when the show begins: until then `vj.show.loading_screen` reads the source in its place."""
        return self._source.output.reader(SOURCE_TO_LOOP)

    @property
    def source_captured(self) -> float | None:
        """When the source's newest picture was captured (s); None where there has been none."""
        return self._newest.captured if self._newest else None

    @property
    def torn(self) -> int:
        """Pictures that changed while they were read; always 0 unless the exchange is broken."""
        return self._from_source.torn + self._torn + sum(reader.torn for reader in self._readers.values())

    def take_source(self) -> bool:
        """Take the source's newest picture. Returns whether there is one."""
        frame = self._from_source.newest()
        self._newest = frame or self._newest
        return frame is not None

    def take_result(self, engine: LayerWorker, switcher: Collection[LayerWorker], fade: float) -> tuple[bool, bool]:
        """Take the newest result of ``engine``, one of ``switcher``; another model's begins a fade of ``fade`` seconds.

        Returns whether there is one, and whether it is the first of its picture (a control may have asked for another).
        """
        frame = self._from_engine(engine, switcher).newest()
        if frame is None:
            return False, False
        if frame.maker != self._result_by:
            self._cross(frame.maker, fade)
        self._result.upload(frame.pixels, frame.seq)
        is_first, self._result_of = frame.origin != self._result_of, frame.origin
        self.result_captured = frame.captured
        return True, is_first

    def pass_result_over(self, engine: LayerWorker, switcher: Collection[LayerWorker]) -> bool:
        """Give the newest result back unseen. Returns whether there was one."""
        return self._from_engine(engine, switcher).newest() is not None

    def keep_source(self) -> None:
        """Bring the source's newest picture to the GPU, unless it is there."""
        frame = self._newest
        if frame and (place := self._kept[frame.seq % _KEPT]).seq != frame.seq:
            place.upload(frame.pixels, frame.seq)

    def fade_on(self, dt: float, fade: float) -> None:
        """Move the fade from one model's picture to another's by ``dt`` seconds of its ``fade``."""
        self._faded = min(1.0, self._faded + dt / fade) if fade > 0.0 else 1.0

    def draw(self, look: LayerLook, amount: float) -> None:
        """Draw over the canvas in use: ``amount`` (0..1) of the result mixed into the picture that it was made from."""
        source = self._matching_source(amount)
        amount = amount if self._result.seq else 0.0
        self._passes.draw(
            source=source,
            result=self._result if amount > 0.0 else source,
            before=self._before if self._faded < 1.0 else None,
            shape=self._shape or source.size,
            amount=amount,
            keep=look.colour,
            fade=self._faded,
            sharp=look.sharp,
            opacity=look.opacity,
            fit=look.fit,
        )

    @property
    def _shape(self) -> tuple[int, int] | None:
        """Width and height of the source's pictures: what is shown has their shape, whatever size it was made at."""
        return (self._newest.pixels.shape[1], self._newest.pixels.shape[0]) if self._newest else None

    def _from_engine(self, engine: LayerWorker, switcher: Collection[LayerWorker]) -> Reader:
        """Readers of engines that are gone are let go."""
        if engine not in self._readers:
            kept = {other: self._readers.pop(other) for other in switcher if other in self._readers}
            self._torn += sum(reader.torn for reader in self._readers.values())
            self._readers = {**kept, engine: engine.output.reader(0)}
        return self._readers[engine]

    def _cross(self, maker: int, fade: float) -> None:
        """Another model's picture: begin to fade from the last one that there was."""
        self._before, self._result = self._result, self._before
        self._faded = 0.0 if self._before.seq and fade > 0.0 else 1.0
        self._result_by = maker

    def _matching_source(self, amount: float) -> PictureTexture:
        """The source's picture that the result was made from if it is still kept, else the newest."""
        newest = max(self._kept, key=_seq)
        if amount > 0.0:
            wanted = self._kept[self._result_of % _KEPT]
            if wanted.seq == self._result_of and wanted.seq:
                return wanted
        return newest if newest.seq else self._still


def _seq(picture: PictureTexture) -> int:
    return picture.seq
