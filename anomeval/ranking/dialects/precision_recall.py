"""The area under the precision-recall curve as anomalib up to 2.6 constructs it."""

from math import fsum

import numpy as np

from anomeval.ranking.ranking import Ranking


def area_sorted_by_recall(ranking: Ranking) -> float:
    """Trapezoids after a stable sort of all points by recall, lowest threshold first.

    Among points of equal recall the lowest threshold, which has flagged most, comes first and the
    highest last. So each trapezoid runs from the best precision of one recall to the worst of the
    next, and the first from (0, 1). Needs at least one positive.
    """
    positives = ranking.positives.astype(np.int64)
    above = ranking.negatives_above.astype(np.int64)
    found = np.cumsum(positives)
    best = found / (found + above + ranking.negatives_tied)
    worst = found / (found + np.append(above[1:], ranking.negative_total))
    before = np.append(1.0, best[:-1])
    return fsum(positives * (before + worst) / 2) / ranking.positive_total
