"""Sums that come out the same in whatever order they are taken: integers, never floats."""

from collections.abc import Iterable
from fractions import Fraction
from math import inf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting.types import Counts

_LIMB = 31
_LOW = (1 << _LIMB) - 1
FRACTION_BITS = 62


def exact_dot(left: Counts, right: Counts) -> int:
    """Sum of left[i] * right[i] without overflow.

    Args:
        left: (n,) int64, 0 <= value <= 2**62; n < 2**32.
        right: (n,) int64, same range.
    """
    left_high, left_low = left >> _LIMB, left & _LOW
    right_high, right_low = right >> _LIMB, right & _LOW
    middle = _limb_dot(left_high, right_low) + _limb_dot(left_low, right_high)
    return (
        (_limb_dot(left_high, right_high) << 2 * _LIMB)
        + (middle << _LIMB)
        + _limb_dot(left_low, right_low)
    )


def _limb_dot(left: Counts, right: Counts) -> int:
    if not (left.any() and right.any()):
        return 0
    products = left * right  # below 2**62: two limbs of 31 bits
    return (int((products >> _LIMB).sum()) << _LIMB) + int((products & _LOW).sum())


def ratio_units(numerators: Counts, denominators: Counts) -> Counts:
    """Ratios as whole multiples of 2**-62, each rounded to the nearest.

    Once ratios are integers, sums of them cannot depend on order or grouping, and their error is
    far below what a float64 result can show.

    Args:
        numerators: (n,) int64, 0 <= numerator <= denominator.
        denominators: (n,) int64, 1 <= denominator < 2**53.
    """
    guess = np.rint(np.ldexp(numerators / denominators, FRACTION_BITS)).astype(np.int64)
    # The guess is off by at most 2**9 units, so the true remainder fits in 64 bits and the wrap-
    # around of these two products cancels.
    remainder = (numerators << FRACTION_BITS) - guess * denominators
    return guess + np.rint(remainder / denominators).astype(np.int64)


def exact_moments(blocks: Iterable[tuple[NDArray[Any], Counts]]) -> tuple[Fraction, Fraction]:
    """Sum and sum of squares of counted values, as exact rationals.

    Args:
        blocks: pairs of finite float values (n,) and their counts (n,) int64.
    """
    total = squares = Fraction(0)
    for values, counts in blocks:
        mantissas, exponents = np.frexp(np.asarray(values, np.float64))
        whole = np.ldexp(mantissas, 53).astype(np.int64)  # value = whole * 2**(exponent - 53)
        for exponent in np.unique(exponents):
            here = exponents == exponent
            linear, square = _integer_moments(whole[here], counts[here])
            unit = Fraction(2) ** (int(exponent) - 53)
            total += linear * unit
            squares += square * unit**2
    return total, squares


def root(square: Fraction) -> Fraction:
    """The square root of a number, 0 or more, of any size, to the precision of float64.

    The number is brought near 1 by a power of 4 first: squares leave the range of float64 long
    before their roots do. Where they do not, this is `math.sqrt`, bit for bit.
    """
    if not square:
        return square
    half = (square.numerator.bit_length() - square.denominator.bit_length()) // 2
    return Fraction(sqrt(square / Fraction(4) ** half)) * Fraction(2) ** half


def as_float(exact: Fraction) -> float:
    """The nearest float64; infinite beyond the largest."""
    try:
        return float(exact)
    except OverflowError:
        return inf if exact > 0 else -inf


def _integer_moments(whole: Counts, counts: Counts) -> tuple[int, int]:
    size = np.abs(whole)
    negative = whole < 0
    linear = exact_dot(size[~negative], counts[~negative])
    linear -= exact_dot(size[negative], counts[negative])
    high, low = size >> 27, size & ((1 << 27) - 1)  # squares of 53 bits do not fit in 64
    square = (
        (exact_dot(high * high, counts) << 54)
        + (exact_dot(high * low, counts) << 28)
        + exact_dot(low * low, counts)
    )
    return linear, square
