"""HDF5 files: what they hold, and their values, one image at a time."""

from collections.abc import Iterator
from contextlib import ExitStack
from errno import EAGAIN
from functools import cached_property
from math import ceil, prod
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.column import Column, Store, Survey
from anomeval.predictions.faults import reading
from anomeval.predictions.planned import PlannedStore
from anomeval.predictions.remote import is_remote, open_bytes

_LARGEST_CACHE = 1 << 30  # bytes, for chunks that hold parts of several images
_CACHE_SLOTS = 4099


class Hdf5Store:
    """One HDF5 file as its library reads it.

    Several stores of one file may be read in several threads: h5py lets one at a time into the
    library.
    """

    def __init__(self, path: str, *, as_bytes: bool = False) -> None:
        """Open a file, when it is needed.

        Args:
            path: of the file.
            as_bytes: let the library read it through Python; it then shares nothing with others
                that have it open.
        """
        self._path = path
        self._as_bytes = as_bytes or is_remote(path)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with reading(self._path):  # the library may fail when it closes what is damaged, too
            self._open.close()

    @cached_property
    def _file(self) -> Any:
        """The file as HDF5; opened when something needs the library."""
        import h5py  # type: ignore[import-untyped,unused-ignore]

        if not self._as_bytes:
            return self._open.enter_context(_opened(self._path))
        file = self._open.enter_context(open_bytes(self._path))
        return self._open.enter_context(h5py.File(file, "r"))

    def survey(self) -> Survey:
        """The arrays at the root, in its groups, and in the groups of `samples`."""
        from anomeval.predictions.hdf5_survey import columns_of

        attributes = {name: _plain(value) for name, value in self._file.attrs.items()}
        return Survey({column.name: column for column in columns_of(self._file)}, attributes)

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array; text comes as bytes, or as unicode from an attribute."""
        return np.asarray(self._ready(column)[()])

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`, each read when it is asked for."""
        dataset = self._dataset(column)
        for row in range(start, stop):
            yield dataset[row]

    def _ready(self, column: Column) -> Any:
        """The dataset with its filters at hand: the look at it may have been in another process."""
        from anomeval.predictions.hdf5_survey import has_filters

        dataset = self._file[column.name]
        if column.compression:
            has_filters(dataset)
        return dataset

    def _dataset(self, column: Column) -> Any:
        """The dataset, with a cache so large that no chunk is unpacked twice in a pass."""
        import h5py

        dataset = self._ready(column)
        if not column.chunks or column.chunks[0] == 1:
            return dataset
        del dataset  # as long as it is open, another cache is not taken
        across = [
            ceil(length / chunk)
            for length, chunk in zip(column.shape[1:], column.chunks[1:], strict=True)
        ]
        needed = prod(across) * prod(column.chunks) * column.dtype.itemsize
        access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
        access.set_chunk_cache(_CACHE_SLOTS, min(needed, _LARGEST_CACHE), 1.0)
        return h5py.Dataset(h5py.h5d.open(self._file.id, column.name.encode(), access))


def _opened(path: str) -> Any:
    """The file, locked against whoever would write it, where its file system knows of locks."""
    import h5py

    try:
        return h5py.File(path, "r", locking="best-effort")
    except OSError as error:
        if "unable to lock file" not in str(error) or error.errno == EAGAIN:
            raise
    return h5py.File(path, "r", locking=False)


def _plain(value: object) -> object:
    """An attribute as a Python value."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def open_hdf5(path: str) -> Store:
    """An HDF5 file, read past the library where that is possible."""
    return PlannedStore(path, lambda: Hdf5Store(path))


def witness_of_hdf5(path: str) -> Store:
    """The same file, which the library reads once more."""
    return Hdf5Store(path, as_bytes=True)
