"""Files that lie elsewhere: `s3://`, `gs://`, `https://`, and whatever else fsspec reaches.

They are read where they lie, block by block; nothing is copied first. Whatever the library of such
a place raises becomes an OSError, which readers put into words like those of a disk.
"""

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, ENOENT
from hashlib import sha256
from typing import Any, BinaryIO, cast

from anomeval.errors import InvalidInputError, Problem

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_COPY = "copy the file here"
_BLOCK = 4 << 20  # bytes that are fetched at once
_BLOCKS = 8  # that an open file keeps: the tables of HDF5, and where it is being read


def is_remote(path: str) -> bool:
    """Whether a path is an address such as `s3://bucket/test.h5`."""
    return _URL.match(path) is not None


def absolute(path: str) -> str:
    """The same file by a path that holds in every directory."""
    return path if is_remote(path) else os.path.abspath(path)


def open_bytes(path: str) -> BinaryIO:
    """A file for reading, unbuffered, wherever it lies.

    Raises:
        OSError: it cannot be opened.
        InvalidInputError: fsspec, or what it needs for this kind of address, is missing.
    """
    if not is_remote(path):
        return open(path, "rb", buffering=0)
    files, name = _located(path)
    cached = {"cache_type": "blockcache", "cache_options": {"maxblocks": _BLOCKS}}
    with _as_os_error():
        opened = files.open(name, "rb", block_size=_BLOCK, **cached)
    return cast(BinaryIO, _RemoteFile(opened))


def stamp(path: str) -> tuple[int, ...]:
    """Numbers that change when a file does.

    Raises:
        OSError, InvalidInputError: as `open_bytes`.
    """
    if not is_remote(path):
        status = os.stat(path)
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
    files, name = _located(path)
    with _as_os_error():
        files.invalidate_cache()
        told = sorted((key, str(value)) for key, value in files.info(name).items())
    return (int.from_bytes(sha256(repr(told).encode()).digest()),)


def files_at(path: str, suffixes: tuple[str, ...]) -> list[str]:
    """The files that a remote path names, sorted: one, those of a pattern, or those of a folder.

    Only `*` makes a pattern, for addresses may hold a question mark.

    Args:
        path: the address as typed.
        suffixes: what a folder is searched for.

    Raises:
        OSError, InvalidInputError: as `open_bytes`.
    """
    files, name = _located(path)
    with _as_os_error():
        files.invalidate_cache()
        if "*" in path:
            found = [one for one in files.glob(name) if files.isfile(one)]
        elif files.info(name)["type"] == "file":
            return [path]
        else:
            found = [one for one in files.find(name) if one.endswith(suffixes)]
            found = [one for one in found if "/." not in one.removeprefix(name)]
        return sorted(files.unstrip_protocol(one) for one in found)


class RemoteError(OSError):
    """What the library of a remote place has raised."""


class _RemoteFile(io.RawIOBase):
    """An open file of fsspec whose reads are whole, and whose errors are those of a disk."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with _as_os_error():
            return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        rest = memoryview(buffer).cast("B")
        size = len(rest)
        while rest:
            with _as_os_error():
                part = self._file.read(len(rest))
            if not part:
                break
            rest[: len(part)] = part
            rest = rest[len(part) :]
        return size - len(rest)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _located(path: str) -> tuple[Any, str]:
    """The file system of an address, and the name of the file in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        what, remedy = "lies elsewhere, and fsspec is missing", "pip install 'anomeval[remote]'"
        raise InvalidInputError(Problem(what, path, remedy=f"{remedy}, or {_COPY}")) from None
    try:
        files, name = url_to_fs(path)
    except (ImportError, ValueError) as error:  # a package is missing, or there is no such place
        raise InvalidInputError(
            Problem(f"cannot be reached: {error}", path, remedy=_COPY)
        ) from None
    return files, name


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Turn what the library of a remote place raises into OSError."""
    try:
        yield
    except FileNotFoundError as error:  # libraries leave the number out, which tells the cause
        raise FileNotFoundError(ENOENT, str(error)) from error
    except PermissionError as error:
        raise PermissionError(EACCES, str(error)) from error
    except Exception as error:  # each place has errors of its own
        raise RemoteError(f"{type(error).__name__}: {error}") from error
