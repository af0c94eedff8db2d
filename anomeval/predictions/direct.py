"""Rows of an array read straight from the file, past the libraries that know its format.

HDF5 lets one thread in at a time, and a ZIP member is read from its beginning. Where it is known in
which places of the file an array lies, neither is needed: threads then read side by side, and no
number of the file is trusted but those that were checked. Whatever does not fit this picture is
left to the library. Chunks are in `chunked`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

AVAILABLE = hasattr(os, "preadv")
"""Whether this system reads at a place of a file without moving a position that threads share."""


class Plan(Protocol):
    """Where and how an array is stored.

    `file` is open and unbuffered; where this is `AVAILABLE`, its position is not moved. Both raise
    OSError, EOFError or ValueError if the file is damaged.
    """

    def rows(self, file: BinaryIO, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`, each read when it is asked for, an array of its own."""
        ...

    def whole(self, file: BinaryIO) -> NDArray[Any]:
        """The whole array."""
        ...


@dataclass(frozen=True, slots=True)
class Contiguous:
    """An uncompressed array.

    first: place of its first byte. shape, dtype: of the array.
    """

    first: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def rows(self, file: BinaryIO, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """See `Plan.rows`."""
        shape = self.shape[1:]
        size = prod(shape) * self.dtype.itemsize
        for row in range(start, stop):
            content = bytes_at(file, self.first + row * size, size)
            yield as_array(content, self.dtype, shape)

    def whole(self, file: BinaryIO) -> NDArray[Any]:
        """See `Plan.whole`."""
        content = bytes_at(file, self.first, prod(self.shape) * self.dtype.itemsize)
        return as_array(content, self.dtype, self.shape)


@dataclass(frozen=True, slots=True)
class Unwritten:
    """An array that was declared and of which nothing was stored: one value throughout."""

    value: Any
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def rows(self, file: BinaryIO, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """See `Plan.rows`."""
        for _ in range(start, stop):
            yield np.full(self.shape[1:], self.value, self.dtype)

    def whole(self, file: BinaryIO) -> NDArray[Any]:
        """See `Plan.whole`."""
        return np.full(self.shape, self.value, self.dtype)


def bytes_at(file: BinaryIO, offset: int, size: int) -> NDArray[np.uint8]:
    """So many bytes of an open file from a place on.

    Raises:
        OSError, EOFError: they cannot be read, or are not there.
    """
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


def as_array(
    content: NDArray[np.uint8], dtype: np.dtype[Any], shape: tuple[int, ...]
) -> NDArray[Any]:
    """Bytes as values of a type.

    Raises:
        ValueError: a truth value is neither 0 nor 1.
    """
    if dtype.kind == "b" and content.size and content.max() > 1:
        raise ValueError("a truth value is neither 0 nor 1")
    return content.reshape(-1).view(dtype).reshape(shape)
