"""Rows of an array read straight from the file, past the libraries that know its format.

HDF5 lets one thread in at a time, and a ZIP member is read from its beginning. Where a row lies in
one known place of the file, uncompressed or deflated on its own, neither is needed: threads then
read and inflate side by side. Whatever does not fit this picture is left to the library.
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

inflater: Any = zlib
with suppress(ImportError):
    from isal import isal_zlib as inflater  # the same format, two to three times faster


AVAILABLE = hasattr(os, "preadv")
"""Whether this system reads at a place of a file without moving a position that threads share."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """Where and how the rows of an array are stored.

    offsets, sizes: (n,) int64, the bytes of each row in the file. shape, dtype: of a row.
    deflated: each row is a zlib stream. shuffled: before, the bytes of its values were sorted by
    significance.
    """

    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    deflated: bool = False
    shuffled: bool = False

    def rows(self, file: BinaryIO, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`, each read when it is asked for, an array of its own.

        Args:
            file: open and unbuffered; where it is `AVAILABLE`, its position is not moved.
            start, stop: which rows.

        Raises:
            OSError, EOFError, ValueError: the file is damaged.
        """
        for row in range(start, stop):
            yield self._row(_read(file, int(self.offsets[row]), int(self.sizes[row])))

    def _row(self, stored: NDArray[np.uint8]) -> NDArray[Any]:
        size = prod(self.shape) * self.dtype.itemsize
        content = _inflated(stored, size) if self.deflated else stored
        if len(content) != size:
            raise ValueError(f"a row holds {len(content)} bytes instead of {size}")
        if self.shuffled and self.dtype.itemsize > 1:
            content = _unshuffled(content, self.dtype.itemsize)
        return content.reshape(-1).view(self.dtype).reshape(self.shape)


def evenly_spaced(first: int, count: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> RowPlan:
    """The plan of an uncompressed array of `count` rows whose first byte is at `first`."""
    size = prod(shape) * dtype.itemsize
    offsets = first + size * np.arange(count, dtype=np.int64)
    return RowPlan(offsets, np.full(count, size, np.int64), shape, dtype)


def _unshuffled(content: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The bytes of values of a width again side by side; several times as fast as transposing."""
    values = np.empty((len(content) // width, width), np.uint8)
    for place, column in enumerate(content.reshape(width, -1)):
        values[:, place] = column
    return values


def _read(file: BinaryIO, offset: int, size: int) -> NDArray[np.uint8]:
    content = np.empty(size, np.uint8)
    rest = content.data
    while rest:
        if AVAILABLE:
            count = os.preadv(file.fileno(), [rest], offset)
        else:
            file.seek(offset)
            count = file.readinto(rest)  # type: ignore[attr-defined]
        if not count:
            raise EOFError("it is truncated: a row ends too early")
        rest, offset = rest[count:], offset + count
    return content


def _inflated(stored: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Inflate to the size that the header declares, and not a byte further."""
    stream = inflater.decompressobj()
    try:
        content = stream.decompress(stored.data, max(size, 1))
        if not stream.eof:
            content += stream.decompress(stream.unconsumed_tail, 1)
    except inflater.error as error:
        raise ValueError(str(error)) from None
    if not stream.eof:
        raise ValueError("a deflated row does not end where its header says")
    return np.frombuffer(content, np.uint8)
