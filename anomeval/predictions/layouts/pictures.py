"""Masks in picture files, whichever format they are in, and the sizes of pictures.

The first bytes of a file tell its format; its suffix says where it is looked for only.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anomeval.predictions.layouts import bmp, jpeg, png
from anomeval.predictions.layouts.gray import orientation
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.tiff import SIGNATURES as TIFF_SIGNATURES
from anomeval.predictions.layouts.tiff import SUFFIXES as TIFF_SUFFIXES
from anomeval.predictions.layouts.tiff import read_gray_tiff, tiff_header
from anomeval.predictions.layouts.truth import MaskRead

LOSSLESS = (png.SUFFIX, ".bmp", *TIFF_SUFFIXES)
LOSSY = (".jpg", ".jpeg")
SUFFIXES = (*LOSSLESS, *LOSSY)
"""What pictures of data sets end with, in small letters; a suffix is no part of an identity."""

_LONGEST_SIGNATURE = 16
_BYTES_PER_PIXEL = 4  # of BMP, the widest that is read whole; JPEG is never larger in practice
_SLACK = 1 << 20
_ANY_SIZE = 1 << 62
_TURNED = (5, 6, 7, 8)  # orientations in which rows are columns


@dataclass(frozen=True, slots=True)
class PictureMask:
    """A mask in a picture file, not read yet. See `truth.Mask`."""

    path: str

    @property
    def files(self) -> tuple[str, ...]:
        """The one file."""
        return (self.path,)

    def read(self, limit: int) -> MaskRead:
        """(H, W) as stored; of JPEG, cut in the middle, see `read_jpeg`.

        Raises:
            Unfit: it is no picture that is read, or what the reader of its format says.
            LIBRARY_ERRORS: the file is damaged.
        """
        start = _start(self.path)
        if start.startswith(png.SIGNATURE):
            return MaskRead(png.read_png(self.path, limit))
        if start.startswith(TIFF_SIGNATURES):
            return MaskRead(read_gray_tiff(self.path, limit))
        if start.startswith(bmp.SIGNATURE):
            return MaskRead(bmp.read_bmp(_content(self.path, limit), limit))
        if start.startswith(jpeg.SIGNATURE):
            mask, cut = jpeg.read_jpeg(_content(self.path, limit), limit)
            return MaskRead(mask, observations=("jpeg_mask",) if cut else ())
        raise _no_picture(start)

    def size(self) -> tuple[int, ...]:
        """(H, W), from the header."""
        return image_size(self.path)


def image_size(path: str) -> tuple[int, int]:
    """(H, W) of a picture, from its header.

    Raises:
        Unfit, LIBRARY_ERRORS: it is none that is read, or damaged; or it is a photograph that some
            programs turn by 90 degrees and others do not.
    """
    start = _start(path)
    if start.startswith(TIFF_SIGNATURES):
        return tiff_header(path, _ANY_SIZE)[0]
    reader = _pillow_reader(start)
    if reader is None:
        raise _no_picture(start)
    return _upright_size(path, reader)


def _pillow_reader(start: bytes) -> Callable[[str], Any] | None:
    from PIL.BmpImagePlugin import BmpImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    kinds = {
        png.SIGNATURE: PngImageFile,
        jpeg.SIGNATURE: JpegImageFile,
        bmp.SIGNATURE: BmpImageFile,
    }
    return next((kind for first, kind in kinds.items() if start.startswith(first)), None)


def _upright_size(path: str, reader: Callable[[str], Any]) -> tuple[int, int]:
    with reader(path) as image:
        size = image.height, image.width
        if size[0] != size[1] and orientation(image) in _TURNED:
            what = f"{path} is to be turned (its orientation is {orientation(image)}), "
            what += "so that its size cannot be told"
            raise Unfit(what, "save it upright, without orientation")
    return size


def _start(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(_LONGEST_SIGNATURE)


def _content(path: str, limit: int) -> bytes:
    if os.path.getsize(path) > limit * _BYTES_PER_PIXEL + _SLACK:
        raise Unfit(f"is larger than {limit} pixels can be", "check what it is")
    with open(path, "rb") as file:
        return file.read()


def _no_picture(start: bytes) -> Unfit:
    if not start:
        return Unfit("is empty (0 bytes)", "write or copy the file again")
    return Unfit("is none of PNG, BMP, TIFF and JPEG", "save the mask as PNG")
