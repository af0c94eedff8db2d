"""Names for the arrays and small results that both counting cores exchange with their users."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

AnyScores = NDArray[np.float16] | NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.uint16]
Scores32 = NDArray[np.float32]
Counts = NDArray[np.int64]
Tags = NDArray[np.uint32]
Mask = NDArray[np.bool_] | NDArray[np.uint8]


class Survey(NamedTuple):
    """What one look over a map tells: how many scores are NaN, and the range of the others."""

    nan_count: int
    lowest: float | None  # None: nothing but NaN, or an empty map
    highest: float | None


USUAL_MASK_VALUES = (0, 1, 255)
"""Those of masks with two levels; a mask with any other is gray."""


class MaskSurvey(NamedTuple):
    """What one look over a ground-truth mask tells."""

    marked: int  # values that are not zero
    highest: int
    gray: bool  # any value that is none of USUAL_MASK_VALUES


class Coarse(NamedTuple):
    """A coarse histogram of scores: pages of 65,536 neighbouring float32 keys."""

    pages: NDArray[np.uint16]  # upper 16 bits of the order-preserving key, strictly ascending
    counts: NDArray[Any]  # how many scores fall into each, all > 0; unsigned, as narrow as they go


INFINITE_PAGES = (0x007F, 0xFF80)
"""The pages of minus and plus infinity: no other float32 lies in them."""

_LARGEST = {width: np.iinfo(width).max for width in (np.uint8, np.uint16, np.uint32, np.uint64)}


def narrowest(largest: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type for whole numbers from 0 up to `largest`."""
    return next(width for width, most in _LARGEST.items() if largest <= most)


def narrowed(whole: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers, none negative, in the smallest type that holds them all."""
    return whole.astype(narrowest(int(whole.max(initial=0))))
