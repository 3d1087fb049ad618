"""A single picture as a source."""

from collections.abc import Mapping

from vj.base.clock import Pacer
from vj.base.picture import load_picture
from vj.params.param import Value
from vj.source.deliver import deliver
from vj.source.files import find_file
from vj.source.source import Begin, Source


class Still(Source):
    """A picture file, published again and again at ``fps``, so that it counts as live."""

    name = "still"
    help = "a picture file: still:PATH"

    @classmethod
    def check(cls, target: str) -> None:
        """Raises BadInput unless ``target`` is the path of a readable file. Whether it is a picture shows in `open`."""
        find_file(cls.name, target)

    def open(self) -> None:
        """Reads the picture, scaled down to fit into ``box``, with sides cut to multiples of 4, and sets ``title`` to
        the file's name; later changes of the file don't count. Raises BadInput for a file that is no picture."""
        path = find_file(self.name, self.target)
        self._picture = load_picture(path, self.box)
        self.title = path.name
        self._pacer = Pacer(self.clock, self.fps)

    def read(self, begin: Begin, values: Mapping[str, Value]) -> float:
        """Waits until the next picture is due at ``fps``, copies the picture into the buffer and returns the monotonic
        time (s) at which it was due."""
        due = self._pacer.wait()
        started = self.clock.now()
        deliver(self._picture, begin)
        self.on_spent("capture", self.clock.now() - started)
        return due
