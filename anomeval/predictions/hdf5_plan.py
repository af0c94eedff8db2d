"""Where the rows of an HDF5 dataset lie in its file. Imports h5py; see `direct` for what for."""

from typing import Any

import h5py
import numpy as np

from anomeval.predictions.direct import AVAILABLE, RowPlan, evenly_spaced

_DEFLATE, _SHUFFLE = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE
_PIPELINES = {
    (): (False, False),
    (_DEFLATE,): (True, False),
    (_SHUFFLE, _DEFLATE): (True, True),
}
"""Filters in the order in which they were applied -> (deflated, shuffled)."""


def row_plan(dataset: Any) -> RowPlan | None:
    """How to read the rows of a dataset without the library; None: only the library can."""
    if not dataset.shape or not _is_plain(dataset):
        return None
    count, *shape = dataset.shape
    if dataset.chunks is None:
        first = dataset.id.get_offset()
        return None if first is None else evenly_spaced(first, count, tuple(shape), dataset.dtype)
    created = dataset.id.get_create_plist()
    filters = tuple(created.get_filter(i)[0] for i in range(created.get_nfilters()))
    if dataset.chunks != (1, *shape) or filters not in _PIPELINES:
        return None
    if dataset.id.get_num_chunks() != count:
        return None
    offsets, sizes = np.zeros(count, np.int64), np.zeros(count, np.int64)
    filtered = []  # chunks that were stored past a filter

    def note(chunk: Any) -> None:
        row = chunk.chunk_offset[0]
        offsets[row], sizes[row] = chunk.byte_offset, chunk.size
        filtered.append(chunk.filter_mask)

    dataset.id.chunk_iter(note)
    if len(filtered) != count or any(filtered):
        return None
    return RowPlan(offsets, sizes, tuple(shape), dataset.dtype, *_PIPELINES[filters])


def _is_plain(dataset: Any) -> bool:
    """Whether the stored bytes are those that NumPy has for this type, from the file's start."""
    return (
        AVAILABLE
        and dataset.dtype.kind in "fiu"
        and dataset.id.get_type().equal(h5py.h5t.py_create(dataset.dtype))
        and dataset.file.userblock_size == 0
        and dataset.file.driver == "sec2"
    )
