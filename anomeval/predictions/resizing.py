"""Bringing maps and masks to another size: pixel centres aligned, no smoothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, ...]


def nearest_places(shape: Shape, wanted: Shape) -> NDArray[np.int64]:
    """For each pixel of size `wanted` the nearest of those of size `shape`, in row-major order."""
    places = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    return _resized(places, wanted, order=0).astype(np.int64)


def nearest(mask: NDArray[np.bool_], wanted: Shape) -> NDArray[np.bool_]:
    """A mask of bool at another size; itself if it has that size."""
    if mask.shape == wanted:
        return mask
    found: NDArray[np.bool_] = mask.ravel()[nearest_places(mask.shape, wanted)]
    return found


def bilinear(anomaly_map: NDArray[Any], wanted: Shape) -> NDArray[Any]:
    """A map at another size, float64 if it is float64, else float32.

    A pixel that an infinite one has any weight in is infinite; of both infinities the positive one
    wins, for it must not be lost. A NaN spreads as far as the library lets it.
    """
    wide = anomaly_map.astype(np.float64 if anomaly_map.dtype == np.float64 else np.float32)
    infinite = np.isinf(wide)
    if not infinite.any():
        return _resized(wide, wanted, order=1)
    # Infinity times a weight of zero is NaN, so infinities are left out of the sums.
    resized = _resized(np.where(infinite, 0, wide), wanted, order=1)
    for value in (-np.inf, np.inf):
        reached = _reached(wide == value, wanted) & ~np.isnan(resized)
        resized[reached] = value
    return resized


def _reached(chosen: NDArray[np.bool_], wanted: Shape) -> NDArray[np.bool_]:
    """Where any of the chosen pixels has a weight that is not zero, by whole numbers."""
    for axis in (0, 1):
        lower, upper = _neighbours(chosen.shape[axis], wanted[axis])
        chosen = chosen.take(lower, axis) | chosen.take(upper, axis)
    return chosen


def _neighbours(length: int, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two pixels between which each of the wanted ones lies; twice the same where it hits one.

    Centre i lies at (i + 1/2) * length / wanted - 1/2; beyond the ends the last pixel is taken.
    """
    places = (2 * np.arange(wanted, dtype=np.int64) + 1) * length - wanted
    lower = places // (2 * wanted)
    upper = lower + (places % (2 * wanted) != 0)
    return lower.clip(0, length - 1), upper.clip(0, length - 1)


def _resized(array: NDArray[Any], wanted: Shape, order: int) -> NDArray[Any]:
    """Bilinear (order 1) or nearest (order 0)."""
    from skimage.transform import resize

    result: NDArray[Any] = resize(
        array, wanted, order=order, mode="edge", anti_aliasing=False, preserve_range=True
    )
    return result
