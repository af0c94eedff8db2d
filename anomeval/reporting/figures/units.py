"""Units that bring scores of any size to where matplotlib can draw them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_USUAL = 100  # so many powers of ten up and down are drawn as they are
_STEP = 200  # a power of ten of this size, and what it leaves, are ordinary numbers


@dataclass(frozen=True)
class Unit:
    """A power of ten that scores are drawn in; 0 = as they are."""

    exponent: int = 0

    @classmethod
    def of(cls, arrays: Iterable[Floats]) -> "Unit":
        """That of the largest of all finite scores."""
        finite = [np.abs(values[np.isfinite(values)]) for values in arrays]
        largest = max((float(values.max(initial=0.0)) for values in finite), default=0.0)
        exponent = floor(log10(largest)) if largest else 0
        return cls(exponent if abs(exponent) > _USUAL else 0)

    def scaled(self, values: Floats) -> Floats:
        """Scores in this unit."""
        if not self.exponent:
            return values
        step = _STEP if self.exponent > 0 else -_STEP
        scaled: Floats = values / 10.0**step / 10.0 ** (self.exponent - step)
        return scaled

    def named(self, label: str) -> str:
        """What is written at an axis in this unit."""
        return f"{label}, in units of 1e{self.exponent}" if self.exponent else label
