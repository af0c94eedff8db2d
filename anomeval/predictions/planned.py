"""Files of which some arrays are read past the library, see `direct`, and the others by it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, BinaryIO, Self

from numpy.typing import NDArray

from anomeval.predictions.column import Column, Store, Survey


class PlannedStore:
    """One open file, as `Store` describes it; opened when something is asked of it."""

    def __init__(self, path: str, library: Callable[[], Store]) -> None:
        """Take a file.

        Args:
            path: of the file.
            library: opens it for what has no plan.
        """
        self._path = path
        self._opened = library
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @cached_property
    def _library(self) -> Store:
        return self._open.enter_context(self._opened())

    @cached_property
    def _bytes(self) -> BinaryIO:
        return self._open.enter_context(open(self._path, "rb", buffering=0))

    def survey(self) -> Survey:
        """See `Store.survey`."""
        return self._library.survey()

    def values(self, column: Column) -> NDArray[Any]:
        """See `Store.values`."""
        if column.value is not None:
            return column.value
        if column.plan:
            return column.plan.whole(self._bytes)
        return self._library.values(column)

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """See `Store.rows`."""
        if column.plan:
            return column.plan.rows(self._bytes, start, stop)
        return self._library.rows(replace(column, value=None), start, stop)
