"""Where curves bend: the points between which they are straight.

A curve begins above all scores and ends below them. On its way it bends only at anomalous scores
and where a stretch of normal scores ends, so what is kept does not grow with the normal scores.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts, ScoreCounts
from anomeval.ranking.ranking import Ranking

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Corners:
    """Points of a curve in the order of descending thresholds.

    flagged: (n,) normal scores at or above the threshold.
    reached: (n,) int64, how many of the ranking's thresholds are at or above it.
    """

    flagged: Counts
    reached: Counts

    def at(self, chosen: NDArray[Any]) -> "Corners":
        """Those that a mask or an index chooses."""
        return Corners(self.flagged[chosen], self.reached[chosen])

    def thresholds(self, ranking: Ranking, normals: Iterable[ScoreCounts]) -> Floats:
        """The scores at which these points are: at them and above lies what is counted.

        Args:
            ranking: that the corners are of.
            normals: multisets whose union are the normal scores.

        Returns:
            (n,) float64; infinite where nothing is counted.
        """
        normals, count = list(normals), len(ranking.thresholds)
        found = np.concatenate([[np.inf], ranking.thresholds.astype(np.float64)])[self.reached]
        at_them = np.concatenate([[0], _flagged(ranking)])[self.reached]
        ahead = np.flatnonzero((self.flagged > at_them) & (self.reached < count))
        following = ranking.thresholds[self.reached[ahead]].astype(np.float64)
        found[ahead] = lowest_above(normals, following)
        if self.reached[-1] == count and self.flagged[-1] > at_them[-1]:
            found[-1] = min(ends[0] for counted in normals if (ends := counted.range()))
        return found


def corners(ranking: Ranking) -> Corners:
    """Before each anomalous score and at it, the start and the end; none twice."""
    count = len(ranking.thresholds)
    flagged = np.zeros(2 * count + 2, np.int64)
    flagged[1:-1:2] = ranking.negatives_above
    flagged[2:-1:2] = _flagged(ranking)
    flagged[-1] = ranking.negative_total
    reached = np.repeat(np.arange(count + 1), 2)
    fresh = np.append(True, (np.diff(flagged) != 0) | (np.diff(reached) != 0))
    return Corners(flagged[fresh], reached[fresh])


def bends(x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    """Which points of a rising curve, (n,), do not lie within an upright or a level line."""
    kept = np.ones(len(x), np.bool_)
    upright, level = (np.diff(values) == 0 for values in (x, y))
    kept[1:-1] = ~(upright[:-1] & upright[1:] | level[:-1] & level[1:])
    return kept


def lowest_above(multisets: Iterable[ScoreCounts], scores: Floats) -> Floats:
    """The lowest counted score above each of some descending scores, (n,); inf: there is none."""
    found = np.full(len(scores), np.inf)
    ascending = scores[::-1]
    for counted in multisets:
        start = 0
        for values, _ in counted.blocks():
            stop = int(np.searchsorted(ascending, values[-1])) if len(values) else start
            part = slice(start, stop)
            above = values[np.searchsorted(values, ascending[part], side="right")]
            found[part] = np.minimum(found[part], above)
            start = stop
    return found[::-1]


def _flagged(ranking: Ranking) -> Counts:
    """(k,) normal scores at or above each threshold."""
    flagged: Counts = ranking.negatives_above.astype(np.int64) + ranking.negatives_tied
    return flagged
