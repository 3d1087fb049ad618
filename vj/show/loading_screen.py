"""What the display shows until the show begins: the source's pictures, and a line on what is fetched or prepared."""

import threading
from collections.abc import Callable
from typing import TypeVar

from vj.base.clock import Clock
from vj.child.latest_frame import Reader
from vj.gl.canvas import Canvas
from vj.gl.layer_pass import LayerPass
from vj.gl.text import Text
from vj.gl.texture import PictureTexture
from vj.layers.layer_worker import LayerWorker
from vj.layers.source_slots import SOURCE_TO_LOOP
from vj.model.files.weights import Progress
from vj.params.store import FrameValues
from vj.sink.surface import Surface

PERIOD = 0.05
"""Seconds between two pictures: most of the processor is left to what is being prepared."""
_QUIET = 1.0
"""Seconds for which no line is shown about new work: a line that only flashes can't be read."""
_POLL = 0.01
_LAST_MOMENT = 1.0
"""Seconds that work may take to end once the show is stopped."""

Result = TypeVar("Result")


class LoadingScreen:
    """Shows the source's pictures until the loop runs. It draws only in `draw_if_due`, which all that waits calls.

    Only the thread with the OpenGL context may call the methods.
    """

    def __init__(
        self,
        surface: Surface,
        canvas: Canvas,
        passes: LayerPass,
        still: PictureTexture,
        clock: Clock,
        values: FrameValues,
        stopped: Callable[[], bool],
    ) -> None:
        """``still`` is shown before `show_source`. ``values`` say whether the window is full screen, and its fit.

        ``canvas`` is drawn on, by ``passes``, and ``surface`` shows it. ``stopped`` returns whether the performer wants
        to leave: then `run_during` ends.
        """
        self.first_shown: float | None = None
        """When the source's first picture was shown, on the clock that all processes share (s); None before."""
        self._surface = surface
        self._canvas = canvas
        self._clock = clock
        self._stopped = stopped
        self._fullscreen = bool(values["/output/fullscreen"])
        self._fit = str(values["/output/fit"])
        self._passes = passes
        self._picture = still
        self._newest = still
        """The source's newest picture, once it has one; until then the still is shown."""
        self._text = Text(canvas.ctx, pixels=max(11, canvas.size.height // 24))
        self._source: Reader | None = None
        self._work: tuple[str, float | None, float] | None = None
        """What is being done, the part of it that is done (0..1, or None if unknown), and when it began (s)."""
        self._drawn_at = float("-inf")

    def show_source(self, source: LayerWorker) -> None:
        """Show the pictures of ``source`` from now on; until its first one, nothing is drawn, and the canvas stays.

        It reads them in place of the loop, which must not read them meanwhile.
        """
        self._source, self._newest = source.output.reader(SOURCE_TO_LOOP), self._passes.picture()

    def showing(self, progress: Progress) -> Progress:
        """Returns a function that calls ``progress`` and notes the same for the display. Any thread may call it.

        It takes what is being done, a text, and the part of it that is done (0..1; None if unknown). The line appears
        once the work has taken a second, and goes when the part is 1.
        """

        def tell(doing: str, part: float | None) -> None:
            progress(doing, part)
            before = self._work
            began = before[2] if before and before[0] == doing else self._clock.now()
            self._work = None if part is not None and part >= 1.0 else (doing, part, began)

        return tell

    def run_during(self, work: Callable[[], Result]) -> Result:
        """Run ``work`` in a thread of its own, draw meanwhile, and wait for it. Returns or raises what it does.

        Raises KeyboardInterrupt if ``stopped`` returns true and ``work`` doesn't end within a second; its thread then
        goes on.
        """
        results: list[Result] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again below
                errors.append(error)

        thread = threading.Thread(target=run, name="loading", daemon=True)
        thread.start()
        while thread.is_alive():
            self.draw_if_due()
            thread.join(_LAST_MOMENT if self._stopped() else _POLL)
            if self._stopped() and thread.is_alive():
                raise KeyboardInterrupt
        if errors:
            raise errors[0]
        return results[0]

    def draw_if_due(self) -> None:
        """Take the source's newest picture, draw it with the line on the work, and present it, if it is time for one.

        It is every `PERIOD` seconds; else this returns at once. The display's keys are polled, too, but not read.
        """
        now = self._clock.now()
        if now - self._drawn_at < PERIOD:
            return
        self._drawn_at = now
        self._surface.poll(lambda: None)
        self._take_picture()
        self._canvas.begin()
        self._passes.draw(source=self._picture, result=self._picture)
        if lines := self._lines(now):
            self._text.write(lines)
            self._text.draw(self._canvas.ctx, self._canvas.size)
        self._surface.present(self._canvas, self._fullscreen, self._fit)

    def _take_picture(self) -> None:
        frame = self._source.newest() if self._source else None
        if frame:
            self._newest.upload(frame.pixels, frame.seq)
            self._picture = self._newest
            self.first_shown = self._clock.now() if self.first_shown is None else self.first_shown

    def _lines(self, now: float) -> list[str]:
        """Returns the line about the work, if it has taken long enough."""
        work = self._work  # another thread may replace it
        if work is None or now - work[2] < _QUIET:
            return []
        doing, part, began = work
        return [f"{doing}{'' if part is None else f' {part:.0%}'}, {now - began:.0f} s"]
