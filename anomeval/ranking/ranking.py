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

from anomeval.counting import Counts, ScoreCounts

_STEP = 1 << 18  # groups handled at once: temporaries stay in cache, sums are exact in any split


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
    positives, negatives_above, negatives_at_or_above: (k,) unsigned or signed integers.
    negative_total: how many normal scores there are.
    """

    thresholds: NDArray[Any]
    positives: NDArray[Any]
    negatives_above: NDArray[Any]
    negatives_at_or_above: NDArray[Any]
    negative_total: int

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
            yield Steps(
                positives,
                true_positives,
                self.negatives_above[part].astype(np.int64),
                self.negatives_at_or_above[part].astype(np.int64),
            )

    def position_of(self, true_positives: int) -> int:
        """Index of the highest threshold that finds at least so many positives (1 or more)."""
        return int(np.searchsorted(np.cumsum(self.positives, dtype=np.int64), true_positives))


def rank(positives: Sequence[NDArray[Any]], negatives: Sequence[ScoreCounts]) -> Ranking:
    """Rank anomalous scores against counted normal ones.

    Args:
        positives: arrays of anomalous scores, float32 or float64, in any order.
        negatives: multisets whose union are the normal scores.
    """
    scores = np.concatenate([np.empty(0, np.float32), *positives]) + np.float32(0)
    ascending, counts = np.unique(scores, return_counts=True)
    total = sum(n.total for n in negatives)
    above = np.zeros(len(ascending), np.int64)
    at_or_above = np.zeros(len(ascending), np.int64)
    for counted in negatives:
        more_above, more_at_or_above = counted.ranks(ascending)
        above += more_above
        at_or_above += more_at_or_above
    return Ranking(
        thresholds=ascending[::-1],
        positives=_compact(counts, len(scores))[::-1],
        negatives_above=_compact(above, total)[::-1],
        negatives_at_or_above=_compact(at_or_above, total)[::-1],
        negative_total=total,
    )


def _compact(counts: Counts, largest: int) -> NDArray[Any]:
    """Half the memory where 32 bits are enough; the arithmetic itself is done in 64."""
    return counts.astype(np.uint32) if largest < 1 << 32 else counts.astype(np.int64)
