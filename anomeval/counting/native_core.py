"""The native counting core: the compiled extension under the names of `numpy_core`.

Importing this module raises ImportError where the extension was not built. Its C sources in
`_native/` take plain buffers; here arrays are made fit for that (contiguous, aligned, native byte
order) and results become arrays again. How it counts is told in `_native/table.h`.
"""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import _native
from anomeval.counting._native import Table
from anomeval.counting.types import (
    AnyScores,
    Coarse,
    Counts,
    Mask,
    MaskSurvey,
    Scores32,
    Survey,
    Tags,
)

NAME = "native"

_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


class Float32Counts:
    """Exact multiset of float32 scores: how often each distinct value was seen.

    Every value that a float16, uint8, uint16 or float32 can hold is counted exactly. -0.0 and
    0.0 are one score; infinities are ordinary scores; NaN must not come in. After a MemoryError
    or a KeyboardInterrupt in one of its methods, a multiset holds part of what it was given and
    should be discarded.
    """

    def __init__(self) -> None:
        self._table = Table()

    @property
    def total(self) -> int:
        """How many scores have been counted."""
        return self._table.total()

    def absorb(
        self, scores: AnyScores, mask: Mask | None = None, *, coarse: bool = False
    ) -> tuple[Scores32, Coarse | None]:
        """Count the scores outside the mask and hand back those inside it.

        Args:
            scores: anomaly map (H, W); float16, float32, uint8 or uint16, free of NaN.
            mask: ground-truth mask (H, W), bool or uint8; non-zero = anomalous. None = all normal.
            coarse: also return how many of the counted scores fall into each page of keys.

        Returns:
            The scores inside the mask as float32 in row-major order, and the coarse histogram of
            those outside it (None unless asked for).
        """
        inside, histogram = self._table.absorb(
            _plain(scores), None if mask is None else _plain_mask(mask), coarse
        )
        return _array(inside, np.float32), _coarse(*histogram) if histogram else None

    def add(self, values: Scores32, counts: Counts) -> None:
        """Count each value as often as `counts` says. values (n,) float32, counts (n,) int64."""
        self._table.add(_plain(values, np.float32), _plain(counts, np.int64))

    def ranks(self, thresholds: NDArray[np.floating[Any]]) -> tuple[Counts, Counts]:
        """How many scores lie strictly above, and at or above, each threshold.

        Args:
            thresholds: (n,) float32 or float64, ascending.

        Returns:
            Two int64 arrays (n,): counts strictly above, counts at or above.
        """
        dtype = np.float64 if np.asarray(thresholds).dtype.itemsize > 4 else np.float32
        above, at_or_above = self._table.ranks(_plain(thresholds, dtype))
        return _array(above, np.int64), _array(at_or_above, np.int64)

    def blocks(self) -> Iterator[tuple[Scores32, Counts]]:
        """Distinct values in ascending order with their counts, a page at a time."""
        page = self._table.next_page(0)
        while page:
            number, values, counts = page
            yield _array(values, np.float32), _array(counts, np.int64)
            page = self._table.next_page(number + 1)

    def merge(self, other: Self) -> None:
        """Count everything that `other` has counted; `other` stays as it is."""
        self._table.merge(other._table)

    def settle(self) -> None:
        """Give back memory that only counting needs; more may be counted all the same."""
        self._table.settle()

    def fork(self) -> "Float32Counts":
        """A partner for another thread to count into; `join` brings its counts home.

        It shares the table, so memory does not grow with the number of threads; until they are
        joined, what any of the partners says about its contents is about the counts of all.
        """
        part = Float32Counts.__new__(Float32Counts)
        part._table = self._table
        return part

    def join(self, part: "Float32Counts") -> None:
        """Take over all that a partner made by `fork` has counted; it must not be used again."""
        if part._table is not self._table:
            self.merge(part)


def survey(scores: AnyScores) -> Survey:
    """Lowest and highest score of a map, and how many are NaN (these are left out of both)."""
    return Survey(*_native.survey(_plain(scores)))


def survey_mask(mask: Mask) -> MaskSurvey:
    """What levels a ground-truth mask has. mask: any shape, bool or uint8."""
    return MaskSurvey(*_native.survey_mask(_plain_mask(mask)))


def label_regions(mask: Mask) -> tuple[NDArray[np.int32], Counts]:
    """Connected regions (8-connectivity) of a ground-truth mask.

    Args:
        mask: (H, W) bool or uint8; non-zero = anomalous.

    Returns:
        The region of each anomalous pixel in row-major order, int32, regions numbered from 0 in
        the order of their first pixel; and the number of pixels of each region, int64.
    """
    region_of_pixel, sizes = _native.label_regions(_plain_mask(mask))
    return _array(region_of_pixel, np.int32), _array(sizes, np.int64)


def descending(scores: Scores32, tags: Tags) -> tuple[Scores32, Tags]:
    """Scores from the highest down, each with its tag; equal scores by tag.

    Args:
        scores: (n,) float32, free of NaN. tags: (n,) uint32.
    """
    ordered, moved = _native.descending(_plain(scores, np.float32), _plain(tags, np.uint32))
    return _array(ordered, np.float32), _array(moved, np.uint32)


def distinct(scores: Scores32) -> tuple[Scores32, Tags, Tags]:
    """Distinct scores, from the highest down.

    Args:
        scores: (n,) float32, free of NaN; n < 2**32.

    Returns:
        The distinct scores (k,); how often each occurs (k,) uint32; and for each score in the order
        given which of these it is, (n,) uint32.
    """
    values, counts, places = _native.distinct(_plain(scores, np.float32))
    return _array(values, np.float32), _array(counts, np.uint32), _array(places, np.uint32)


def _plain(array: NDArray[Any], dtype: type | None = None) -> NDArray[Any]:
    """The array as C takes it: contiguous, aligned, in native byte order; a copy only if needed."""
    array = np.asarray(array)
    flags = array.flags
    is_plain = array.dtype.byteorder in "=|" and flags.c_contiguous and flags.aligned
    if is_plain and dtype in (None, array.dtype):
        return array
    native = np.dtype(dtype or array.dtype).newbyteorder("=")
    if array.dtype != native or not (flags.c_contiguous and flags.aligned):
        array = np.require(array, native, ["C", "ALIGNED"])
    # the view forgets a byte order that is spelled out, although it is the native one
    return array.view(native)


def _plain_mask(mask: Mask) -> NDArray[Any]:
    return _plain(mask if mask.dtype in (np.bool_, np.uint8) else mask != 0)


def _array(data: bytearray, dtype: type) -> NDArray[Any]:
    return np.frombuffer(data, dtype)


def _coarse(pages: bytearray, counts: bytearray) -> Coarse:
    width = len(counts) // max(len(pages) // 2, 1)
    return Coarse(_array(pages, np.uint16), _array(counts, _UNSIGNED.get(width, np.uint8)))
