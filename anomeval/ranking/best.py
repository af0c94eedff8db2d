"""The best a threshold could do: oracles over all distinct thresholds."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from anomeval.counting import Counts
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
    found: list[Counts] = []
    denominators: list[Counts] = []
    for step in ranking.steps():
        found.append(step.true_positives)
        denominators.append(
            ranking.positive_total
            + step.negatives_at_or_above
            + flagged_factor * step.true_positives
        )
    true_positives, denominator = np.concatenate(found), np.concatenate(denominators)
    ratios = true_positives / denominator
    near = np.flatnonzero(ratios >= ratios.max() * _NEARLY)
    exact = [Fraction(int(true_positives[i]), int(denominator[i])) for i in near]
    top = max(exact)
    winners = [int(i) for i, value in zip(near, exact, strict=True) if value == top]
    return Best(
        float(numerator_factor * top),
        float(ranking.thresholds[winners[-1]]),
        float(ranking.thresholds[winners[0]]),
    )
