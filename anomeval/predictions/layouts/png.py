"""Masks in PNG files."""

import io
import os
import struct
import zlib
from typing import Any

from numpy.typing import NDArray

from anomeval.predictions.layouts.gray import gray_values
from anomeval.predictions.layouts.pixels import Unfit

SUFFIX = ".png"
SIGNATURE = b"\x89PNG\r\n\x1a\n"

_BYTES_PER_PIXEL = 8  # of the widest kind of PNG; no sound file is larger than its pixels
_SLACK = 1 << 20
_HEADER = 16  # where width, height and the rest of the header begin
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the kind of colour
_PLAIN = ((0, 0, 1, 1),)  # first column and row, and their distances, of each pass over the image
_INTERLACED = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


def read_png(path: str, limit: int) -> NDArray[Any]:
    """A mask, (H, W) bool, uint8 or uint16, see `gray_values`.

    Raises:
        Unfit: as `gray_values` says, or several channels of 16 bits, of which Pillow drops 8.
        LIBRARY_ERRORS: the file is damaged; checksums are verified, which Pillow leaves out.
    """
    from PIL.PngImagePlugin import PngImageFile

    if os.path.getsize(path) > limit * _BYTES_PER_PIXEL + _SLACK:
        raise Unfit(f"is larger than {limit} pixels can be", "check what it is")
    with open(path, "rb") as file:
        content = file.read()
    _check_chunks(content)
    depth, kind = content[_HEADER + 8 : _HEADER + 10]
    if depth > 8 and _CHANNELS.get(kind) != 1:
        raise Unfit(f"has several channels of {depth} bits", "save masks with one channel")
    with PngImageFile(io.BytesIO(content)) as image:
        return gray_values(image, limit)


def _check_chunks(content: bytes) -> None:
    """Verify all checksums, and that there are as many pixels as the header says.

    Pillow does neither: where data end early it leaves pixels at zero.
    """
    if not content.startswith(SIGNATURE):
        raise ValueError("it is no PNG")
    position, kind = len(SIGNATURE), b""
    packed: list[bytes] = []
    while kind != b"IEND":
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        end = position + 8 + length
        if len(content) < end + 4:
            raise EOFError("it is truncated")
        checksum = zlib.crc32(memoryview(content)[position + 4 : end])
        if checksum != int.from_bytes(content[end : end + 4], "big"):
            raise ValueError("a checksum is wrong")
        if kind == b"IDAT":
            packed.append(content[position + 8 : end])
        position = end + 4
    declared = _bytes_declared(content)
    if len(zlib.decompressobj().decompress(b"".join(packed), max(declared, 1))) < declared:
        raise EOFError("it is truncated: it holds fewer pixels than it declares")


def _bytes_declared(content: bytes) -> int:
    """Of all rows, with the byte before each; 0 where there is no header, as Pillow will say."""
    fields = content[_HEADER : _HEADER + 13].ljust(13, b"\0")
    width, height, depth, kind, *_, interlaced = struct.unpack(">II5B", fields)
    bits = depth * _CHANNELS.get(kind, 0)
    sizes = [
        (len(range(left, width, across)), len(range(top, height, down)))
        for left, top, across, down in (_INTERLACED if interlaced else _PLAIN)
    ]
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in sizes if columns)
