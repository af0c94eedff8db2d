"""Maps that are one array in a file: `.npy`, `.npz` and HDF5."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.column import Column, Store, without_channel
from anomeval.predictions.fields import ALIASES
from anomeval.predictions.formats import HDF5
from anomeval.predictions.layouts.pixels import Unfit, check_size
from anomeval.predictions.npy_header import bytes_left, header_refusal, npy_header
from anomeval.predictions.npz import NpzStore

_NAMES = ("anomaly_map", *ALIASES["anomaly_map"], *ALIASES["pred_score"])
"""What a map is called in a file of its own, where `anomaly_scores` may be pixels."""


def read_npy(path: str, limit: int) -> NDArray[Any]:
    """The array of a `.npy` file, (H, W) with or without a channel → (H, W).

    Raises:
        Unfit: another shape, objects, or too many pixels.
        LIBRARY_ERRORS: the file is damaged.
    """
    with open(path, "rb") as file:
        header = npy_header(file)
        stored, in_columns, dtype = header
        shape = without_channel(stored)
        check_size(shape, limit)
        _check_type(dtype)
        if refusal := header_refusal(header, bytes_left(file)):
            raise Unfit(refusal.what, refusal.remedy)
        array = np.fromfile(file, dtype, prod(shape))
    if array.size < prod(shape):
        raise EOFError("it is truncated")
    return array.reshape(shape, order="F" if in_columns else "C")


def read_npz(path: str, limit: int) -> NDArray[Any]:
    """The one map in a `.npz` file.

    Raises:
        Unfit, LIBRARY_ERRORS: as `read_npy`; also where no array, or several, can be the map.
    """
    with NpzStore(path) as store:
        return _only_map(store, limit)


def read_hdf5(path: str, limit: int) -> NDArray[Any]:
    """The one map in an HDF5 file, such as the dataset `value`.

    Raises:
        Unfit, LIBRARY_ERRORS: as `read_npz`.
    """
    with HDF5.open(path) as store:
        return _only_map(store, limit)


def read_hdf5_apart(path: str, limit: int) -> NDArray[Any]:
    """The same, with the library in a process of its own."""
    with HDF5.open_apart(path) as store:
        return _only_map(store, limit)


def map_column(columns: Mapping[str, Column]) -> Column:
    """The array of a file that is the map of one image.

    Raises:
        Unfit: none can be, or several.
    """
    fitting = [column for name, column in columns.items() if is_map(name, column)]
    if not fitting and len(columns) == 1:
        fitting = list(columns.values())
    if len(fitting) != 1:
        names = ", ".join(map(str, columns.values())) or "nothing"
        what = f"holds {'no' if not fitting else 'more than one'} array of one map: {names}"
        raise Unfit(what, "store one array of H x W in each file, called anomaly_map")
    return fitting[0]


def is_map(name: str, column: Column) -> bool:
    """Whether an array is named like a map and has the axes of one image."""
    return name in _NAMES and (
        column.refusal is not None or len(without_channel(column.shape)) == 2
    )


def _only_map(store: Store, limit: int) -> NDArray[Any]:
    column = map_column(store.survey().columns)
    if column.refusal:
        raise Unfit(column.refusal.what, column.refusal.remedy)
    shape = without_channel(column.shape)
    check_size(shape, limit)
    _check_type(column.dtype)
    return store.values(column).reshape(shape)


def _check_type(dtype: np.dtype[Any]) -> None:
    if dtype.hasobject:
        what = "holds objects, which are not read (unpickling them could run code)"
        raise Unfit(what, "save numbers as plain arrays")
    if dtype.kind not in "biuf":
        raise Unfit(f"holds {dtype.name} where numbers belong", "save float32")
