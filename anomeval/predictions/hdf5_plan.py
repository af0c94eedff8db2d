"""Where an HDF5 dataset lies in its file. Imports h5py; see `direct` for what for."""

from contextlib import suppress
from math import prod
from typing import Any

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np

from anomeval.predictions.chunked import DEFLATE, FLETCHER32, SHUFFLE, Chunked
from anomeval.predictions.direct import AVAILABLE, Contiguous, Plan, Unwritten

_FILTERS = {
    h5py.h5z.FILTER_DEFLATE: DEFLATE,
    h5py.h5z.FILTER_SHUFFLE: SHUFFLE,
    h5py.h5z.FILTER_FLETCHER32: FLETCHER32,
}
_NO_ROOM = np.zeros(0, np.uint8)
_MOST_CHUNKS = 1 << 24  # of a dataset, beyond one for each byte of the file


class ChunkIndex:
    """Where the chunks of a dataset lie, held against the shape and the size of its file.

    offsets, sizes: int64, and passed: uint32, as in `Chunked`.
    missing: how many chunks were never written.
    """

    def __init__(self, dataset: Any) -> None:
        """Read the index.

        Raises:
            ValueError: it names a chunk that cannot be, or one twice.
            RuntimeError, OSError: the library cannot read it.
        """
        steps = list(zip(dataset.shape, dataset.chunks, strict=True))
        self._grid = [-(-length // step) for length, step in steps]
        self._chunk = dataset.chunks
        count, self._end = prod(self._grid), dataset.file.id.get_filesize()
        if count > _MOST_CHUNKS + self._end:
            raise ValueError(f"{count} chunks in a file of {self._end} bytes")
        self.offsets, self.sizes = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.passed = np.zeros(count, np.uint32)
        self._wrong: str | None = None
        self._corners: list[tuple[int, ...]] = []
        dataset.id.chunk_iter(self._note)
        self._wrong = self._wrong or self._overlap() or self._not_found(dataset)
        if self._wrong:
            raise ValueError(self._wrong)

    @property
    def missing(self) -> int:
        """How many were never written."""
        return int((self.sizes == 0).sum())

    def _note(self, chunk: Any) -> bool | None:
        """Take up one entry; True ends the search."""
        index, offset, size = self._number(chunk.chunk_offset), chunk.byte_offset, chunk.size
        if index is None or self.sizes[index]:
            self._wrong = f"a chunk at {chunk.chunk_offset} that cannot be, or is there twice"
        elif size <= 0 or offset is None or offset <= 0 or offset + size > self._end:
            self._wrong = f"a chunk of {size} bytes at {offset}, in a file of {self._end}"
        else:
            self.offsets[index], self.sizes[index] = offset, size
            self.passed[index] = chunk.filter_mask
            self._corners.append(chunk.chunk_offset)
        return True if self._wrong else None

    def _number(self, corner: tuple[int, ...]) -> int | None:
        """The number of the chunk that begins there, in C order."""
        number = 0
        for place, step, count in zip(corner, self._chunk, self._grid, strict=True):
            along, rest = divmod(place, step)
            if rest or not 0 <= along < count:
                return None
            number = number * count + along
        return number

    def _overlap(self) -> str | None:
        there = np.flatnonzero(self.sizes)
        order = there[np.argsort(self.offsets[there])]
        ends = self.offsets[order] + self.sizes[order]
        within = (ends[:-1] > self.offsets[order][1:]).any()
        return "chunks that lie in each other" if within else None

    def _not_found(self, dataset: Any) -> str | None:
        """Entries that are there when all are gone through, and not when one is searched for.

        The keys of a tree tell the way to an entry; where they are damaged, the library finds none
        and reads the fill value.
        """
        for corner in self._corners:
            with suppress(ValueError):  # it was found, and nothing is too small for it
                try:
                    dataset.id.read_direct_chunk(corner, out=_NO_ROOM)
                except RuntimeError:
                    return f"a chunk at {corner} that its index does not lead to"
        return None


def plan_of(dataset: Any, index: ChunkIndex | None) -> Plan | None:
    """How to read a dataset without the library; None: only the library can.

    Args:
        dataset: open; sound as far as could be seen.
        index: of its chunks; None if it has none, or none was written.

    Raises:
        ValueError: it is not as large as its shape says.
    """
    if not _is_plain(dataset):
        return None
    shape, dtype = dataset.shape, dataset.dtype
    created = dataset.id.get_create_plist()
    if is_unwritten(dataset, index):
        return Unwritten(_fill(created, dtype), shape, dtype)
    if created.get_layout() == h5py.h5d.CONTIGUOUS:
        if dataset.id.get_storage_size() != prod(shape) * dtype.itemsize:
            raise ValueError(f"{dataset.id.get_storage_size()} bytes are stored")
        return Contiguous(dataset.id.get_offset(), shape, dtype)
    filters = _known_filters(created, dtype.itemsize)
    if index is None or filters is None:
        return None
    offsets, sizes, passed = index.offsets, index.sizes, index.passed
    fill = _fill(created, dtype)
    return Chunked(shape, dtype, dataset.chunks, offsets, sizes, passed, filters, fill)


def is_unwritten(dataset: Any, index: ChunkIndex | None) -> bool:
    """Whether nothing of an array was ever stored. index: as for `plan_of`."""
    layout = dataset.id.get_create_plist().get_layout()
    if layout == h5py.h5d.CONTIGUOUS:
        return dataset.id.get_offset() is None
    return bool(layout == h5py.h5d.CHUNKED) and index is None


def _is_plain(dataset: Any) -> bool:
    """Whether the stored bytes are those that NumPy has for this type, from the file's start."""
    return (
        AVAILABLE
        and bool(dataset.shape)
        and dataset.dtype.kind in "fiub"
        and dataset.id.get_type().equal(h5py.h5t.py_create(dataset.dtype, logical=True))
        and dataset.file.userblock_size == 0
        and dataset.file.driver == "sec2"
    )


def _known_filters(created: Any, width: int) -> tuple[str, ...] | None:
    """The filters in their order; None if one is unknown, or in an unusual place."""
    names: list[str] = []
    for position in range(created.get_nfilters()):
        code, _, options, _ = created.get_filter(position)
        name = _FILTERS.get(code)
        if name is None or name in names or (name == SHUFFLE and (names or options != (width,))):
            return None
        names.append(name)
    return tuple(names)


def _fill(created: Any, dtype: np.dtype[Any]) -> Any:
    """The value of what was never written."""
    value = np.zeros((), dtype)
    if created.fill_value_defined() == h5py.h5d.FILL_VALUE_USER_DEFINED:
        created.get_fill_value(value)
    return value[()]
