"""Axes: where a number lies between two ends, and which numbers are written beside it."""

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = (1, 2, 5, 10)
_BELOW = 1e-3  # times the low end of a logarithmic axis: where zero is put
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Axis:
    """One axis. low, high: its ends, low < high; both positive where it is logarithmic."""

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
        rough = (self.high - self.low) / self.count
        power = 10.0 ** floor(log10(rough))
        step = next(power * step for step in _STEPS if power * step >= rough * (1 - 1e-9))
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        values = [step * number for number in range(first, last + 1)]
        places = max(0, -floor(log10(step) + 1e-9))
        if places > 6 or abs(self.high) >= 1e6:
            return values, [f"{value:.3g}" for value in values]
        return values, [f"{value:z.{places}f}" for value in values]
