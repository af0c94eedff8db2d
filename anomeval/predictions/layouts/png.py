"""Masks in PNG files, and the sizes of images."""

import io
import os
import struct
import zlib
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.layouts.pixels import Unfit, check_size

SUFFIX = ".png"
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
"""What images of data sets end with; a suffix is no part of an identity."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BYTES_PER_PIXEL = 8  # of the widest kind of PNG; no sound file is larger than its pixels
_SLACK = 1 << 20
_HEADER = 16  # where width, height and the rest of the header begin
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the kind of colour
_PLAIN = ((0, 0, 1, 1),)  # first column and row, and their distances, of each pass over the image
_INTERLACED = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)


@dataclass(frozen=True, slots=True)
class PngMask:
    """A mask in a PNG file, not read yet."""

    path: str

    def read(self, limit: int) -> NDArray[Any]:
        """(H, W) as stored; see `read_png`."""
        return read_png(self.path, limit)

    def size(self) -> tuple[int, ...]:
        """(H, W), from the header."""
        return image_size(self.path)


def read_png(path: str, limit: int) -> NDArray[Any]:
    """A mask, (H, W) bool, uint8 or uint16; of a palette the indices.

    Raises:
        Unfit: several channels that differ, or too many pixels.
        LIBRARY_ERRORS: the file is damaged; checksums are verified, which Pillow leaves out.
    """
    from PIL.PngImagePlugin import PngImageFile

    if os.path.getsize(path) > limit * _BYTES_PER_PIXEL + _SLACK:
        raise Unfit(f"is larger than {limit} pixels can be", "check what it is")
    with open(path, "rb") as file:
        content = file.read()
    _check_chunks(content)
    with PngImageFile(io.BytesIO(content)) as image:
        check_size((image.height, image.width), limit)
        array = np.asarray(image)
    return _one_channel(array)


def image_size(path: str) -> tuple[int, int]:
    """(H, W) of a PNG, JPEG or BMP image, from its header.

    Raises:
        Unfit, LIBRARY_ERRORS: it is none, or damaged.
    """
    from PIL.BmpImagePlugin import BmpImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    kinds = (PngImageFile, b"\x89P"), (JpegImageFile, b"\xff\xd8"), (BmpImageFile, b"BM")
    with open(path, "rb") as file:
        start = _peek(file)
        for kind, signature in kinds:
            if start == signature:
                with kind(file) as image:
                    return image.height, image.width
    raise Unfit("is neither PNG nor JPEG nor BMP", "name the data set itself")


def _peek(file: IO[bytes]) -> bytes:
    start = file.read(2)
    file.seek(0)
    return start


def _check_chunks(content: bytes) -> None:
    """Verify all checksums, and that there are as many pixels as the header says.

    Pillow does neither: where data end early it leaves pixels at zero.
    """
    if not content.startswith(_SIGNATURE):
        raise ValueError("it is no PNG")
    position, kind = len(_SIGNATURE), b""
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


def _one_channel(array: NDArray[Any]) -> NDArray[Any]:
    """(H, W), or (H, W, 3) of gray → (H, W)."""
    if array.ndim == 3 and array.shape[2] == 3:
        gray = array[:, :, 0]
        if (array == gray[:, :, None]).all():
            return np.ascontiguousarray(gray)
    if array.ndim != 2:
        raise Unfit("has several channels", "save masks with one channel")
    return array
