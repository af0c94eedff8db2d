"""Cuts that divide the range of scores evenly."""

from fractions import Fraction
from math import inf, isinf, nextafter

import numpy as np
from numpy.typing import NDArray

from anomeval.ranking.rates import exact_rate

_NEARLY_LARGEST = 1e300


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


def even_edges(low: float, high: float, parts: int) -> NDArray[np.float64]:
    """The ends of so many equal parts of a finite range, (parts + 1,) ascending.

    Ends may be equal where the numbers between `low` and `high` are too few.
    """
    unit = 2.0**10 if max(abs(low), abs(high)) > _NEARLY_LARGEST else 1.0  # leaves room for sums
    edges = unit * np.linspace(low / unit, high / unit, parts + 1)
    edges[0], edges[-1] = low, high
    return np.clip(edges, low, high)


def place_within(score: float, low: float, high: float) -> float:
    """Where a score lies in a finite range, 0 at its low and 1 at its high end; low < high."""
    if isinf(high - low):
        return (score / 2 - low / 2) / (high / 2 - low / 2)
    return (score - low) / (high - low)
