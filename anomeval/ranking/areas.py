"""Areas under the ROC and precision-recall curves, from exact counts.

Every function needs at least one positive; callers say so to people (see `metrics`).
"""

import numpy as np

from anomeval.counting import Counts
from anomeval.counting.exact import FRACTION_BITS, exact_dot, ratio_units
from anomeval.ranking.ranking import Ranking, Steps


def area_under_roc(ranking: Ranking) -> float:
    """Probability that an anomalous score exceeds a normal one; a tie counts half.

        (2 · #{s⁺ > s⁻} + #{s⁺ = s⁻}) / (2 · P · N)

    Needs at least one positive and one negative. The numerator is an integer of any size.
    """
    doubled = sum(
        exact_dot(step.positives, _beaten_twice(ranking, step)) for step in ranking.steps()
    )
    return doubled / (2 * ranking.positive_total * ranking.negative_total)


def average_precision(ranking: Ranking) -> float:
    """Sum over distinct thresholds, highest first, of (Rₖ - Rₖ₋₁) · Pₖ. No interpolation."""
    return ranking.precision_units / (ranking.positive_total << FRACTION_BITS)


def area_under_precision_recall(ranking: Ranking) -> float:
    """Trapezoids under the precision-recall points in threshold order, from recall 0, precision 1.

    A threshold that adds normal scores only moves the curve straight down, so each trapezoid
    starts at the precision reached just before its group of anomalous scores.
    """
    before = sum(exact_dot(step.positives, _before(step)) for step in ranking.steps())
    return (ranking.precision_units + before) / (2 * ranking.positive_total << FRACTION_BITS)


def _before(step: Steps) -> Counts:
    """Precision just before each group of anomalous scores, in units of 2**-62; 1 at the start."""
    found = step.true_positives - step.positives
    flagged = found + step.negatives_above
    nothing = flagged == 0
    return ratio_units(np.where(nothing, 1, found), np.where(nothing, 1, flagged))


def _beaten_twice(ranking: Ranking, step: Steps) -> Counts:
    """Twice the normal scores below each anomalous one, plus once those that tie with it."""
    return 2 * ranking.negative_total - step.negatives_above - step.negatives_at_or_above
