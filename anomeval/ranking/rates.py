"""Rates that people type, as the exact numbers they mean."""

from fractions import Fraction
from math import ceil, floor


def exact_rate(rate: float) -> Fraction:
    """The decimal number that was typed: 0.29 is 29/100, not its neighbour in binary."""
    return Fraction(repr(float(rate)))


def allowance(rate: float, total: int) -> int:
    """How many of `total` make up at most the share `rate`: floor(rate * total), exactly."""
    return floor(exact_rate(rate) * total)


def quota(rate: float, total: int) -> int:
    """How many of `total` make up at least the share `rate`: ceil(rate * total), exactly."""
    return ceil(exact_rate(rate) * total)
