"""Per-region overlap: PRO at a cut, and the area under its curve.

The definition is that of the MVTec AD evaluation: regions are 8-connected, the false positive rate
counts all pixels without defect of all images, and every region weighs the same.
"""

from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts, narrowest, sum_by
from anomeval.ranking.ranking import Ranking
from anomeval.ranking.rates import exact_rate


class RegionShares:
    """Area that each anomalous score adds to its region's overlap curve, up to an FPR limit.

    With L = limit · N, a pixel with `a` normal scores strictly above it and `b` at or above joins
    the curve on the way from FPR a/N to b/N and stays. Under the linear curve of a tie that gives

        L - (a + b) / 2          if b <= L
        (L - a)² / (2 · (b - a)) if a < L < b
        0                        otherwise

    At most one distinct score lies across the limit, so integers are summed for the first kind and
    pixels are counted for the second; floats enter once per region.
    """

    def __init__(self, ranking: Ranking, limit: float) -> None:
        self.limit = float(exact_rate(limit) * ranking.negative_total)
        self._whole = ranking.within(self.limit)
        whole = slice(self._whole)
        self._sums = ranking.negatives_above[whole].astype(narrowest(2 * ranking.negative_total))
        self._sums += self._sums
        self._sums += ranking.negatives_tied[whole]  # a + b of each score
        self._across = 0.0  # share of the score at position `_whole`, if it lies across the limit
        if self._whole < len(ranking.thresholds):
            above, flagged = int(ranking.negatives_above[self._whole]), ranking.flagged(self._whole)
            if above < self.limit:
                self._across = (self.limit - above) ** 2 / (2 * (flagged - above))

    def areas(
        self, positions: NDArray[Any], regions: NDArray[Any], sizes: Counts
    ) -> NDArray[np.float64]:
        """Area under each region's overlap curve, as a share of the limit.

        Args:
            positions: (n,) index into the ranking of each anomalous pixel of an image, ascending.
            regions: (n,) region of each pixel.
            sizes: (r,) pixels of each region.

        Returns:
            (r,) float64 in [0, 1].
        """
        whole, partly = np.searchsorted(positions, [self._whole, self._whole + 1])
        count = np.bincount(regions[:whole], minlength=len(sizes))
        sums = sum_by(regions[:whole], self._sums.take(positions[:whole]), len(sizes))
        areas = count * self.limit - sums / 2
        if self._across:
            across = np.bincount(regions[whole:partly], minlength=len(sizes))
            areas = areas + across * self._across
        result: NDArray[np.float64] = areas / sizes / self.limit
        return result


def mean_area(areas: list[NDArray[np.float64]]) -> float:
    """Unweighted mean over all regions, rounded once, so the order of images cannot matter."""
    return fsum(np.concatenate(areas)) / sum(len(a) for a in areas)
