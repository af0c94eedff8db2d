"""The best a threshold could do: oracles over all distinct thresholds."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from anomeval.ranking.ranking import Ranking

_NEARLY = 1 - 2**-50  # wider than the rounding of two divisions


class Best(NamedTuple):
    """A maximum over thresholds, and where it is reached."""

    value: float
    lowest_threshold: float  # of all thresholds that reach exactly this value
    highest_threshold: float


def best_f1(ranking: Ranking) -> Best:
    """Largest 2·TP / (2·TP + FP + FN) over all thresholds; needs at least one positive.

    It lies at an anomalous score, since every other threshold only adds false positives.
    """
    return _best(ranking, numerator_factor=2, flagged_factor=1)


def best_iou(ranking: Ranking) -> Best:
    """Largest TP / (TP + FP + FN) over all thresholds; needs at least one positive."""
    return _best(ranking, numerator_factor=1, flagged_factor=0)


def _best(ranking: Ranking, numerator_factor: int, flagged_factor: int) -> Best:
    """Largest numerator_factor·TP / (P + FP + flagged_factor·TP).

    Floats find the candidates, integers decide among them, so that ties are ties.
    """
    candidates: dict[int, Fraction] = {}  # position -> exact ratio
    start, highest = 0, 0.0
    for step in ranking.steps():
        denominator = ranking.positive_total + step.negatives_at_or_above
        denominator += flagged_factor * step.true_positives
        ratios = step.true_positives / denominator
        highest = max(highest, float(ratios.max()))
        for i in np.flatnonzero(ratios >= highest * _NEARLY):
            candidates[start + int(i)] = Fraction(int(step.true_positives[i]), int(denominator[i]))
        start += len(ratios)
    top = max(candidates.values())
    winners = [position for position, ratio in candidates.items() if ratio == top]
    return Best(
        float(numerator_factor * top),
        float(ranking.thresholds[winners[-1]]),
        float(ranking.thresholds[winners[0]]),
    )
