"""Normalized scores and the raw cut of a sensitivity, as anomalib 2 defines them."""

from fractions import Fraction

from tests.reference.exact import Rate, Score, decimal

HALF = Fraction(1, 2)


def normalized(score: Score, threshold: Score, low: Score, high: Score) -> Fraction:
    """Return (score - threshold) / (high - low) + 1/2, kept within 0 and 1.

    `low` and `high` are the smallest and largest validation score.  Where they are equal there
    is no scale: only the side of the threshold is left, 0 below, 1/2 at and 1 above it.
    """
    distance = Fraction(score) - Fraction(threshold)
    width = Fraction(high) - Fraction(low)
    if width == 0:
        return HALF if distance == 0 else Fraction(distance > 0)
    return min(max(distance / width + HALF, Fraction(0)), Fraction(1))


def raw_cut(threshold: Score, low: Score, high: Score, sensitivity: Rate = HALF) -> Fraction:
    """Return threshold + (1/2 - sensitivity) x (high - low): more sensitive, lower cut."""
    width = Fraction(high) - Fraction(low)
    return Fraction(threshold) + (HALF - decimal(sensitivity)) * width
