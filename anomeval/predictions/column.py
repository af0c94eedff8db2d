"""The arrays of a file, as both formats describe them, and how their values are reached."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.predictions.checksum import MemberChecksum
from anomeval.predictions.direct import Plan

_KIND_WORDS = {"S": "text", "U": "text", "T": "text", "O": "objects", "c": "complex"}
_KIND_WORDS |= {"V": "structured", "M": "dates", "m": "time spans"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an array cannot be read, known before any of its values is.

    may_be_group: it cannot even be told whether this is an array, or holds some.
    """

    what: str
    remedy: str
    may_be_group: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One stored array, as its header describes it.

    name: its path in the file, `bottle/anomaly_map`.
    text: strings of any kind; in HDF5 their dtype is then object or bytes.
    in_columns: stored in Fortran order, so that one row cannot be read without all others.
    random_access: False where reading image i means reading all images before it.
    refusal: set where the array cannot be read; shape and dtype then mean nothing.
    unwritten: what of it was declared and never written, in words; HDF5 reads zeros there.
    value: a scalar that came with the header (of a sample in HDF5).
    plan: where it lies in the file, if it can be read past the library.
    checksum: what rows that are read so must add up to, where the format keeps that.
    """

    name: str
    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] = np.dtype(np.void)  # noqa: RUF009  (immutable)
    text: bool = False
    compression: str | None = None
    chunks: tuple[int, ...] | None = None
    stored_bytes: int = 0
    in_columns: bool = False
    random_access: bool = True
    refusal: Refusal | None = None
    unwritten: str | None = None
    value: NDArray[Any] | None = None
    plan: Plan | None = None
    checksum: MemberChecksum | None = None

    def __str__(self) -> str:
        if self.refusal:
            return self.name
        return f"{self.name} {shape_text(self.shape)} {self.type_text}"

    @property
    def type_text(self) -> str:
        """The type of the values, for messages."""
        if self.refusal:
            return "unreadable"
        return "text" if self.text else type_text(self.dtype)


@dataclass(frozen=True, slots=True)
class Survey:
    """All that a file says without giving a value away.

    columns: every array down to the depth that a layout uses, by path.
    attributes: scalars that describe the whole file.
    """

    columns: Mapping[str, Column]
    attributes: Mapping[str, object] = field(default_factory=dict)


class Store(Protocol):
    """One open file, for one thread. Every pass opens its own and closes it in the end.

    Errors are those of the libraries underneath; `reading` (faults.py) words them.
    """

    def survey(self) -> Survey:
        """Describe the file."""
        ...

    def values(self, column: Column) -> NDArray[Any]:
        """A whole array: a small column, or the one image of a sample."""
        ...

    def rows(self, column: Column, start: int, stop: int) -> Iterator[NDArray[Any]]:
        """Rows `start` up to `stop`, one in memory at a time, each an array of its own."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def without_channel(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of an image whose one channel comes first or last, (1, H, W) or (H, W, 1), without.

    Any other shape comes back as it is.
    """
    if len(shape) != 3 or 1 not in (shape[0], shape[-1]):
        return shape
    return shape[1:] if shape[0] == 1 else shape[:-1]


def as_ours(array: NDArray[Any]) -> NDArray[Any]:
    """The same values in the byte order of this machine, row by row, each where it is fast to read.

    Files have them in any order; what counts them takes no other than this.
    """
    if array.dtype.isnative and array.flags.c_contiguous and array.flags.aligned:
        return array
    return np.require(array, array.dtype.newbyteorder("="), ("C_CONTIGUOUS", "ALIGNED"))


def shape_text(shape: tuple[int, ...]) -> str:
    """`10 x 256 x 256`; a scalar is `scalar`."""
    return " x ".join(str(length) for length in shape) if shape else "scalar"


def type_text(dtype: np.dtype[Any]) -> str:
    """`float32`, but a word for what is no number."""
    return _KIND_WORDS.get(dtype.kind, dtype.name)
