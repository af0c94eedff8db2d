"""What a helper does, see `helpers`: open files, and read what it is asked for."""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions import child
from anomeval.predictions.column import Column, Store, Survey
from anomeval.predictions.formats import Format

_MOST_MAPPED, _FILL = -4, -6  # options of mallopt
_PATTERNS = (0x5A, 0xA5)


def serve(reader: int, writer: int) -> None:
    """Answer questions until nobody is there to ask."""
    child.settle()
    file = _File()
    while True:
        try:
            what, args, seconds = child.told(reader)
        except EOFError:
            return
        child.allow(seconds)
        try:
            answer = (True, getattr(file, what)(*args))
        except Exception as error:
            answer = (False, error)
        child.tell(writer, answer)


class _File:
    """The file that is open, one at a time."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._store: Store | None = None
        self._witness: Store | None = None
        self._rows: dict[str, Iterator[NDArray[Any]]] = {}

    def open(self, format_: Format, path: str) -> None:
        """Open it, twice if the format has two ways: what they read must not differ."""
        self.close()
        self._store = self._open.enter_context(format_.open(path))
        if format_.witness:
            self._witness = self._open.enter_context(format_.witness(path))

    def close(self) -> None:
        """Close it."""
        self._rows = {}
        self._store = self._witness = None
        self._open.close()

    def call(self, work: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """What a function gives."""
        return work(*args)

    def survey(self) -> Survey:
        """See `Store.survey`."""
        return self._the_store().survey()

    def values(self, column: Column) -> NDArray[Any]:
        """See `Store.values`."""
        if self._is_unpacked(column):
            _fill_memory(_PATTERNS[0])
        values = self._the_store().values(column)
        if self._witness and self._is_unpacked(column):
            _fill_memory(_PATTERNS[1])
            _compare(values, self._witness.values(column))
        return values

    def begin(self, column: Column, start: int, stop: int) -> None:
        """Begin with rows that `row` gives; see `Store.rows`."""
        self._rows[column.name] = self._both(column, start, stop)

    def row(self, name: str) -> NDArray[Any]:
        """The next row of an array."""
        return next(self._rows[name])

    def _both(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        rows = self._the_store().rows(column, start, stop)
        if not self._witness or not self._is_unpacked(column):
            yield from rows
            return
        others = self._witness.rows(column, start, stop)
        for _ in range(start, stop):
            _fill_memory(_PATTERNS[0])
            row = next(rows)
            _fill_memory(_PATTERNS[1])
            _compare(row, next(others))
            yield row

    def _is_unpacked(self, column: Column) -> bool:
        return column.compression is not None

    def _the_store(self) -> Store:
        if self._store is None:
            raise ValueError("no file is open")
        return self._store


def _fill_memory(pattern: int) -> None:
    """Let memory that is taken from now on hold a pattern, where the system can do that.

    A filter that unpacks less than it should leaves memory as it was: then two readings differ.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_MOST_MAPPED, 0)
        library.mallopt(_FILL, pattern)


def _compare(one: NDArray[Any], other: NDArray[Any]) -> None:
    if np.asarray(one).tobytes() != np.asarray(other).tobytes():
        raise ValueError("unpacks to fewer values than it declares")
