"""An exact multiset of scores as a sorted table of distinct values and their counts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting.types import Counts

_COMPACT_AT = 1 << 20  # entries waiting before they are folded into the table
_EXACT_IN_FLOAT64 = 1 << 53  # whole numbers below


class SortedCounts:
    """How often each distinct score of one float type was seen.

    -0.0 and 0.0 are one score, infinities are ordinary scores, NaN must not come in. Memory grows
    with the number of distinct scores.
    """

    def __init__(self, dtype: type[np.floating[Any]]) -> None:
        self._dtype = dtype
        self._values: NDArray[Any] = np.empty(0, dtype)
        self._counts: Counts = np.empty(0, np.int64)
        self._waiting: list[tuple[NDArray[Any], Counts]] = []
        self._waiting_entries = 0

    @property
    def total(self) -> int:
        """How many scores have been counted."""
        self.settle()
        return int(self._counts.sum())

    def add(self, values: NDArray[Any], counts: Counts) -> None:
        """Count each of the values (n,) as often as counts (n,) int64 says."""
        # Adding zero turns -0.0 into 0.0 and copies, so the caller's array stays its own.
        self._waiting.append((np.asarray(values, self._dtype) + self._dtype(0), np.array(counts)))
        self._waiting_entries += len(values)
        if self._waiting_entries > max(_COMPACT_AT, len(self._values)):
            self.settle()

    def ranks(self, thresholds: NDArray[Any]) -> tuple[Counts, Counts]:
        """How many scores lie strictly above, and at or above, each threshold.

        Args:
            thresholds: (n,) float32 or float64, ascending.

        Returns:
            Two int64 arrays (n,): counts strictly above, counts at or above.
        """
        self.settle()
        below = np.concatenate([[0], np.cumsum(self._counts)])
        above = below[-1] - below[np.searchsorted(self._values, thresholds, side="right")]
        at_or_above = below[-1] - below[np.searchsorted(self._values, thresholds, side="left")]
        return above, at_or_above

    def blocks(self) -> Iterator[tuple[NDArray[Any], Counts]]:
        """Distinct values in ascending order with their counts, a block at a time."""
        self.settle()
        for start in range(0, len(self._values), _COMPACT_AT):
            stop = start + _COMPACT_AT
            yield self._values[start:stop], self._counts[start:stop]

    def settle(self) -> None:
        """Give back memory that only counting needs; more may be counted all the same."""
        if not self._waiting:
            return
        values = np.concatenate([self._values, *(v for v, _ in self._waiting)])
        counts = np.concatenate([self._counts, *(c for _, c in self._waiting)])
        self._values, position = np.unique(values, return_inverse=True)
        self._counts = sum_by(position, counts, len(self._values))
        self._waiting, self._waiting_entries = [], 0


def sum_by(position: NDArray[Any], counts: Counts, size: int) -> Counts:
    """Sum of the counts, none negative, that share a position, exact in int64. Returns (size,)."""
    if int(counts.max(initial=0)) * len(counts) < _EXACT_IN_FLOAT64:
        return np.bincount(position, counts, minlength=size).astype(np.int64)
    sums = np.zeros(size, np.int64)
    np.add.at(sums, position, counts)
    return sums
