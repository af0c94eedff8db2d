"""Maxima of anomaly maps: what they betray of how the maps were made."""

from collections.abc import Sequence
from math import isfinite

_FEW = 5
"""Fewer maps may well have one maximum by chance, such as the largest number of their type."""


def common_peak(peaks: Sequence[float | None]) -> float | None:
    """The maximum that all maps have; None where they differ, or are too few to tell.

    Maps that were scaled or clamped one by one have it, and cannot be compared with each other.

    Args:
        peaks: the maximum of each map that is not constant, None where it has none.
    """
    first, *_ = peaks or (None,)
    if len(peaks) < _FEW or first is None or not isfinite(first) or len(set(peaks)) > 1:
        return None
    return first
