"""The kinds of files and folders that hold columns, told apart by content; names say nothing."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO, Any

from anomeval.errors import InvalidInputError, Problem
from anomeval.plugins import BUILT_IN, Registry
from anomeval.predictions import helpers
from anomeval.predictions.column import Store
from anomeval.predictions.faults import WRITE_AGAIN, reading
from anomeval.predictions.guarded import GuardedStore, blamed
from anomeval.predictions.hdf5 import open_hdf5, witness_of_hdf5
from anomeval.predictions.layouts.asmaps import TorchStore, is_torch_file
from anomeval.predictions.layouts.npy import NpyStore, array_files, is_npy_folder
from anomeval.predictions.npz import NpzStore
from anomeval.predictions.planned import PlannedStore
from anomeval.predictions.remote import is_remote, open_bytes
from anomeval.predictions.stamps import files_of

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_NPY_SIGNATURE = b"\x93NUMPY"
_OTHER_FORMATS = {
    b"\x80": ("a pickle", "pickles are code; `anomeval convert --allow-pickle` reads some"),
    b"\x1f\x8b": ("a gzip file", "unpack it"),
}


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file or folder that holds columns, and how to open one: a reader.

    name: what people call it. Formats travel to other processes by name.
    recognizes: whether what lies at a path is of this kind. Looks at names and first bytes only,
        may raise OSError, and starts no threads.
    open: a store for one pass, see `Store`.
    suffixes: what a directory is searched for, such as ".h5".
    files: the files that values at a path come from; they must not change while it is read.
    witness: a second way to open it, that shares no memory with the first. Given where a library
        in C reads it, which damage may crash, or make hand out memory that it never filled.
    """

    name: str
    recognizes: Callable[[str], bool]
    open: Callable[[str], Store]
    suffixes: tuple[str, ...] = ()
    files: Callable[[str], Iterable[str]] = files_of
    witness: Callable[[str], Store] | None = None

    def open_apart(self, path: str) -> Store:
        """Like `open`, with the library in a process of its own where it may do harm."""
        if self.witness is None or is_remote(path) or not helpers.AVAILABLE:
            return self.open(path)
        return PlannedStore(path, lambda: helpers.HelperStore(self, path))

    def __reduce__(self) -> tuple[Callable[[str], "Format"], tuple[str]]:
        return format_named, (self.name,)


def format_named(name: str) -> Format:
    """The format of that name; mistakes of those of others are told as theirs.

    Raises:
        KeyError: there is none.
        UsageError: it cannot be loaded.
    """
    found = READERS[name]
    if READERS.origin(name) == BUILT_IN:
        return found
    reader = f"{name!r} of {READERS.origin(name)}"

    def recognizes(path: str) -> bool:
        with blamed(reader, path):
            return found.recognizes(path)

    def opened(path: str) -> Store:
        with blamed(reader, path):
            return GuardedStore(reader, path, found.open(path))

    def files(path: str) -> list[str]:
        with blamed(reader, path):
            return list(found.files(path))

    return replace(found, recognizes=recognizes, open=opened, files=files)


def format_of(path: str) -> Format | None:
    """The first format that recognizes what lies at `path`, which is there.

    Raises:
        UsageError: a reader of others cannot be loaded.
        OSError: it cannot be read.
    """
    return next((one for one in map(format_named, READERS) if one.recognizes(path)), None)


def is_column_folder(path: str) -> bool:
    """Whether what lies at `path` is a folder whose columns a reader knows."""
    if not (is_remote(path) or os.path.isdir(path)):
        return False
    with suppress(OSError):
        return format_of(path) is not None
    return False


def searched_suffixes() -> tuple[str, ...]:
    """What a directory is searched for."""
    return tuple(suffix for one in READERS.values() for suffix in one.suffixes)


def recognized(path: str) -> Format:
    """The format of the file at `path`, or of a folder of columns.

    Raises:
        InvalidInputError: the file is missing, unreadable, no regular file, or of another kind.
    """
    with reading(path):
        if not is_remote(path):
            _check_kind(path)
        found = format_of(path)
        if found is None:
            with open_bytes(path) as file:
                start = file.read(len(_HDF5_SIGNATURE))
    if found is None:
        raise InvalidInputError(_unknown(path, start))
    return found


def reader_fault(name: str, value: Any) -> str | None:
    """Why something cannot serve as the reader of this name; None if it can."""
    if not isinstance(value, Format):
        return "it is no anomeval.predictions.formats.Format"
    if value.name != name:
        return f"it is registered as {name!r}, but its name is {value.name!r}"
    if not all(suffix.startswith(".") for suffix in value.suffixes):
        return f"its suffixes are {value.suffixes!r}, must begin with a dot"
    return None


def _check_kind(path: str) -> None:
    mode = os.stat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        remedy = "save the predictions to a file"
        raise InvalidInputError(Problem("is no regular file", path, remedy=remedy))


def _is_hdf5(path: str) -> bool:
    """HDF5 may begin behind a user block of 512, 1024, 2048, ... bytes."""
    if os.path.isdir(path):
        return False
    with open_bytes(path) as file:
        return any(start == _HDF5_SIGNATURE for start in _possible_starts(file))


def _possible_starts(file: IO[bytes]) -> Iterator[bytes]:
    size = file.seek(0, os.SEEK_END)
    offset = 0
    while offset < size:
        file.seek(offset)
        yield file.read(len(_HDF5_SIGNATURE))
        offset = max(512, offset * 2)


def _is_npz(path: str) -> bool:
    return _begins(path, _ZIP_SIGNATURES) and not _is_torch(path)


def _is_npy(path: str) -> bool:
    return is_npy_folder(path) or _begins(path, (_NPY_SIGNATURE,))


def _is_torch(path: str) -> bool:
    """A file of `torch.save` is a ZIP file, too; what is called .npz is taken for NPZ."""
    if is_remote(path) or path.endswith(".npz"):
        return False
    return _begins(path, _ZIP_SIGNATURES) and is_torch_file(path)


def _begins(path: str, signatures: tuple[bytes, ...]) -> bool:
    if os.path.isdir(path):
        return False
    with open_bytes(path) as file:
        return file.read(max(map(len, signatures))).startswith(signatures)


def _unknown(path: str, start: bytes) -> Problem:
    if not start:
        return Problem("is empty (0 bytes)", path, remedy=WRITE_AGAIN)
    for signature, (what, remedy) in _OTHER_FORMATS.items():
        if start.startswith(signature):
            return Problem(f"is {what}, neither HDF5 nor NPZ", path, remedy=remedy)
    remedy = "name a prediction file written with anomeval.Writer, h5py or np.savez"
    return Problem("is neither HDF5 nor NPZ, or damaged at its start", path, remedy=remedy)


HDF5 = Format("HDF5", _is_hdf5, open_hdf5, (".h5", ".hdf5"), witness=witness_of_hdf5)
NPZ = Format("NPZ", _is_npz, NpzStore, (".npz",))
NPY = Format("NPY", _is_npy, NpyStore, files=array_files)
TORCH = Format("PyTorch", _is_torch, TorchStore)

SUFFIXES = (*HDF5.suffixes, *NPZ.suffixes)
"""What a file to be written may end with."""

READERS = Registry(
    "anomeval.readers", "reader", {one.name: one for one in (HDF5, NPZ, NPY, TORCH)}, reader_fault
)
"""Every reader there is, by name, in the order in which a file is held against them."""
