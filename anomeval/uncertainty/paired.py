"""The difference of two results of the same images, resample by resample.

Both results hold the metric on the same resamples, so what makes images easy or hard for both
cancels out, and the difference is known far better than either value.

Replicates of differences have uneven tails on few images: one image that only one of two models
gets right pulls to one side. So each side has an error of its own, read from the quantiles of the
replicates, and Student's distribution carries it on to smaller probabilities than so many
replicates could show. benchmarks/power.py shows that such a test errs at its nominal rate.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from anomeval.ranking.wilson import wilson
from anomeval.uncertainty.interval import student_quantile
from anomeval.uncertainty.replicates import Replicates

_TAILS = (0.1, 0.05, 0.025)
"""Quantiles that the error of a side is read from; their mean is steadier than any."""

_MOST_UNDEFINED = 0.1


def why_unpaired(first: Replicates, second: Replicates) -> str | None:
    """Why two values have no resamples in common; None if they have."""
    if first.draws != second.draws:
        return f"resamples were drawn by different rules: {first.draws} and {second.draws}"
    if first.images != second.images:
        return "they are about different images, labels or groups"
    undefined = int(np.isnan(_differences(first, second)).sum())
    if undefined > _MOST_UNDEFINED * min(len(first), len(second)):
        return f"the difference is undefined in {undefined} resamples"
    return None


@dataclass(frozen=True)
class Difference:
    """By how much a second value exceeds a first one, and how sure that is.

    value: the exact difference. below, above: its standard errors towards lower and higher
    differences. freedom: degrees of freedom these are known with.
    """

    value: float
    below: float
    above: float
    freedom: float

    @classmethod
    def of(
        cls,
        first: float,
        first_replicates: Replicates,
        second: float,
        second_replicates: Replicates,
    ) -> "Difference":
        """The second less the first; they must pair, see `why_unpaired`."""
        differences = _differences(first_replicates, second_replicates)
        differences = np.sort(differences[np.isfinite(differences)])
        fewer = min(n for n in _counts(first_replicates) if n)
        freedom = float(max(sum(_counts(first_replicates)) - 2, 1))
        below, above = _errors(differences)
        if below + above == 0:
            # No resample shows a difference; another image may: Wilson's interval at 95 %.
            below = above = wilson(0.0, fewer, 0.95)[1] / NormalDist().inv_cdf(0.975)
        small = sqrt(fewer / max(fewer - 1, 1))
        return cls(second - first, below * small, above * small, freedom)

    def interval(self, level: float) -> tuple[float, float]:
        """The interval that covers the true difference with probability `level`."""
        tail = (1 + level) / 2
        return self.at_least(tail), self.at_most(tail)

    def at_least(self, level: float) -> float:
        """What the true difference exceeds with probability `level`: a one-sided bound."""
        return self.value - student_quantile(level, self.freedom) * self.below

    def at_most(self, level: float) -> float:
        """What the true difference stays below with probability `level`: a one-sided bound."""
        return self.value + student_quantile(level, self.freedom) * self.above

    def p_value(self) -> float:
        """The chance of a difference at least this large, either way, if there is none."""
        return min(1.0, 2 * min(self.p_not_below(0.0), self.p_not_above(0.0)))

    def p_not_below(self, bound: float) -> float:
        """The chance of a difference at most this large if the true one is `bound` or higher."""
        return _tail(bound - self.value, self.above, self.freedom)

    def p_not_above(self, bound: float) -> float:
        """The chance of a difference at least this large if the true one is `bound` or lower."""
        return _tail(self.value - bound, self.below, self.freedom)


def _differences(first: Replicates, second: Replicates) -> NDArray[np.float64]:
    """On the resamples that both have; the first ones are the same however many there are."""
    common = min(len(first), len(second))
    return second.values()[:common] - first.values()[:common]


def _errors(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Standard errors below and above the mean, from quantiles of ascending values."""
    mean = float(np.mean(differences))
    below, above = 0.0, 0.0
    for tail in _TAILS:
        low, high = np.quantile(differences, [tail, 1 - tail], method="weibull")
        distance = NormalDist().inv_cdf(1 - tail) * len(_TAILS)
        below += (mean - float(low)) / distance
        above += (float(high) - mean) / distance
    return max(below, 0.0), max(above, 0.0)


def _tail(distance: float, error: float, freedom: float) -> float:
    """Probability that Student's distribution is beyond distance / error."""
    from scipy.special import stdtr

    if error == 0:
        return 0.5 if distance == 0 else float(distance < 0)
    return float(stdtr(freedom, -distance / error))


def _counts(replicates: Replicates) -> tuple[int, int]:
    return replicates.normal, replicates.anomalous
