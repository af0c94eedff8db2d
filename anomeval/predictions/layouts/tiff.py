"""Maps and masks in TIFF files: one page of one channel.

tifffile is written in Python, so hostile bytes end in an exception. It fills in what a file lacks,
though; therefore all is checked here that must be there.
"""

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.layouts.gray import ORIENTATION, check_upright, through_colours
from anomeval.predictions.layouts.pixels import Unfit, check_size

if TYPE_CHECKING:
    from tifffile import TiffPage

SUFFIXES = (".tif", ".tiff")
SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_NONE, _LZW, _PACKBITS = 1, 5, 32773
_DEFLATE = (8, 32946)
_COMPRESSIONS = (_NONE, _LZW, _PACKBITS, *_DEFLATE)

_PHOTOMETRIC = 262
"""The tag that tells what the numbers of pixels mean."""

_WHITE_IS_ZERO, _PALETTE = 0, 3


def read_tiff(path: str, limit: int) -> NDArray[Any]:
    """The one page of a TIFF file, (H, W), whose numbers are scores.

    Raises:
        Unfit: several pages or channels, too many pixels, a compression that cannot be read; or
            numbers that are no scores: they name colours, are lower where it is lighter, or are to
            be turned.
        LIBRARY_ERRORS: the file is damaged.
    """
    with _checked(path, limit) as (file, page):
        if _told(page, _PHOTOMETRIC) == _PALETTE:
            raise Unfit("has a palette: its numbers name colours", "save scores, in float32")
        return _pixels(file, page)


def read_gray_tiff(path: str, limit: int) -> NDArray[Any]:
    """The one page of a TIFF file as a mask, (H, W); through a palette where there is one.

    Raises:
        Unfit: as `read_tiff`; or the palette is not gray.
        LIBRARY_ERRORS: the file is damaged.
    """
    with _checked(path, limit) as (file, page):
        array = _pixels(file, page)
        if _told(page, _PHOTOMETRIC) != _PALETTE:
            return array
        if page.colormap is None or page.colormap.ndim != 2:
            raise ValueError("it has no palette, although it says so")
        return through_colours(array, page.colormap.T)


def tiff_header(path: str, limit: int) -> tuple[tuple[int, int], np.dtype[Any]]:
    """(H, W) and type of a page, without reading it.

    Raises:
        Unfit, LIBRARY_ERRORS: as `read_tiff`.
    """
    with _checked(path, limit) as (_, page):
        height, width = page.shape
        return (height, width), np.dtype(page.dtype)


@contextmanager
def _checked(path: str, limit: int) -> Iterator[tuple[Any, "TiffPage"]]:
    """The open file and its page, of which size, meaning and compression are ours to read."""
    with _damage_as_value_error(), _opened(path) as file:
        page = _checked_page(file, limit)
        if _told(page, _PHOTOMETRIC) == _WHITE_IS_ZERO:
            what = "says that 0 is white (photometric min-is-white), so that high is dark"
            raise Unfit(what, "save it with photometric='minisblack'")
        check_upright(_told(page, ORIENTATION) or 1)
        yield file, page


def _pixels(file: Any, page: "TiffPage") -> NDArray[Any]:
    _check_segments(page, file.filehandle.size)
    if page.compression in _DEFLATE:
        _check_deflated(page, file.filehandle)
    try:
        array: NDArray[Any] = page.asarray(maxworkers=1)
    except (ValueError, NotImplementedError) as error:
        if "imagecodecs" in str(error):
            what = f"is compressed with {_name(page.compression)}"
            remedy = "pip install 'anomeval[imagecodecs]', or store it uncompressed"
            raise Unfit(what, remedy) from None
        raise
    return np.ascontiguousarray(array)


def _opened(path: str) -> Any:
    import tifffile

    logger = logging.getLogger("tifffile")
    if not logger.handlers:  # its warnings would appear on standard error
        logger.addHandler(logging.NullHandler())
    return tifffile.TiffFile(path)


@contextmanager
def _damage_as_value_error() -> Iterator[None]:
    """What damaged bytes lead to in tifffile and, where it is installed, in imagecodecs.

    Errors of the latter are of a kind of its own for each compression, all RuntimeErrors.
    """
    from tifffile import TiffFileError

    try:
        yield
    except (TiffFileError, struct.error, AttributeError, AssertionError, RuntimeError) as error:
        raise ValueError(str(error)) from None


def _checked_page(file: Any, limit: int) -> "TiffPage":
    pages = file.pages
    page: TiffPage = pages.first
    if page.dtype is None:
        raise ValueError("it has no type of pixels that is known")
    check_size(tuple(page.shape), limit)
    if page.compression not in _COMPRESSIONS:
        what = f"is compressed with {_name(page.compression)}"
        raise Unfit(what, "store it uncompressed, deflated or with LZW")
    try:
        pages[1]
    except IndexError:
        return page
    raise Unfit("holds several pages", "write one file for each image")


def _told(page: "TiffPage", code: int) -> int | None:
    """The value of a tag; None where the file leaves it out."""
    tag = page.tags.get(code)
    return None if tag is None else int(tag.value)


def _name(compression: object) -> str:
    return str(getattr(compression, "name", compression))


def _check_segments(page: "TiffPage", size: int) -> None:
    """Every strip must lie in the file, and uncompressed ones must be complete."""
    ends = [
        offset + count
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        if offset > 0 and count > 0
    ]
    chunked = [-(-length // part) for length, part in zip(page.shape, page.chunks, strict=True)]
    if len(ends) != prod(chunked):
        raise ValueError("it lacks a part of its pixels")
    if max(ends) > size:
        raise EOFError("it is truncated")
    if page.compression == _NONE:
        needed = _segment_bytes(page, len(ends))
        for count, least in zip(page.databytecounts, needed, strict=True):
            if count < least:
                raise ValueError(f"it stores {count} bytes of {least} of a part of its pixels")


def _segment_bytes(page: "TiffPage", count: int) -> list[int]:
    """How many bytes each strip or tile takes uncompressed; the last strip may be shorter."""
    rows, *_ = page.chunks
    of_row = -(-prod(page.chunks[1:]) * page.bitspersample // 8)
    last = rows if page.is_tiled else page.shape[0] - rows * (count - 1)
    return [rows * of_row] * (count - 1) + [last * of_row]


def _check_deflated(page: "TiffPage", handle: Any) -> None:
    """Each strip must inflate to what it declares and no further: tifffile sets no bound."""
    declared = prod(page.chunks) * np.dtype(page.dtype).itemsize
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        handle.seek(offset)
        stream = zlib.decompressobj()
        inflated = len(stream.decompress(handle.read(count), declared + 1))
        if inflated > declared or not stream.eof:
            raise ValueError("a deflated strip does not end where its header says")
