"""Arrays that are stored in chunks, each found, unpacked and checked on its own.

What comes out of a filter must have exactly the size that went in, and every chunk fills its place:
nothing is taken from memory that no byte of the file has filled.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.direct import as_array, bytes_at

inflater: Any = zlib
with suppress(ImportError):
    from isal import isal_zlib as inflater  # the same format, two to three times faster

SHUFFLE, DEFLATE, FLETCHER32 = "shuffle", "deflate", "fletcher32"

_LARGEST_SLAB = 1 << 30  # bytes of images that share chunks, and are unpacked together
_CHECKSUM = 4  # bytes
_SUMMED_AT_ONCE = 1 << 20  # words, whose weighted sum stays below 2^63


@dataclass(frozen=True, slots=True)
class Chunked:
    """Where the chunks of an array lie, and how they are packed.

    shape, dtype: of the array. chunk: shape of a chunk; those at the ends reach beyond the array.
    offsets, sizes: int64, of each chunk in C order of the grid; of size 0 is what was never
    written. passed: uint32, bit i for filter i that a chunk was stored past.
    filters: in the order in which they were applied, each once at most, SHUFFLE first of all.
    fill: the value of what was never written.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    passed: NDArray[np.uint32]
    filters: tuple[str, ...] = ()
    fill: Any = 0

    def rows(self, file: BinaryIO, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """See `Plan.rows`.

        Rows that share chunks are unpacked together and kept, unless they are too large.
        """
        depth = self.chunk[0]
        if depth == 1 or depth * prod(self.shape[1:]) * self.dtype.itemsize > _LARGEST_SLAB:
            for row in range(start, stop):
                yield self._slab(file, row // depth, slice(row % depth, row % depth + 1))[0]
            return
        for first in range(start - start % depth, stop, depth):
            slab = self._slab(file, first // depth, slice(0, min(depth, self.shape[0] - first)))
            for row in range(max(first, start), min(first + depth, stop)):
                yield slab[row - first].copy()

    def whole(self, file: BinaryIO) -> NDArray[Any]:
        """See `Plan.whole`."""
        array = np.empty(self.shape, self.dtype)
        for row, values in enumerate(self.rows(file, 0, self.shape[0])):
            array[row] = values
        return array

    def _slab(self, file: BinaryIO, number: int, part: slice) -> NDArray[Any]:
        """Of the chunks that lie side by side at a place of the first axis, a part of the rows."""
        across = [-(-n // step) for n, step in zip(self.shape[1:], self.chunk[1:], strict=True)]
        first = number * prod(across)
        if self.chunk[1:] == self.shape[1:]:
            return self._chunk(file, first)[part]
        slab = np.empty((part.stop - part.start, *self.shape[1:]), self.dtype)
        for index, place in enumerate(np.ndindex(*across), first):
            corner = zip(place, self.chunk[1:], self.shape[1:], strict=True)
            target = [slice(n * step, min((n + 1) * step, end)) for n, step, end in corner]
            inner = [slice(0, one.stop - one.start) for one in target]
            slab[(slice(None), *target)] = self._chunk(file, index)[(part, *inner)]
        return slab

    def _chunk(self, file: BinaryIO, index: int) -> NDArray[Any]:
        if not self.sizes[index]:
            return np.full(self.chunk, self.fill, self.dtype)
        stored = bytes_at(file, int(self.offsets[index]), int(self.sizes[index]))
        return as_array(self._unpacked(stored, int(self.passed[index])), self.dtype, self.chunk)

    def _unpacked(self, content: NDArray[np.uint8], passed: int) -> NDArray[np.uint8]:
        size: int | None = prod(self.chunk) * self.dtype.itemsize
        whole = size
        steps: list[tuple[str, int | None]] = []
        for number, name in enumerate(self.filters):
            if not passed >> number & 1:
                steps.append((name, size))
                size = _size_after(name, size)
        for name, before in reversed(steps):
            content = _UNDO[name](content, before, self.dtype.itemsize)
        if len(content) != whole:
            raise ValueError(f"a chunk holds {len(content)} bytes instead of {whole}")
        return content


def _size_after(name: str, size: int | None) -> int | None:
    """How many bytes a filter makes of so many; None: that cannot be told."""
    if size is None or name == DEFLATE:
        return None
    return size + _CHECKSUM if name == FLETCHER32 else size


def _unshuffled(content: NDArray[np.uint8], size: int | None, width: int) -> NDArray[np.uint8]:
    """The bytes of values of a width again side by side; several times as fast as transposing."""
    if len(content) != size:
        raise ValueError(f"a chunk holds {len(content)} bytes instead of {size}")
    if width == 1:
        return content
    values = np.empty((len(content) // width, width), np.uint8)
    for place, column in enumerate(content.reshape(width, -1)):
        values[:, place] = column
    return values.reshape(-1)


def _inflated(stored: NDArray[np.uint8], size: int | None, _: int) -> NDArray[np.uint8]:
    """Inflate to the size that the header declares, and not a byte further."""
    stream = inflater.decompressobj()
    try:
        content = stream.decompress(stored.data, max(size or 0, 1))
        if not stream.eof:
            content += stream.decompress(stream.unconsumed_tail, 1)
    except inflater.error as error:
        raise ValueError(str(error)) from None
    if not stream.eof:
        raise ValueError("a deflated chunk does not end where its header says")
    return np.frombuffer(content, np.uint8)


def _verified(content: NDArray[np.uint8], size: int | None, _: int) -> NDArray[np.uint8]:
    """Take off the checksum at the end, and hold it against what stands before."""
    values, stored = content[:-_CHECKSUM], content[-_CHECKSUM:].tobytes()
    if len(content) < _CHECKSUM or fletcher32(values) != int.from_bytes(stored, "little"):
        raise ValueError("a chunk differs from its checksum (fletcher32)")
    return values


def fletcher32(content: NDArray[np.uint8]) -> int:
    """The checksum of HDF5: over words of two bytes, the first the higher; an odd byte is high.

    Sums are taken modulo 65535, where 65535 stands for a multiple that is not 0 itself.
    """
    words = np.zeros(-(-len(content) // 2), ">u2")
    words.view(np.uint8)[: len(content)] = content
    simple = weighted = 0
    for first in range(0, len(words), _SUMMED_AT_ONCE):
        part = words[first : first + _SUMMED_AT_ONCE].astype(np.int64)
        weights = np.arange(len(part), 0, -1)
        weighted += len(part) * simple + int(part @ weights)
        simple += int(part.sum())
    return _folded(weighted) << 16 | _folded(simple)


def _folded(total: int) -> int:
    return (total - 1) % 65535 + 1 if total else 0


_UNDO: dict[str, Callable[[NDArray[np.uint8], int | None, int], NDArray[np.uint8]]] = {
    SHUFFLE: _unshuffled,
    DEFLATE: _inflated,
    FLETCHER32: _verified,
}
"""Filter → (bytes, how many it must give, width of a value) → what was there before."""
