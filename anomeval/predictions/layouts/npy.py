"""Columns in `.npy` files: a folder `anomaly_maps.npy`, `masks.npy`, ..., or one array alone.

Values are read from the file, not mapped into memory: a file that shrinks while it is mapped ends
the process.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.column import Column, Refusal, Survey
from anomeval.predictions.direct import Contiguous
from anomeval.predictions.faults import LIBRARY_ERRORS, WRITE_AGAIN, explained
from anomeval.predictions.fields import ALIASES, row_shape
from anomeval.predictions.layouts.pixels import Unfit
from anomeval.predictions.layouts.tree import file_inside
from anomeval.predictions.npy_header import bytes_left, header_refusal, npy_header

SUFFIX = ".npy"

_MAPS, _SCORES = "anomaly_map", "pred_score"  # what an array alone is, whatever its file is called
_ANY = ""
_PREDICTED = {name for field in ("anomaly_map", "pred_score") for name in (field, *ALIASES[field])}


def is_npy_folder(path: str) -> bool:
    """Whether a folder holds a column of predictions: `anomaly_maps.npy` of any alias."""
    for name in _PREDICTED:
        column = os.path.join(path, name + SUFFIX)
        if os.path.isfile(column):
            try:
                with open(column, "rb") as file:
                    return len(npy_header(file)[0]) != 2
            except LIBRARY_ERRORS:
                return True  # told when it is opened
    return False


def array_files(path: str) -> list[str]:
    """The file at `path`, or the arrays of the folder there."""
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith(SUFFIX)]


class NpyStore:
    """A folder of `.npy` files, or one of them, as columns."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is open between two calls."""

    def survey(self) -> Survey:
        """The arrays by the names of their files; an array alone are maps, or scores."""
        if not os.path.isdir(self._path):
            column = npy_column(_ANY, self._path)
            name = _SCORES if row_shape(column, single=False) in ((), (1,)) else _MAPS
            return Survey({name: replace(column, name=name)})
        names = [os.path.basename(file) for file in array_files(self._path)]
        columns = [name.removesuffix(SUFFIX) for name in names]
        return Survey({name: self._column(name) for name in columns})

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array."""
        return npy_values(self._file(column), column)

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`, each read when it is asked for."""
        yield from npy_rows(self._file(column), column, start, stop)

    def _column(self, name: str) -> Column:
        try:
            path = file_inside(self._path, name + SUFFIX)
        except Unfit as unfit:
            return Column(name, refusal=Refusal(unfit.what, unfit.remedy or WRITE_AGAIN))
        return npy_column(name, path or "")

    def _file(self, column: Column) -> str:
        if os.path.isdir(self._path):
            return os.path.join(self._path, column.name + SUFFIX)
        return self._path


def npy_column(name: str, path: str) -> Column:
    """The array in a `.npy` file, as its header describes it."""
    try:
        with open(path, "rb") as file:
            header = npy_header(file)
            stored, first = bytes_left(file), file.tell()
    except LIBRARY_ERRORS as error:
        return Column(name, refusal=Refusal(*explained(error)))
    shape, in_columns, dtype = header
    refusal = header_refusal(header, stored)
    plain = shape and not (refusal or in_columns or dtype.hasobject)
    return Column(
        name=name,
        shape=shape,
        dtype=dtype,
        text=dtype.kind in "US",
        stored_bytes=stored,
        in_columns=in_columns,
        refusal=refusal,
        plan=Contiguous(first, shape, dtype) if plain else None,
    )


def npy_values(path: str, column: Column) -> NDArray[Any]:
    """The whole array in a file.

    Raises:
        LIBRARY_ERRORS: the file is damaged.
    """
    count = prod(column.shape)
    with open(path, "rb") as file:
        npy_header(file)
        values = np.fromfile(file, column.dtype, count)
    if values.size < count:
        raise EOFError("it is truncated")
    return values.reshape(column.shape, order="F" if column.in_columns else "C")


def npy_rows(path: str, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
    """Rows `start` up to `stop` of the array in a file, each read when it is asked for.

    Raises:
        LIBRARY_ERRORS: the file is damaged.
    """
    if column.plan is None:
        yield from npy_values(path, column)[start:stop]
        return
    with open(path, "rb", buffering=0) as file:
        yield from column.plan.rows(file, start, stop)
