"""The counting core in plain NumPy: exact, portable, and the witness of the native one.

Memory grows with the number of *distinct* scores here; the native core has no such growth.
Both offer the same names and return the same integers, so nothing above this layer can tell
them apart except by the clock.
"""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomeval.counting.sorted_counts import SortedCounts, sum_by
from anomeval.counting.types import (
    USUAL_MASK_VALUES,
    AnyScores,
    Coarse,
    Counts,
    Mask,
    MaskSurvey,
    Scores32,
    Survey,
    Tags,
    narrowed,
)

NAME = "numpy"


class Float32Counts(SortedCounts):
    """Exact multiset of float32 scores.

    Every value that a float16, uint8, uint16 or float32 can hold is counted exactly. -0.0 and
    0.0 are one score; infinities are ordinary scores; NaN must not come in.
    """

    def __init__(self) -> None:
        super().__init__(np.float32)

    def absorb(
        self, scores: AnyScores, mask: Mask | None = None, *, coarse: bool = False
    ) -> tuple[Scores32, Coarse | None]:
        """Count the scores outside the mask and hand back those inside it.

        Args:
            scores: anomaly map (H, W); float16, float32, uint8 or uint16, free of NaN.
            mask: ground-truth mask (H, W), bool or uint8; non-zero = anomalous. None = all normal.
            coarse: also return how many of the counted scores fall into each page of keys.

        Returns:
            The scores inside the mask as float32 in row-major order, and the coarse histogram of
            those outside it (None unless asked for).
        """
        flat = np.asarray(scores).ravel().astype(np.float32) + np.float32(0)
        inside = flat[:0]
        if mask is not None:
            anomalous = np.asarray(mask).ravel() != 0
            inside, flat = flat[anomalous], flat[~anomalous]
        values, counts = np.unique(flat, return_counts=True)
        self.add(values, counts)
        return inside, _coarse_histogram(values, counts) if coarse else None

    def merge(self, other: Self) -> None:
        """Count everything that `other` has counted; `other` stays as it is."""
        for values, counts in other.blocks():
            self.add(values, counts)

    def fork(self) -> "Float32Counts":
        """A partner for another thread to count into; `join` brings its counts home."""
        return Float32Counts()

    def join(self, part: "Float32Counts") -> None:
        """Take over all that a partner made by `fork` has counted; it must not be used again."""
        self.merge(part)


def survey(scores: AnyScores) -> Survey:
    """Lowest and highest score of a map, and how many are NaN (these are left out of both)."""
    flat = np.asarray(scores).ravel()
    missing = 0
    if flat.dtype.kind == "f":
        nan = np.isnan(flat)
        missing = int(nan.sum())
        flat = flat[~nan] if missing else flat
    if not flat.size:
        return Survey(missing, None, None)
    return Survey(missing, float(flat.min()) + 0.0, float(flat.max()) + 0.0)


def survey_mask(mask: Mask) -> MaskSurvey:
    """What levels a ground-truth mask has. mask: any shape, bool or uint8."""
    levels = np.asarray(mask).view(np.uint8)
    gray = not np.isin(levels, USUAL_MASK_VALUES).all()
    return MaskSurvey(int(np.count_nonzero(levels)), int(levels.max(initial=0)), gray)


def label_regions(mask: Mask) -> tuple[NDArray[np.int32], Counts]:
    """Connected regions (8-connectivity) of a ground-truth mask.

    Args:
        mask: (H, W) bool or uint8; non-zero = anomalous.

    Returns:
        The region of each anomalous pixel in row-major order, int32, regions numbered from 0 in
        the order of their first pixel; and the number of pixels of each region, int64.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(np.asarray(mask) != 0, structure=np.ones((3, 3)))
    inside = labels[labels > 0]
    _, first, region = np.unique(inside, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    numbered = order[region].astype(np.int32)
    return numbered, np.bincount(numbered, minlength=len(first)).astype(np.int64)


def descending(scores: NDArray[Any], tags: Tags) -> tuple[NDArray[Any], Tags]:
    """Scores from the highest down, each with its tag; equal scores by tag.

    Args:
        scores: (n,) float32 or float64, free of NaN. tags: (n,) uint32.
    """
    scores = scores + scores.dtype.type(0)  # -0.0 becomes 0.0
    order = np.lexsort((tags, -scores))
    return scores[order], tags[order]


def distinct(scores: NDArray[Any]) -> tuple[NDArray[Any], Tags, Tags]:
    """Distinct scores, from the highest down.

    Args:
        scores: (n,) float32 or float64, free of NaN; n < 2**32.

    Returns:
        The distinct scores (k,); how often each occurs (k,) uint32; and for each score in the order
        given which of these it is, (n,) uint32.
    """
    scores = scores + scores.dtype.type(0)  # -0.0 becomes 0.0
    values, rank, counts = np.unique(scores, return_inverse=True, return_counts=True)
    places = (len(values) - 1 - rank).astype(np.uint32)
    return values[::-1], counts[::-1].astype(np.uint32), places


def _coarse_histogram(values: Scores32, counts: Counts) -> Coarse:
    """Counts per page: the upper 16 bits of the order-preserving key of a float32."""
    bits = values.view(np.uint32)
    keys = np.where(bits >> 31 != 0, ~bits, bits | np.uint32(0x80000000))
    pages, position = np.unique((keys >> 16).astype(np.uint16), return_inverse=True)
    return Coarse(pages, narrowed(sum_by(position, counts, len(pages))))
