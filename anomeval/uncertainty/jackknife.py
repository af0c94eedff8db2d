"""Which images a value hangs on: what becomes of it when some are left out.

A few images can carry most of the variance, such as the few with a large defect. Then the variance
itself is known as poorly as those are few, and an interval must be wider than a normal one.
Leaving out images one by one (some at a time where there are many) shows it.
"""

from dataclasses import dataclass
from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.resamples import Units, Weights
from anomeval.uncertainty.draws import seeds

GROUPS = 50
"""In how many portions each class is left out; images are left out singly up to this number."""

FEWEST_FREEDOM = 4.0
"""Below, Student's distribution would make every interval the whole range."""


@dataclass(frozen=True)
class LeftOut:
    """A plan of what to leave out.

    weights: (units, columns) 0 where a unit is left out of a column, else 1.
    anomalous: (columns,) of which class the units left out are.
    kept: (columns,) share of that class that stays.
    """

    weights: Weights
    anomalous: NDArray[np.bool_]
    kept: NDArray[np.float64]

    @classmethod
    def plan(cls, units: Units) -> "LeftOut":
        """Leave out each unit, or portions of nearly equal size chosen by the units' names."""
        seed = seeds(units.names)
        members: list[NDArray[np.intp]] = []
        for label in (False, True):
            stratum = np.flatnonzero(units.anomalous == label)
            shuffled = stratum[np.argsort(seed[stratum], kind="stable")]
            portions = min(len(stratum), GROUPS)
            members += [shuffled[number::portions] for number in range(portions)]
        weights = np.ones((len(units), len(members)), np.uint8)
        for column, left_out in enumerate(members):
            weights[left_out, column] = 0
        anomalous = np.array([units.anomalous[left_out[0]] for left_out in members], np.bool_)
        sizes = np.where(anomalous, units.anomalous.sum(), (~units.anomalous).sum())
        kept = 1 - np.array([len(left_out) for left_out in members]) / np.maximum(sizes, 1)
        return cls(weights, anomalous, kept)


@dataclass(frozen=True)
class Leverage:
    """How a value hangs on its images.

    variance: of the value, as leaving out shows it.
    freedom: degrees of freedom that the variance is known with.
    small_sample: by how much deviations from a mean of few images understate the standard error.
    """

    variance: float
    freedom: float
    small_sample: float


def leverage(plan: LeftOut, values: NDArray[np.float64], sizes: tuple[int, int]) -> Leverage:
    """From the values (columns,) that are left when images are left out.

    With lᵢ what image i adds to the error of the value, its variance is V = Σ lᵢ², and the variance
    of the estimate of V is about Σ lᵢ⁴ - V²/n in each class. Matching moments with a χ²
    distribution gives 2·V² / Σ (Σ lᵢ⁴ - V²/n) degrees of freedom.

    Args:
        plan: what was left out.
        values: what came of it; NaN where nothing could be computed.
        sizes: how many normal and anomalous units the value rests on.
    """
    variances, spreads, weighted = [], [], []
    for label, size in enumerate(sizes):
        chosen = (plan.anomalous == bool(label)) & np.isfinite(values)
        if size < 2 or not chosen.any():
            continue
        variance, fourth = _moments(values[chosen], plan.kept[chosen], size)
        variances.append(variance)
        spreads.append(max(fourth - variance**2 / size, 0.0))
        weighted.append(variance * size / (size - 1))
    most = float(max(sum(sizes) - sum(size > 0 for size in sizes), 1))
    total, spread = fsum(variances), fsum(spreads)
    if not total:
        least = min((size for size in sizes if size > 1), default=2)
        return Leverage(0.0, most, sqrt(least / (least - 1)))
    freedom = min(2 * total**2 / spread, most) if spread else most
    return Leverage(total, max(freedom, FEWEST_FREEDOM), sqrt(fsum(weighted) / total))


def _moments(
    values: NDArray[np.float64], kept: NDArray[np.float64], size: int
) -> tuple[float, float]:
    """Σ lᵢ² and Σ lᵢ⁴ over the images of a class, from what is left without some of them.

    A portion of several images shows their sum only, whose fourth power also holds products of two
    squares; what these make up on average is taken off again.
    """
    portions = len(values)
    effects = ((fsum(values) / portions - values) * kept).tolist()
    variance = fsum(effect**2 for effect in effects)
    products = 3 * (1 - min(portions / size, 1.0)) * variance**2 / portions
    return variance, fsum(effect**4 for effect in effects) - products
