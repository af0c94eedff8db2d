"""Axes: where a number lies between two ends, and which numbers are written beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isinf, log10

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = (1, 2, 5, 10)
_LARGEST = float(np.finfo(np.float64).max)
_BELOW = 1e-3  # times the low end of a logarithmic axis: where zero is put
_LETTERS = 56  # so many have room beside an axis
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """One axis.

    low, high: its ends, finite, low < high; both positive where it is logarithmic.
    """

    label: str
    low: float
    high: float
    log: bool = False
    count: int = 5

    def place(self, values: Floats) -> Floats:
        """Where values lie, 0 at the low end and 1 at the high end; others beyond the ends.

        On a logarithmic axis zero lies some way below the low end.
        """
        low, high = self.low, self.high
        if self.log:
            values = np.log10(np.maximum(values, low * _BELOW))
            low, high = log10(low), log10(high)
        elif isinf(high - low):  # half of a range is always a number
            values, low, high = values / 2, low / 2, high / 2
        shares: Floats = (values - low) / (high - low)
        return shares

    def ticks(self) -> list[tuple[float, str]]:
        """Places of ticks with what they say."""
        values, texts = self._powers() if self.log else self._round_numbers()
        return list(zip(self.place(np.array(values)).tolist(), texts, strict=True))

    def _powers(self) -> tuple[list[float], list[str]]:
        exponents = range(ceil(log10(self.low) - 1e-9), floor(log10(self.high) + 1e-9) + 1)
        chosen = [exponent for exponent in exponents if exponent % ceil(len(exponents) / 8) == 0]
        texts = ["1" if e == 0 else f"10{str(e).translate(_SUPERSCRIPTS)}" for e in chosen]
        return [10.0**exponent for exponent in chosen], texts

    def _round_numbers(self) -> tuple[list[float], list[str]]:
        rough = self.high / self.count - self.low / self.count
        power = 10.0 ** floor(log10(rough)) if rough > 0 else 0.0
        if not power:  # less than any number: the ends have to do
            return [self.low, self.high], _told_apart([self.low, self.high])
        step = next(power * step for step in _STEPS if power * step >= rough * (1 - 1e-9))
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        values = list(dict.fromkeys(step * number for number in range(first, last + 1)))
        places = max(0, -floor(log10(step) + 1e-9))
        if places <= 6 and abs(self.high) < 1e6:
            return values, [f"{value:z.{places}f}" for value in values]
        while len(values) > 2 and sum(map(len, _told_apart(values))) > _LETTERS:
            values = values[::2]
        return values, _told_apart(values)


def _told_apart(values: Sequence[float]) -> list[str]:
    """Numbers with as few digits as tell them apart, three or more."""
    for digits in range(3, 17):
        texts = [f"{value:z.{digits}g}" for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return list(map(repr, values))


def with_room(low: float, high: float) -> tuple[float, float]:
    """The ends of an axis that shows what lies from `low` to `high`, both finite, low <= high."""
    room = (high / 40 - low / 40) or max(0.5, abs(low) / 40)
    return max(low - room, -_LARGEST), min(high + room, _LARGEST)
