"""Cuts that divide the range of scores, for metrics that are means over fixed thresholds."""

from fractions import Fraction
from math import inf, nextafter

from anomeval.ranking.rates import exact_rate


def places(low: float, high: float, step: float) -> list[Fraction]:
    """`low`, `low + step`, ... up to `high`, exactly: 0.1 is 1/10."""
    first, last, by = exact_rate(low), exact_rate(high), exact_rate(step)
    return [first + number * by for number in range((last - first) // by + 1)]


def cut_at(place: Fraction, lowest: float, highest: float) -> float:
    """The cut at a place, 0 to 1, of a range of finite scores.

    Returns:
        The least float64 not below `lowest + place · (highest - lowest)`, so that `score >= cut`
        decides as the exact number would.
    """
    exact = Fraction(lowest) + place * (Fraction(highest) - Fraction(lowest))
    nearest = float(exact)
    return nearest if nearest >= exact else nextafter(nearest, inf)
