"""What a share that was observed tells of the share there is."""

from math import ceil, sqrt
from statistics import NormalDist


def wilson(share: float, count: int, level: float) -> tuple[float, float]:
    """Wilson's interval for a share that was observed in `count` independent trials, 1 or more."""
    square = NormalDist().inv_cdf((1 + level) / 2) ** 2
    centre = (share + square / (2 * count)) / (1 + square / count)
    reach = sqrt(share * (1 - share) * square / count + (square / (2 * count)) ** 2)
    reach /= 1 + square / count
    return max(centre - reach, 0.0), min(centre + reach, 1.0)


def trials_needed(share: float, level: float) -> int | None:
    """The fewest trials without a single hit whose interval ends at a share; None: none ever do.

    Wilson's upper end for 0 of n is z² / (n + z²); n is the least where that is no more.
    """
    if share <= 0:
        return None
    square = NormalDist().inv_cdf((1 + level) / 2) ** 2
    return max(ceil(square * (1 - share) / share), 1)
