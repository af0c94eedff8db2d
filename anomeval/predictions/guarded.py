"""Readers of others, whose mistakes are told as theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from anomeval.errors import AnomevalError, Problem, UsageError
from anomeval.predictions.column import Column, Store, Survey
from anomeval.predictions.faults import LIBRARY_ERRORS


@contextmanager
def blamed(reader: str, path: str) -> Iterator[None]:
    """Name the reader where its code fails in a way that no damaged file explains.

    Raises:
        UsageError: in the place of what its code has raised.
    """
    try:
        yield
    except (AnomevalError, *LIBRARY_ERRORS):
        raise
    except Exception as error:  # whatever code of others may raise
        what = f"reader {reader} has failed: {type(error).__name__}: {error}"
        raise UsageError(Problem(what, path, remedy="mend or uninstall it")) from error


@dataclass
class GuardedStore:
    """A store of a reader of others. reader: its name and where it comes from."""

    reader: str
    path: str
    store: Store

    def survey(self) -> Survey:
        """See `Store.survey`."""
        with blamed(self.reader, self.path):
            return self.store.survey()

    def values(self, column: Column) -> NDArray[Any]:
        """See `Store.values`."""
        with blamed(self.reader, self.path):
            return self.store.values(column)

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """See `Store.rows`."""
        with blamed(self.reader, self.path):
            yield from self.store.rows(column, start, stop)

    def __enter__(self) -> Self:
        self.store.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.store.__exit__(kind, error, trace)
