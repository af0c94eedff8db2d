"""NPZ files: what they hold, and their values, one image at a time even when deflated."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from math import prod
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.checksum import MemberChecksum
from anomeval.predictions.column import Column, Refusal, Survey
from anomeval.predictions.decoding import not_unicode
from anomeval.predictions.direct import AVAILABLE, Contiguous
from anomeval.predictions.faults import LIBRARY_ERRORS, WRITE_AGAIN, explained
from anomeval.predictions.ignoring import ATTRIBUTE as IGNORE_VALUE
from anomeval.predictions.ignoring import MOST
from anomeval.predictions.npy_header import header_refusal, npy_header
from anomeval.predictions.npz_directory import check_directory, data_offset
from anomeval.predictions.record import FIELDS
from anomeval.predictions.remote import is_remote, open_bytes

_SUFFIX = ".npy"
_COMPRESSIONS = {
    zipfile.ZIP_DEFLATED: "deflate",
    zipfile.ZIP_BZIP2: "bzip2",
    zipfile.ZIP_LZMA: "lzma",
}
_LARGEST_TEXT = 1 << 16  # bytes of a scalar that is taken for an attribute
_ENCRYPTED = 1
_SKIPPED_AT_ONCE = 1 << 20


class NpzStore:
    """One open NPZ file."""

    def __init__(self, path: str) -> None:
        with ExitStack() as opening:
            self._bytes = opening.enter_context(open_bytes(path))
            self._zip = opening.enter_context(zipfile.ZipFile(self._bytes))
            check_directory(self._zip, self._bytes)
            self._open = opening.pop_all()
        self._plans_rows = AVAILABLE and not is_remote(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def survey(self) -> Survey:
        """The `.npy` members by their path; scalars at the root describe the file."""
        columns: dict[str, Column] = {}
        attributes: dict[str, object] = {}
        for info in self._zip.infolist():
            name = info.filename.removesuffix(_SUFFIX)
            if name == info.filename:
                continue
            column = self._column(name, info)
            if name in columns:
                column = Column(name, refusal=Refusal("is there twice", WRITE_AGAIN))
            if _is_attribute(column):
                attributes[name] = _plain(self.values(column))
            else:
                columns[name] = column
        return Survey(columns, attributes)

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array."""
        with self._zip.open(column.name + _SUFFIX) as member:
            npy_header(member)
            order = column.shape[::-1] if column.in_columns else column.shape
            array = _read(member, order, column.dtype)
            if member.read(1):
                raise ValueError("more data than its header says")
        return array.T if column.in_columns else array

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`; a deflated member is unpacked from its beginning."""
        if column.plan and column.checksum:
            rows = column.plan.rows(self._bytes, start, stop)
            yield from column.checksum.following(rows, start, stop)
            return
        if column.in_columns:
            yield from self.values(column)[start:stop]
            return
        shape = column.shape[1:]
        with self._zip.open(column.name + _SUFFIX) as member:
            npy_header(member)
            _skip(member, start * prod(shape) * column.dtype.itemsize)
            for _ in range(start, stop):
                yield _read(member, shape, column.dtype)

    def _column(self, name: str, info: zipfile.ZipInfo) -> Column:
        if info.flag_bits & _ENCRYPTED:
            return Column(name, refusal=Refusal("is encrypted", "save it without a password"))
        try:
            with self._zip.open(info) as member:
                header = npy_header(member)
                header_bytes = member.tell()
        except LIBRARY_ERRORS as error:
            return Column(name, refusal=Refusal(*explained(error)))
        shape, in_columns, dtype = header
        refusal = header_refusal(header, info.file_size - header_bytes)
        plan = checksum = None
        stored = self._plans_rows and info.compress_type == zipfile.ZIP_STORED
        if stored and shape and not in_columns and not refusal:
            first = data_offset(self._bytes, info) + header_bytes
            plan = Contiguous(first, shape, dtype)
            head = os.pread(self._bytes.fileno(), header_bytes, first - header_bytes)
            checksum = MemberChecksum(info.filename, info.CRC, head, shape[0])
        return Column(
            name=name,
            shape=shape,
            dtype=dtype,
            text=dtype.kind in "US",
            compression=_COMPRESSIONS.get(info.compress_type),
            stored_bytes=info.compress_size,
            random_access=plan is not None or in_columns,
            in_columns=in_columns,
            refusal=refusal,
            plan=plan,
            checksum=checksum,
        )


def _plain(array: NDArray[Any]) -> object:
    """An attribute as a Python value."""
    if not_unicode(array.reshape(-1)).any():
        raise ValueError("a text holds what is no character")
    value = array.tolist()
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _is_attribute(column: Column) -> bool:
    small = column.dtype.itemsize <= _LARGEST_TEXT
    plain = not column.refusal and column.dtype.kind in "biufUS"
    free = "/" not in column.name and column.name not in FIELDS
    listed = column.name == IGNORE_VALUE and len(column.shape) == 1 and column.shape[0] <= MOST
    return free and (column.shape == () or listed) and plain and small


def _read(member: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The next values of an open member, as an array of its own."""
    array = np.empty(shape, dtype)
    rest = array.reshape(-1).view(np.uint8).data if array.nbytes else memoryview(b"")
    while rest:
        part = member.read(len(rest))
        if not part:
            raise EOFError("it ends too early")
        rest[: len(part)] = part
        rest = rest[len(part) :]
    return array


def _skip(member: IO[bytes], count: int) -> None:
    while count > 0:
        part = member.read(min(count, _SKIPPED_AT_ONCE))
        if not part:
            raise EOFError("it ends too early")
        count -= len(part)
