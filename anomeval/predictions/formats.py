"""Telling the format of a file from its first bytes; its name says nothing."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.column import Store
from anomeval.predictions.faults import WRITE_AGAIN, reading
from anomeval.predictions.hdf5 import Hdf5Store
from anomeval.predictions.layouts.asmaps import TorchStore, is_torch_file
from anomeval.predictions.layouts.npy import NpyStore, is_npy_folder
from anomeval.predictions.npz import NpzStore

SUFFIXES = (".h5", ".hdf5", ".npz")
"""What a directory is searched for."""

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_NPY_SIGNATURE = b"\x93NUMPY"
_OTHER_FORMATS = {
    b"\x80": ("a pickle", "pickles are code; `anomeval convert --allow-pickle` reads some"),
    b"\x1f\x8b": ("a gzip file", "unpack it"),
}


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file, and how to open one."""

    name: str
    open: Callable[[str], Store]


HDF5 = Format("HDF5", Hdf5Store)
NPZ = Format("NPZ", NpzStore)
NPY = Format("NPY", NpyStore)
TORCH = Format("PyTorch", TorchStore)


def recognized(path: str) -> Format:
    """The format of the file at `path`, or of a folder of columns.

    Raises:
        InvalidInputError: the file is missing, unreadable, no regular file, or of another kind.
    """
    with reading(path):
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise InvalidInputError(
                Problem("is no regular file", path, remedy="save the predictions to a file")
            )
        if stat.S_ISDIR(mode) and is_npy_folder(path):
            return NPY
        with open(path, "rb") as file:
            start = file.read(len(_HDF5_SIGNATURE))
            if _has_hdf5_signature(file):
                return HDF5
    if start.startswith(_ZIP_SIGNATURES):
        return TORCH if not path.endswith(".npz") and is_torch_file(path) else NPZ
    if start.startswith(_NPY_SIGNATURE):
        return NPY
    raise InvalidInputError(_unknown(path, start))


def _has_hdf5_signature(file: IO[bytes]) -> bool:
    """HDF5 may begin behind a user block of 512, 1024, 2048, ... bytes."""
    size = file.seek(0, os.SEEK_END)
    offset = 0
    while offset < size:
        file.seek(offset)
        if file.read(len(_HDF5_SIGNATURE)) == _HDF5_SIGNATURE:
            return True
        offset = max(512, offset * 2)
    return False


def _unknown(path: str, start: bytes) -> Problem:
    if not start:
        return Problem("is empty (0 bytes)", path, remedy=WRITE_AGAIN)
    for signature, (what, remedy) in _OTHER_FORMATS.items():
        if start.startswith(signature):
            return Problem(f"is {what}, neither HDF5 nor NPZ", path, remedy=remedy)
    remedy = "name a prediction file written with anomeval.Writer, h5py or np.savez"
    return Problem("is neither HDF5 nor NPZ, or damaged at its start", path, remedy=remedy)
