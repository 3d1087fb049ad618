"""Reads pictures of very many pixels at a part of their size, without ever holding all of their pixels.

Pillow holds all: a picture of 20,000 by 20,000 pixels takes 1.6 GB. A JPEG is decoded small from the beginning; a PNG
is cut into bands of rows, each of which becomes a small PNG for Pillow.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from vj.base.errors import BadInput
from vj.base.frame import Size

if TYPE_CHECKING:
    from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Channels by the type of colour in a PNG."""
_LONGEST_SIDE = 65535
"""The most pixels of a side."""
_BAND = 8 << 20
"""About how many bytes a band of rows takes in memory, at 4 a pixel."""
_BLOCK = 1 << 20
"""Bytes that are read, or decompressed, at once."""


class _Head(NamedTuple):
    """What a PNG says of itself: the fields of its IHDR chunk."""

    width: int
    height: int
    bits: int
    colour: int
    compression: int
    filtering: int
    interlace: int

    @property
    def row_bytes(self) -> int:
        """Returns the bytes of a row, without the one that names its filter."""
        return (self.width * self.bits * _CHANNELS[self.colour] + 7) // 8


def read_reduced(path: Path, form: str, box: Size) -> "Image.Image":
    """Returns the picture in ``path``, of Pillow's format ``form``, reduced by a whole number, so that it is no smaller
    than twice the size at which it fits into ``box``; not upright yet.

    Raises BadInput for one that is broken or can't be read in parts: other formats than JPEG and PNG, progressive and
    interlaced ones, a PNG with 2, 4 or 16 bits a channel, more than 65535 pixels on a side, and one that ``box`` would
    leave nearly as it is. May also raise what Pillow raises for a file that is broken.
    """
    if form == "JPEG":
        return _reduced_jpeg(path, box)
    if form == "PNG":
        try:
            with path.open("rb") as file:
                return _reduced_png(file, path, box)
        except zlib.error as error:
            raise BadInput(f"{path} is a broken PNG: {error}") from None
    raise BadInput(f"{path} is too large a picture for a {form}; JPEG and PNG may be larger")


def _reduced_jpeg(path: Path, box: Size) -> "Image.Image":
    from PIL.JpegImagePlugin import JpegImageFile

    with path.open("rb") as file:
        image = JpegImageFile(file)
        _draft(image, path, box)
    return image


def _draft(image: "Image.Image", path: Path, box: Size) -> None:
    """Reads ``image``, a JPEG that was opened, as small as ``box`` allows."""
    if image.info.get("progressive"):  # a decoder holds all of it
        raise BadInput(f"{path} is too large a picture to be progressive, with {image.width}x{image.height} pixels")
    whole = image.width
    image.draft("RGB", (2 * box.width, 2 * box.height))
    if 2 * image.width > whole + 1:
        raise BadInput(f"{path} is too large a picture: {image.width}x{image.height} pixels")
    image.load()


def _reduced_png(file: IO[bytes], path: Path, box: Size) -> "Image.Image":
    from PIL import Image

    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        raise BadInput(f"{path} is no PNG")
    chunks = _chunks(file)
    name, data = next(chunks, (b"", b""))
    if name != b"IHDR" or len(data) != 13:
        raise BadInput(f"{path} is a broken PNG")
    head = _Head(*struct.unpack(">IIBBBBB", data))
    if not _is_cut(head):
        raise BadInput(f"{path} is too large a PNG of its kind, with {head.width}x{head.height} pixels")
    factor = int(max(head.width / box.width, head.height / box.height) / 2)
    if factor <= 1:
        raise BadInput(f"{path} is too large a picture: {head.width}x{head.height} pixels")
    rows = max(1, _BAND // (4 * head.width * factor)) * factor
    made: Image.Image | None = None
    top, height = 0, -(-head.height // factor)
    for band in _bands(head, chunks, rows):
        small = band.reduce(factor)
        made = made or Image.new(small.mode, (small.width, height))
        made.paste(small, (0, top))
        top += small.height
        if top >= height:
            break
    if made is None or top < height:
        raise BadInput(f"{path} is a broken PNG: it ends too early")
    return made.convert("RGBA") if made.mode == "RGBa" else made


def _is_cut(head: _Head) -> bool:
    """Returns whether such a PNG can be cut into bands: where Pillow's own rows are those of the file."""
    plain = head.bits == 8 or (head.bits == 1 and head.colour == 0)
    sides = 0 < head.width <= _LONGEST_SIDE and 0 < head.height <= _LONGEST_SIDE
    return plain and sides and head.colour in _CHANNELS and not head.interlace


def _bands(head: _Head, chunks: Iterator[tuple[bytes, bytes]], rows: int) -> "Iterator[Image.Image]":
    """Yields the picture's bands of so many ``rows`` from the top down, as RGB or as premultiplied RGBA.

    Rows are written as differences from the one above. So each band begins with the last row of the one before.
    """
    kept: list[tuple[bytes, bytes]] = []
    inflate, data, above, size = zlib.decompressobj(), bytearray(), b"", 1 + head.row_bytes
    for name, content in chunks:
        if name in (b"PLTE", b"tRNS"):
            kept.append((name, content))
        waiting = content if name == b"IDAT" else b""
        while waiting and not inflate.eof:
            data += inflate.decompress(waiting, _BLOCK)
            waiting = inflate.unconsumed_tail
            while len(data) >= rows * size:
                band = _decoded(head, kept, above + data[: rows * size])
                yield _plain(band, bool(above))
                del data[: rows * size]
                above = b"\0" + band.crop((0, band.height - 1, head.width, band.height)).tobytes()
    if left := len(data) // size:
        yield _plain(_decoded(head, kept, above + data[: left * size]), bool(above))


def _decoded(head: _Head, kept: list[tuple[bytes, bytes]], rows: bytes) -> "Image.Image":
    """Returns the picture of some ``rows``, as they are in the file."""
    from PIL import Image

    height = len(rows) // (1 + head.row_bytes)
    own = struct.pack(">IIBBBBB", *head._replace(height=height))
    chunks = [(b"IHDR", own), *kept, (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b"")]
    image = Image.open(io.BytesIO(_SIGNATURE + b"".join(_chunk(*each) for each in chunks)), formats=["PNG"])
    image.load()
    return image


def _plain(band: "Image.Image", has_above: bool) -> "Image.Image":
    """Returns ``band`` in colours that can be averaged, without the row above it if it has one."""
    own = band.crop((0, 1, band.width, band.height)) if has_above else band
    if own.has_transparency_data:
        return own.convert("RGBA").convert("RGBa")
    return own.convert("RGB")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yields the chunks of a PNG, each with its name; large ones in pieces, all of that name."""
    while len(start := file.read(8)) == 8:
        left, name = struct.unpack(">I4s", start)
        while True:
            piece = file.read(min(left, _BLOCK))
            yield name, piece
            left -= len(piece)
            if left <= 0 or not piece:
                break
        file.seek(4, io.SEEK_CUR)
