"""Zarr groups as predictions: an array for each field, in groups where there are categories."""

import os
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import zarr
from numpy.typing import NDArray

from anomeval.predictions.column import Column, Survey
from anomeval.predictions.formats import Format


def is_zarr(path: str) -> bool:
    """Whether a folder is a Zarr group, of version 3 or 2. Looks at names only."""
    return any(os.path.isfile(os.path.join(path, name)) for name in ("zarr.json", ".zgroup"))


class ZarrStore:
    """One open group, for one pass."""

    def __init__(self, path: str) -> None:
        self._group = zarr.open_group(path, mode="r")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing stays open between two reads."""

    def survey(self) -> Survey:
        """What there is, without a value of it."""
        arrays = [
            (name, member)
            for name, member in self._group.members(max_depth=2)
            if isinstance(member, zarr.Array)
        ]
        columns = {name: _column(name, array) for name, array in arrays}
        return Survey(columns, dict(self._group.attrs))

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array; text as NumPy's fixed-width strings."""
        values = np.asarray(self._group[column.name][...])
        return np.array(values.tolist(), str) if column.text else values

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """One image after the other, each an array of its own."""
        array = self._group[column.name]
        for row in range(start, stop):
            yield np.asarray(array[row])


def _column(name: str, array: Any) -> Column:
    return Column(
        name,
        shape=array.shape,
        dtype=array.dtype,
        text=array.dtype.kind in "OSTU",
        chunks=array.chunks,
        stored_bytes=array.nbytes_stored(),
    )


ZARR = Format("Zarr", is_zarr, ZarrStore, suffixes=(".zarr",))
READERS = {"Zarr": ZARR}
