"""The outermost layer of a state file: what it is, that it is whole, and that it is unharmed."""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import xxhash

from anomeval.errors import InvalidInputError, Problem
from anomeval.evidence.state_stream import Reader, Writer
from anomeval.predictions.faults import WRITE_AGAIN, reading

SCHEMA = "anomeval.state/3"

Source = str | Path | bytes
"""A path, or the bytes of a state file."""

_FIRST_LINE = f"{SCHEMA}\n".encode()
_FAMILY = b"anomeval.state/"
_SEAL = struct.Struct("<Q16s")  # length and digest of the content
_HASHED_AT_ONCE = 1 << 20


@contextmanager
def sealed(file: BinaryIO) -> Iterator[Writer]:
    """A writer for the content of a new, empty file; sealed when the block ends."""
    file.write(_FIRST_LINE + bytes(_SEAL.size))
    writer = Writer(file)
    yield writer
    file.seek(len(_FIRST_LINE))
    file.write(_SEAL.pack(writer.length, writer.digest))


@contextmanager
def opened(source: Source) -> Iterator[Reader]:
    """A reader of the content, once the seal has been checked.

    Raises:
        InvalidInputError: the file is not there, not a state file, cut off, damaged, or of another
            version; also for whatever the content turns out to be inside the block.
    """
    name = "state" if isinstance(source, bytes) else str(source)
    with reading(name):
        file = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
    with file:
        try:
            yield Reader(file, _checked_length(name, file))
        except (ValueError, zlib.error) as error:
            what = f"is damaged ({error})"
            raise InvalidInputError(Problem(what, name, remedy=WRITE_AGAIN)) from None


def _checked_length(name: str, file: BinaryIO) -> int:
    """Length of the content; leaves the file at its beginning."""
    with reading(name):
        _check_first_line(name, file.read(len(_FIRST_LINE)))
        seal = file.read(_SEAL.size)
        start = file.tell()
        present = file.seek(0, io.SEEK_END) - start
        length, digest = _SEAL.unpack(seal.ljust(_SEAL.size, b"\0"))
        if len(seal) < _SEAL.size or present < length:
            raise InvalidInputError(Problem("is truncated", name, remedy=WRITE_AGAIN))
        file.seek(start)
        if present > length or _digest(file) != digest:
            what = "is damaged (its checksum is not that of its content)"
            raise InvalidInputError(Problem(what, name, remedy=WRITE_AGAIN))
        file.seek(start)
    return int(length)


def _check_first_line(name: str, line: bytes) -> None:
    if line == _FIRST_LINE:
        return
    if _FIRST_LINE.startswith(line):
        raise InvalidInputError(Problem("is truncated", name, remedy=WRITE_AGAIN))
    if line.startswith(_FAMILY):
        schema = line.partition(b"\n")[0].decode("ascii", "replace")
        what = f"is written in schema {schema!r}, this version reads {SCHEMA!r}"
        raise InvalidInputError(Problem(what, name, remedy="use the anomeval that wrote it"))
    remedy = "name files that `anomeval score --save-state` has written"
    raise InvalidInputError(Problem("is not a state file", name, remedy=remedy))


def _digest(file: BinaryIO) -> bytes:
    hasher = xxhash.xxh3_128()
    while part := file.read(_HASHED_AT_ONCE):
        hasher.update(part)
    return hasher.digest()
