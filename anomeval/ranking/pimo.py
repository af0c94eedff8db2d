"""Per-image overlap (PIMO): recall of one image against the false positive rate of normal images.

The area is taken over the logarithm of the shared false positive rate between two bounds. The
curve is exact: between two neighbouring normal scores the recall is constant in ln F, across a
normal score that ties with anomalous pixels it is linear in ln F.
"""

from math import fsum, log
from typing import Any

import numpy as np
from numpy.typing import NDArray


def image_area(areas: NDArray[np.float64], pixels: int, low: float, high: float) -> float:
    """Area under one image's recall over ln(shared FPR) in [low, high], divided by its width.

    Args:
        areas: (n,) what each anomalous pixel of the image adds, see `pixel_areas`; those that add
            nothing may be left out.
        pixels: anomalous pixels of the image, those left out included; at least 1.
        low, high: bounds of the shared FPR, 0 < low < high <= 1.

    Returns:
        A float in [0, 1].
    """
    return fsum(areas) / pixels / (log(high) - log(low))


def pixel_areas(
    fpr_above: NDArray[np.float64], fpr_at: NDArray[np.float64], low: float, high: float
) -> NDArray[np.float64]:
    """Stretch of ln F on which a pixel counts as found; a tie counts by its linear share.

    Args:
        fpr_above: (n,) shared FPR strictly above the scores; of `high` or more it adds nothing.
        fpr_at: (n,) shared FPR at or above them; equal to `fpr_above` unless normal scores tie.
        low, high: bounds of the shared FPR, 0 < low < high <= 1.

    Returns:
        (n,) float64 from 0 to ln(high / low).
    """
    lowest, highest = log(low), log(high)
    # Below the FPR of the highest normal score the recall is that strictly above this score:
    # a pixel that ties with it is found from there on, at once.
    joins = np.where(fpr_above == 0, fpr_at, fpr_above)
    start, end = _ln(joins), _ln(fpr_at)
    first, last = np.clip(start, lowest, highest), np.clip(end, lowest, highest)
    ramp = end > start
    rise = np.where(ramp, end - start, 1.0)
    from_start, to_last = np.where(ramp, first - start, 0.0), np.where(ramp, last - start, 0.0)
    result: NDArray[np.float64] = highest - last + (to_last**2 - from_start**2) / (2 * rise)
    return result


def _ln(rates: NDArray[Any]) -> NDArray[np.float64]:
    """Natural logarithm; a rate of zero lies below every bound."""
    return np.log(np.where(rates > 0, rates, np.finfo(np.float64).tiny))
