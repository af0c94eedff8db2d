"""The exact multiset of scores, whatever their type."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import core, numpy_core
from anomeval.counting.core import Float32Counts
from anomeval.counting.exact import exact_moments
from anomeval.counting.sorted_counts import SortedCounts
from anomeval.counting.types import Coarse, Counts, Mask, Survey, Tags


class ScoreCounts:
    """Counts every score it is given, exactly.

    Scores that a float32 can hold (all of float16, uint8, uint16 and float32) go to the fast core;
    a float64 that needs its full width goes to a sorted table beside it. Questions are answered
    over both, so files of different types can be one data set.
    """

    def __init__(self) -> None:
        self._narrow = Float32Counts()
        self._wide = SortedCounts(np.float64)

    @property
    def total(self) -> int:
        """How many scores have been counted."""
        return int(self._narrow.total) + self._wide.total

    def absorb(
        self, scores: NDArray[Any], mask: Mask | None = None, *, coarse: bool = False
    ) -> tuple[NDArray[Any], Coarse | None]:
        """Count the scores outside the mask and hand back those inside it, in row-major order.

        Args:
            scores: any shape; float16/32/64, uint8 or uint16; free of NaN.
            mask: same shape, non-zero = anomalous; None = all normal.
            coarse: also return the coarse histogram of what was counted.

        Returns:
            The anomalous scores (float64 for float64 input, else float32), and the histogram.
        """
        if scores.dtype != np.float64:
            return self._narrow.absorb(scores, mask, coarse=coarse)
        rounded = _rounded(scores)
        if np.array_equal(rounded, scores):
            inside, histogram = self._narrow.absorb(rounded, mask, coarse=coarse)
            return inside.astype(np.float64), histogram
        return self._absorb_wide(scores, rounded, mask, coarse)

    def _absorb_wide(
        self, scores: NDArray[Any], rounded: NDArray[Any], mask: Mask | None, coarse: bool
    ) -> tuple[NDArray[Any], Coarse | None]:
        inside = scores[:0].ravel()
        if mask is not None:
            anomalous = mask != 0
            inside, scores, rounded = scores[anomalous], scores[~anomalous], rounded[~anomalous]
        scores, rounded = scores.ravel(), rounded.ravel()
        fits = rounded == scores
        self._narrow.absorb(rounded[fits])
        self._wide.add(*np.unique(scores[~fits], return_counts=True))
        # The histogram is coarse anyway: all scores enter it at float32 precision.
        histogram = Float32Counts().absorb(rounded, coarse=True)[1] if coarse else None
        return inside, histogram

    def add(self, values: NDArray[Any], counts: Counts) -> None:
        """Count each of the values (n,), float32 or float64, as often as counts (n,) says."""
        rounded = _rounded(values)
        fits = rounded == values
        self._narrow.add(rounded[fits], counts[fits])
        if not fits.all():
            self._wide.add(values[~fits], counts[~fits])

    def ranks(self, thresholds: NDArray[Any]) -> tuple[Counts, Counts]:
        """Counts strictly above, and at or above, ascending thresholds (n,); two int64 (n,)."""
        above, at_or_above = self._narrow.ranks(thresholds)
        if self._wide.total:
            wide_above, wide_at_or_above = self._wide.ranks(thresholds)
            above, at_or_above = above + wide_above, at_or_above + wide_at_or_above
        return above, at_or_above

    def blocks(self) -> Iterator[tuple[NDArray[Any], Counts]]:
        """Distinct values in ascending order with their counts, a block at a time."""
        if not self._wide.total:
            yield from self._narrow.blocks()
            return
        values, counts = zip(*self._narrow.blocks(), *self._wide.blocks(), strict=True)
        merged = np.concatenate([np.asarray(v, np.float64) for v in values])
        order = np.argsort(merged, kind="stable")
        yield merged[order], np.concatenate(counts)[order]

    def merge(self, other: "ScoreCounts") -> None:
        """Count everything that `other` has counted; `other` stays as it is."""
        self._narrow.merge(other._narrow)
        for values, counts in other._wide.blocks():
            self._wide.add(values, counts)

    def fork(self) -> "ScoreCounts":
        """A partner for another thread to count into; `join` brings its counts home."""
        part = ScoreCounts()
        part._narrow = self._narrow.fork()
        return part

    def join(self, part: "ScoreCounts") -> None:
        """Take over all that a partner made by `fork` has counted; it must not be used again."""
        self._narrow.join(part._narrow)
        for values, counts in part._wide.blocks():
            self._wide.add(values, counts)

    def settle(self) -> None:
        """Give back memory that only counting needs; more may be counted all the same."""
        self._narrow.settle()
        self._wide.settle()

    def range(self) -> tuple[float, float] | None:
        """Lowest and highest score; None if nothing was counted."""
        ends = [float(v) for values, _ in self.blocks() if len(values) for v in values[[0, -1]]]
        return (min(ends), max(ends)) if ends else None

    def select(self, index: int) -> float:
        """The score at a position of the ascending order, 0 <= index < total."""
        for values, counts in self.blocks():
            upto = np.cumsum(counts)
            if len(upto) and index < upto[-1]:
                return float(values[np.searchsorted(upto, index, side="right")])
            index -= int(upto[-1]) if len(upto) else 0
        raise IndexError("there are not so many scores")

    def successor(self, score: float) -> float | None:
        """The lowest counted score that is strictly above `score`; None if there is none."""
        for values, _ in self.blocks():
            position = int(np.searchsorted(values, np.float64(score), side="right"))
            if position < len(values):
                return float(values[position])
        return None

    def moments(self) -> tuple[Fraction, Fraction]:
        """Exact sum and sum of squares of all scores; they must be finite."""
        return exact_moments(self.blocks())


def survey(scores: NDArray[Any]) -> Survey:
    """Lowest and highest score of a map, and how many are NaN (these are left out of both).

    scores: any shape; float16/32/64, uint8 or uint16.
    """
    chosen = numpy_core.survey if scores.dtype == np.float64 else core.survey
    return chosen(scores)


def descending(scores: NDArray[Any], tags: Tags) -> tuple[NDArray[Any], Tags]:
    """Scores from the highest down, each with its tag; equal scores by tag.

    scores: (n,) float32 or float64. tags: (n,) uint32.
    """
    chosen = numpy_core.descending if scores.dtype == np.float64 else core.descending
    return chosen(scores, tags)


def distinct(scores: NDArray[Any]) -> tuple[NDArray[Any], Tags, Tags]:
    """Distinct scores, from the highest down; how often each occurs; and which each score is.

    Args:
        scores: (n,) float32 or float64; n < 2**32.

    Returns:
        (k,) like the scores, (k,) uint32, (n,) uint32.
    """
    chosen = numpy_core.distinct if scores.dtype == np.float64 else core.distinct
    return chosen(scores)


def _rounded(scores: NDArray[Any]) -> NDArray[np.float32]:
    """As float32; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return scores.astype(np.float32)
