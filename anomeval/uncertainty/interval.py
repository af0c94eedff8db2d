"""Intervals that cover what they should: from resampled values to a low and a high end.

Values in [0, 1] are judged on the logit scale, where their error is nearly symmetric and no
interval leaves the range:

    logit(v) ± t · error / (v · (1 - v))

error is a standard error from resampling and from leaving out images (`spread_of`), and t is
Student's quantile with the degrees of freedom that the images leave (`jackknife`). A maximum over
thresholds comes out too high on few images; there v is the value less its bias, which follows from
the mean shift of the resampled values. Where no resample differs from the value, as for a perfect
detector, there is no error to go by, and Wilson's interval for so many hits out of so many images
takes its place.
Coverage by simulation is in docs/uncertainty.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, hypot, inf, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from anomeval.ranking.wilson import wilson
from anomeval.uncertainty.jackknife import Leverage

_DIGITS = 9
"""Ends are rounded to so many digits, far below their own chance error: the last bits of a
logarithm differ between machines."""

_OPTIMISM, _DOUBT = 1.75, 0.5
"""The bias of a maximum over thresholds in units of the mean shift of its resampled values, and the
error of that bias in units of itself. Chosen by simulation, for single values and for means over
categories, in which errors shrink and biases do not; see docs/uncertainty.md."""


@dataclass(frozen=True)
class Spread:
    """What resampling tells about one value.

    value: the exact one.
    bias: by how much it is expected to be too high.
    error: standard error; `correction` is its ratio to the deviation of the resampled values.
    freedom: degrees of freedom the error is known with.
    units: independent units that a Wilson interval may count on.
    """

    value: float
    bias: float
    error: float
    correction: float
    freedom: float
    units: int


def spread_of(
    value: float, replicates: NDArray[np.float64], held: Leverage, units: int, *, is_maximum: bool
) -> Spread:
    """What a value's replicates, and leaving out images, tell about it.

    Two estimates of its variance are at hand, and both are off by terms of second order: resampling
    takes chance pairs of images too seriously and big single ones too lightly, leaving out does
    the reverse. Their mean covers best over all metrics.

    Args:
        value: the exact one.
        replicates: (resamples,) around it.
        held: how it hangs on the images.
        units: see `Spread`.
        is_maximum: whether it is the best over all thresholds.
    """
    resampled = deviation(replicates)
    error = sqrt((resampled**2 + held.variance) / 2) * held.small_sample
    shift = fsum(_defined(replicates)) / len(_defined(replicates)) - value
    bias = _OPTIMISM * shift if is_maximum else 0.0
    correction = error / resampled if resampled else 1.0
    return Spread(value, bias, error, correction, held.freedom, units)


def mean_spread(spreads: Sequence[Spread], replicates: NDArray[np.float64]) -> Spread:
    """The spread of the mean of several values.

    Args:
        spreads: of the values.
        replicates: (resamples,) of the mean. They hold what the values have in common, such as
            normal images that all share.
    """
    own = fsum(spread.error**2 for spread in spreads)
    plain = fsum((spread.error / spread.correction) ** 2 for spread in spreads)
    doubt = fsum(spread.error**4 / spread.freedom for spread in spreads)
    correction = sqrt(own / plain) if plain else 1.0
    return Spread(
        value=fsum(spread.value for spread in spreads) / len(spreads),
        bias=fsum(spread.bias for spread in spreads) / len(spreads),
        error=deviation(replicates) * correction,
        correction=correction,
        freedom=own**2 / doubt if doubt else fsum(spread.freedom for spread in spreads),
        units=len(spreads) * min(spread.units for spread in spreads),
    )


def deviation(replicates: NDArray[np.float64]) -> float:
    """Standard deviation of those that are not NaN."""
    values = _defined(replicates)
    mean = fsum(values) / len(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / len(values))


def interval(spread: Spread, level: float, *, bounded: bool = True) -> tuple[float, float]:
    """The interval that covers the true value with probability `level`.

    Args:
        spread: of the value.
        level: in (0, 1).
        bounded: whether the metric lies in [0, 1]; others are judged on their own scale.

    Returns:
        Its low and its high end; the value itself always lies between.
    """
    ends = _on_logit_scale(spread, level) if bounded else _as_is(spread, level)
    low, high = (float(f"{end:.{_DIGITS}g}") for end in ends)
    return min(low, spread.value), max(high, spread.value)


def _on_logit_scale(spread: Spread, level: float) -> tuple[float, float]:
    centre = spread.value - spread.bias
    if spread.error == 0 or not (0 < spread.value < 1 and 0 < centre < 1):
        return wilson(spread.value, spread.units, level)
    middle = log(centre / (1 - centre))
    reach = _reach(spread, level) / (centre * (1 - centre))
    return _expit(middle - reach), _expit(middle + reach)


def _as_is(spread: Spread, level: float) -> tuple[float, float]:
    reach = _reach(spread, level)
    centre = spread.value - spread.bias
    return centre - reach, centre + reach


def _reach(spread: Spread, level: float) -> float:
    """From the middle of the interval to its ends."""
    error = hypot(spread.error, _DOUBT * spread.bias)
    return student_quantile((1 + level) / 2, spread.freedom) * error


def student_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's distribution, by expansion in 1/freedom.

    Off by less than 0.004 from 4 degrees of freedom on, for probabilities up to 0.99. Importing a
    library for it would take longer than all that is computed with it.
    """
    z = NormalDist().inv_cdf(probability)
    if freedom == inf:
        return z
    powers = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return fsum(power / freedom**order for order, power in enumerate(powers))


def _defined(replicates: NDArray[np.float64]) -> list[float]:
    values: list[float] = replicates[np.isfinite(replicates)].tolist()
    return values


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))
