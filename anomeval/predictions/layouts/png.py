"""Masks in PNG files, and the sizes of images."""

import io
import os
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
    if not content.startswith(_SIGNATURE):
        raise ValueError("it is no PNG")
    position, kind = len(_SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(content[position : position + 4], "big")
        kind = content[position + 4 : position + 8]
        end = position + 8 + length
        if len(content) < end + 4:
            raise EOFError("it is truncated")
        checksum = zlib.crc32(memoryview(content)[position + 4 : end])
        if checksum != int.from_bytes(content[end : end + 4], "big"):
            raise ValueError("a checksum is wrong")
        position = end + 4


def _one_channel(array: NDArray[Any]) -> NDArray[Any]:
    """(H, W), or (H, W, 3) of gray → (H, W)."""
    if array.ndim == 3 and array.shape[2] == 3:
        gray = array[:, :, 0]
        if (array == gray[:, :, None]).all():
            return np.ascontiguousarray(gray)
    if array.ndim != 2:
        raise Unfit("has several channels", "save masks with one channel")
    return array
