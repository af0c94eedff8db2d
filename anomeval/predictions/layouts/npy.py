"""Columns in `.npy` files: a folder `anomaly_maps.npy`, `masks.npy`, ..., or one array alone.

Values are read from the file, not mapped into memory: a file that shrinks while it is mapped ends
the process.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.column import Column, Refusal, Survey, shape_text
from anomeval.predictions.faults import LIBRARY_ERRORS, WRITE_AGAIN, explained, reading
from anomeval.predictions.fields import ALIASES
from anomeval.predictions.layouts.pixels import Unfit, check_size
from anomeval.predictions.layouts.tree import file_inside
from anomeval.predictions.layouts.truth import Truth
from anomeval.predictions.npy_header import npy_header
from anomeval.predictions.record import ImageEntry

SUFFIX = ".npy"

_ONE_ARRAY = "anomaly_map"  # what an array alone is, whatever its file is called
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
        """The arrays by the names of their files; an array alone is the anomaly map."""
        if not os.path.isdir(self._path):
            return Survey({_ONE_ARRAY: _column(_ONE_ARRAY, self._path)})
        names = [os.path.basename(file) for file in array_files(self._path)]
        columns = [name.removesuffix(SUFFIX) for name in names]
        return Survey({name: self._column(name) for name in columns})

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array."""
        return _read(self._file(column), 0, None)

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`, each read when it is asked for."""
        for row in range(start, stop):
            yield _read(self._file(column), row, row + 1)[0]

    def _column(self, name: str) -> Column:
        try:
            path = file_inside(self._path, name + SUFFIX)
        except Unfit as unfit:
            return Column(name, refusal=Refusal(unfit.what, unfit.remedy or WRITE_AGAIN))
        return _column(name, path or "")

    def _file(self, column: Column) -> str:
        if os.path.isdir(self._path):
            return os.path.join(self._path, column.name + SUFFIX)
        return self._path


class ArrayTruth:
    """Masks in one array, (N, H, W), in the order of the images."""

    def __init__(self, path: str, count: int) -> None:
        """Look at the header.

        Raises:
            InvalidInputError: it is no such array, or has not one mask for each image.
        """
        with reading(path, "--truth"), open(path, "rb") as file:
            shape, in_columns, dtype = npy_header(file)
        self.path = path
        problem = None
        if len(shape) not in (3, 4) or in_columns or dtype.kind not in "biuf":
            remedy = "save it with np.save(path, masks.astype(np.uint8))"
            what = f"is {dtype.name} {shape_text(shape)}, must be masks of N x H x W"
            problem = Problem(what, path, "--truth", remedy=remedy)
        elif shape[0] != count:
            what = f"holds {shape[0]} masks for {count} images"
            remedy = "name one file of predictions, in the same order"
            problem = Problem(what, path, "--truth", remedy=remedy)
        if problem:
            raise InvalidInputError(problem)

    def of(self, entry: ImageEntry) -> Truth:
        """The mask of an image, found by its position."""
        return Truth(label=None, mask=_ArrayRow(self.path, entry.index))


@dataclass(frozen=True, slots=True)
class _ArrayRow:
    """One mask of an array of masks."""

    path: str
    row: int

    def read(self, limit: int) -> NDArray[Any]:
        """(H, W) as stored.

        Raises:
            Unfit: several channels, or too many pixels.
        """
        check_size(self.size(), limit)
        return _read(self.path, self.row, self.row + 1).reshape(self.size())

    def size(self) -> tuple[int, ...]:
        """(H, W), from the header."""
        with open(self.path, "rb") as file:
            shape = npy_header(file)[0][1:]
        return shape[1:] if len(shape) == 3 and shape[0] == 1 else shape


def _column(name: str, path: str) -> Column:
    try:
        with open(path, "rb") as file:
            header = npy_header(file)
            stored = os.fstat(file.fileno()).st_size - file.tell()
    except LIBRARY_ERRORS as error:
        return Column(name, refusal=Refusal(*explained(error)))
    shape, in_columns, dtype = header
    return Column(
        name=name,
        shape=shape,
        dtype=dtype,
        text=dtype.kind in "US",
        stored_bytes=stored,
        in_columns=in_columns,
        refusal=header_refusal(header, stored),
    )


def _read(path: str, start: int, stop: int | None) -> NDArray[Any]:
    """Rows of an array; of a scalar, the scalar."""
    with open(path, "rb") as file:
        shape, _, dtype = npy_header(file)
        if shape:
            stop = shape[0] if stop is None else stop
            shape = (stop - start, *shape[1:])
        count = prod(shape)
        if count:
            file.seek(start * prod(shape[1:]) * dtype.itemsize, os.SEEK_CUR)
        array = np.fromfile(file, dtype, count)
    if array.size < count:
        raise EOFError("it is truncated")
    return array.reshape(shape)
