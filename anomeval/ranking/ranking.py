"""Two classes of scores, reduced to what every ranking metric needs.

Between two neighbouring anomalous scores no true positive is gained, so the whole ROC, precision-
recall and PRO curve follows from the counts at the distinct anomalous scores alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts, ScoreCounts, distinct, narrowed, narrowest
from anomeval.counting.exact import exact_dot, ratio_units
from anomeval.parallel import mapped

_STEP = 1 << 14  # groups handled at once: temporaries stay in cache, sums are exact in any split
_RANKED_AT_ONCE = 1 << 16  # thresholds: many lie in one page, which is looked into once


class Steps(NamedTuple):
    """A stretch of distinct anomalous scores, highest first; int64 arrays of equal length."""

    positives: Counts  # anomalous scores at this value
    true_positives: Counts  # anomalous scores at or above it
    negatives_above: Counts  # normal scores strictly above it
    negatives_at_or_above: Counts  # normal scores at or above it


@dataclass(frozen=True)
class Ranking:
    """Counts at each distinct anomalous score, highest first.

    thresholds: (k,) float32 or float64, strictly descending.
    positives: (k,) integers, anomalous scores at each. negatives_above, negatives_tied: (k,)
        integers, normal scores strictly above each, and at it. Integers are stored as narrow as
        they go; arithmetic on them is done in 64 bits.
    negative_total: how many normal scores there are.
    places: (n,) uint32, for each anomalous score, in the order given, which of the thresholds it
        is.
    """

    thresholds: NDArray[Any]
    positives: NDArray[Any]
    negatives_above: NDArray[Any]
    negatives_tied: NDArray[Any]
    negative_total: int
    places: NDArray[Any]

    @cached_property
    def positive_total(self) -> int:
        """How many anomalous scores there are."""
        return int(self.positives.sum(dtype=np.int64))

    def steps(self) -> Iterator[Steps]:
        """The counts in stretches, from the highest anomalous score down."""
        seen = 0
        for start in range(0, len(self.thresholds), _STEP):
            part = slice(start, start + _STEP)
            positives = self.positives[part].astype(np.int64)
            true_positives = seen + np.cumsum(positives)
            seen = int(true_positives[-1])
            above = self.negatives_above[part].astype(np.int64)
            yield Steps(positives, true_positives, above, above + self.negatives_tied[part])

    @cached_property
    def precision_units(self) -> int:
        """Sum over the anomalous scores of the precision at each, in units of 2**-62."""
        total = 0
        for step in self.steps():
            flagged = step.true_positives + step.negatives_at_or_above
            total += exact_dot(step.positives, ratio_units(step.true_positives, flagged))
        return total

    def position_of(self, true_positives: int) -> int:
        """Index of the highest threshold that finds at least so many positives (1 or more)."""
        start = 0
        for step in self.steps():
            if step.true_positives[-1] >= true_positives:
                return start + int(np.searchsorted(step.true_positives, true_positives))
            start += len(step.positives)
        raise IndexError("there are not so many positives")

    def within(self, false_positives: float) -> int:
        """How many of the leading thresholds flag at most so many negatives each."""
        most = self.negatives_above.dtype.type(min(int(false_positives), self.negative_total))
        candidates = int(np.searchsorted(self.negatives_above, most, side="right"))
        # All but the last candidate flag no more than the next one has strictly above it.
        return candidates - bool(candidates and self.flagged(candidates - 1) > false_positives)

    def flagged(self, position: int) -> int:
        """How many negatives lie at or above the threshold at a position."""
        return int(self.negatives_above[position]) + int(self.negatives_tied[position])


def rank(positives: Sequence[NDArray[Any]], negatives: Sequence[ScoreCounts]) -> Ranking:
    """Rank anomalous scores against counted normal ones.

    Args:
        positives: arrays of anomalous scores, float32 or float64, in any order.
        negatives: multisets whose union are the normal scores.
    """
    thresholds, counts, places = distinct(np.concatenate([np.empty(0, np.float32), *positives]))
    total = sum(counted.total for counted in negatives)
    above = np.zeros(len(thresholds), narrowest(total))

    def fill(start: int) -> NDArray[Any]:
        """Fill a part of `above`; returns that part of the counts of ties."""
        part = slice(start, start + _RANKED_AT_ONCE)
        ascending = thresholds[part][::-1]
        tied = np.zeros(len(ascending), np.int64)
        for counted in negatives:
            more_above, at_or_above = counted.ranks(ascending)
            above[part] += more_above[::-1].astype(above.dtype)
            tied += (at_or_above - more_above)[::-1]
        return narrowed(tied)

    parts = mapped(fill, range(0, len(thresholds), _RANKED_AT_ONCE))
    tied = np.concatenate([np.empty(0, np.uint8), *parts])
    return Ranking(thresholds, narrowed(counts), above, tied, total, places)
