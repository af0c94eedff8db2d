"""Means over cuts that divide the range of scores evenly, as the ADer benchmark reports them."""

from collections.abc import Callable
from fractions import Fraction
from math import isfinite

from tests.reference.exact import Value
from tests.reference.ranking import Counts, Labels, Scores, counts


def mean_over_range(
    measure: Callable[[Counts], Value],
    scores: Scores,
    labels: Labels,
    low: Fraction,
    high: Fraction,
    step: Fraction,
) -> Value:
    """Bring all scores to [0, 1], flag those at or above low, low + step, ... and average.

    Undefined without anomalous scores, and where the range is empty or infinite.
    """
    if 1 not in labels or not all(isfinite(score) for score in scores) or len(set(scores)) == 1:
        return None
    lowest, highest = Fraction(min(scores)), Fraction(max(scores))
    normalized = [(Fraction(score) - lowest) / (highest - lowest) for score in scores]
    values, place = [], low
    while place <= high:
        values.append(measure(counts([score >= place for score in normalized], labels)))
        place += step
    return sum(values, Fraction(0)) / len(values)
