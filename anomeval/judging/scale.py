"""The one decision rule, and the scale that a validation split fits for it."""

from dataclasses import dataclass
from fractions import Fraction
from math import inf, isinf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting.exact import as_float
from anomeval.ranking.operating import flagged
from anomeval.ranking.rates import exact_rate


@dataclass(frozen=True)
class Scale:
    """Raw scores of one level as the validation split showed them.

    threshold: the score the rule chose. low, high: lowest and highest score of both classes; they
        are finite, their difference need not be.
    sensitivity: in [0, 1]; 0.5 leaves the cut at the threshold, more flags more.
    All but the sensitivity are in raw score units.
    """

    threshold: float
    low: float
    high: float
    sensitivity: float = 0.5

    @property
    def cut(self) -> float:
        """Where decisions are made: threshold + (0.5 - sensitivity) * (high - low), rounded once.

        The sensitivity is the decimal number that was typed. A cut beyond all numbers is infinite.
        """
        if self.sensitivity == 0.5 or isinf(self.threshold):
            return self.threshold
        shift = Fraction(1, 2) - exact_rate(self.sensitivity)
        if isinf(self.high) or isinf(self.low):
            return inf if shift > 0 else -inf
        width = Fraction(self.high) - Fraction(self.low)
        return as_float(Fraction(self.threshold) + shift * width)

    @property
    def normalized_threshold(self) -> float:
        """Where the cut lies among normalized scores: 1 - sensitivity, 0.5 where there is no range.

        It is for display. Decisions are made on raw scores, which no clamping has tied.
        """
        return 0.5 if self.high == self.low else 1.0 - self.sensitivity

    def is_anomalous(self, scores: NDArray[Any]) -> NDArray[np.bool_]:
        """Decisions by the one rule, anomalous if `raw score >= cut`. Any shape."""
        return flagged(scores, self.cut)

    def normalize(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Raw scores to [0, 1] for display, the threshold at 0.5. Any shape; NaN stays NaN.

        clamp((x - threshold) / (high - low) + 1/2, 0, 1); where the validation split had a single
        value the slope is infinite: 0 below the threshold, 0.5 at it, 1 above.
        """
        scores = np.asarray(scores, np.float64)
        threshold, low, high = self.threshold, self.low, self.high
        unit = 0.5 if isinf(high - low) else 1.0  # half of a range is always a number
        # Far beyond a narrow range is infinitely far; without a range 0 / 0 is the threshold.
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            distance = unit * scores - unit * threshold
            place = distance / (unit * high - unit * low) + 0.5
        return np.clip(np.where(scores == threshold, 0.5, place), 0.0, 1.0)
