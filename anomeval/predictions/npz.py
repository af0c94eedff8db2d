"""NPZ files: what they hold, and their values, one image at a time even when deflated."""

import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from math import prod
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from anomeval.predictions.checksum import MemberChecksum
from anomeval.predictions.column import Column, Refusal, Survey
from anomeval.predictions.direct import AVAILABLE, evenly_spaced
from anomeval.predictions.faults import LIBRARY_ERRORS, WRITE_AGAIN, explained
from anomeval.predictions.record import FIELDS

_SUFFIX = ".npy"
_COMPRESSIONS = {
    zipfile.ZIP_DEFLATED: "deflate",
    zipfile.ZIP_BZIP2: "bzip2",
    zipfile.ZIP_LZMA: "lzma",
}
_LARGEST_TEXT = 1 << 16  # bytes of a scalar that is taken for an attribute
_ENCRYPTED = 1
_LOCAL_HEADER = struct.Struct("<26x2H")  # the lengths of name and extra field come last
_SKIPPED_AT_ONCE = 1 << 20


class NpzStore:
    """One open NPZ file."""

    def __init__(self, path: str) -> None:
        with ExitStack() as opening:
            self._bytes = opening.enter_context(open(path, "rb", buffering=0))
            self._zip = opening.enter_context(zipfile.ZipFile(self._bytes))
            self._open = opening.pop_all()

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
                attributes[name] = _plain(self.values(column).tolist())
            else:
                columns[name] = column
        return Survey(columns, attributes)

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array."""
        with self._zip.open(column.name + _SUFFIX) as member:
            _, in_columns, _ = _header(member)
            order = column.shape[::-1] if in_columns else column.shape
            array = _read(member, order, column.dtype)
            if member.read(1):
                raise ValueError("more data than its header says")
        return array.T if in_columns else array

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`; a deflated member is unpacked from its beginning."""
        if column.plan and column.checksum:
            rows = column.plan.rows(self._bytes, start, stop)
            yield from column.checksum.following(rows, start, stop)
            return
        shape = column.shape[1:]
        with self._zip.open(column.name + _SUFFIX) as member:
            _header(member)
            _skip(member, start * prod(shape) * column.dtype.itemsize)
            for _ in range(start, stop):
                yield _read(member, shape, column.dtype)

    def _column(self, name: str, info: zipfile.ZipInfo) -> Column:
        if info.flag_bits & _ENCRYPTED:
            return Column(name, refusal=Refusal("is encrypted", "save it without a password"))
        try:
            with self._zip.open(info) as member:
                shape, in_columns, dtype = _header(member)
                header_bytes = member.tell()
                data_bytes = info.file_size - header_bytes
        except LIBRARY_ERRORS as error:
            return Column(name, refusal=Refusal(*explained(error)))
        refusal = _refusal(shape, in_columns, dtype, data_bytes)
        plan = checksum = None
        if AVAILABLE and info.compress_type == zipfile.ZIP_STORED and shape and not refusal:
            first = self._data_offset(info) + header_bytes
            plan = evenly_spaced(first, shape[0], shape[1:], dtype)
            header = os.pread(self._bytes.fileno(), header_bytes, first - header_bytes)
            checksum = MemberChecksum(info.filename, info.CRC, header, shape[0])
        return Column(
            name=name,
            shape=shape,
            dtype=dtype,
            text=dtype.kind in "US",
            compression=_COMPRESSIONS.get(info.compress_type),
            stored_bytes=info.compress_size,
            random_access=plan is not None,
            refusal=refusal,
            plan=plan,
            checksum=checksum,
        )

    def _data_offset(self, info: zipfile.ZipInfo) -> int:
        """Where the bytes of a member begin: behind its local header, whose length varies."""
        header = os.pread(self._bytes.fileno(), _LOCAL_HEADER.size, info.header_offset)
        if len(header) < _LOCAL_HEADER.size:
            raise EOFError("it ends too early")
        name_length, extra_length = _LOCAL_HEADER.unpack(header)
        return info.header_offset + int(_LOCAL_HEADER.size + name_length + extra_length)


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, whether columns come first, dtype); leaves the member at its first value.

    Raises:
        ValueError: no header of an array.
    """
    version = npy.read_magic(member)
    if version == (1, 0):
        shape, in_columns, dtype = npy.read_array_header_1_0(member)
    elif version == (2, 0):
        shape, in_columns, dtype = npy.read_array_header_2_0(member)
    else:
        raise ValueError(f"unknown version {version} of the .npy format")
    return shape, in_columns, dtype


def _refusal(
    shape: tuple[int, ...], in_columns: bool, dtype: np.dtype[Any], data_bytes: int
) -> Refusal | None:
    if dtype.hasobject:
        return None  # refused by what it is needed for, with a remedy that fits
    if in_columns and len(shape) > 2:
        what = "is in Fortran order, so no image can be read without reading all"
        return Refusal(what, "save it with np.ascontiguousarray(array)")
    if any(length < 0 for length in shape) or prod(shape) * dtype.itemsize != data_bytes:
        return Refusal(f"holds {data_bytes} bytes, not what its header says", WRITE_AGAIN)
    return None


def _plain(value: object) -> object:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _is_attribute(column: Column) -> bool:
    small = column.dtype.itemsize <= _LARGEST_TEXT
    plain = not column.refusal and column.dtype.kind in "biufUS"
    free = "/" not in column.name and column.name not in FIELDS
    return free and column.shape == () and plain and small


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
