"""The number conventions that all reference implementations share."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

Score = Fraction | float
"""A raw anomaly score, a plain Python number; its exact value counts, also that of a float."""

Value = Fraction | None
"""An exact metric value; `None` where the metric is undefined."""

Rate = Fraction | float
"""A rate, limit or quantile; a float stands for the decimal number it prints as."""

Map = Sequence[Sequence[Score | None]]
"""Rows of pixel scores; `None` is a pixel that has been left out of everything."""

Mask = Sequence[Sequence[int]]
"""Rows of ground truth, 0 for normal and 1 for anomalous."""


def decimal(rate: Rate) -> Fraction:
    """Return the number a reader sees: 0.29 is 29/100, not the binary fraction nearest to it."""
    return rate if isinstance(rate, Fraction) else Fraction(str(rate))


def ratio(part: Fraction | int, whole: Fraction | int) -> Value:
    """Return part / whole, undefined when there is no whole."""
    return Fraction(part) / whole if whole else None


def falling(scores: Iterable[Score]) -> list[Score]:
    """Return the distinct scores, highest first: every threshold that makes a difference."""
    return sorted(set(scores), reverse=True)


def share_at_or_above(scores: Sequence[Score], cut: Score) -> Fraction:
    """Return the share of the scores that are flagged at the cut, of at least one score."""
    return Fraction(sum(score >= cut for score in scores), len(scores))


def share_above(scores: Sequence[Score], cut: Score) -> Fraction:
    """Return the share of the scores that lie strictly above the cut, of at least one score."""
    return Fraction(sum(score > cut for score in scores), len(scores))
