"""Per-region overlap: PRO at a cut and the area under the PRO curve.

The measure of the MVTec AD benchmark (Bergmann et al., 2021).  A region is a connected region of
one image's mask.  The background is every pixel of ground truth 0, normal images included.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from tests.reference.exact import (
    Map,
    Mask,
    Rate,
    Score,
    Value,
    decimal,
    falling,
    share_at_or_above,
)
from tests.reference.pixels import is_anomalous, scores_where
from tests.reference.regions import regions

Point = tuple[Fraction, Fraction]
"""False positive rate and mean overlap."""


def region_scores(
    maps: Sequence[Map], masks: Sequence[Mask], connectivity: int
) -> list[list[Score]]:
    """Return the pixel scores of every region; a region with no pixel left is no region."""
    found = [
        [score for row, column in sorted(region) if (score := scores[row][column]) is not None]
        for scores, mask in zip(maps, masks, strict=True)
        for region in regions(mask, connectivity)
    ]
    return [region for region in found if region]


def background_scores(
    maps: Sequence[Map], masks: Sequence[Mask], fpr_from: Literal["all", "anomalous"]
) -> list[Score]:
    """Return the scores of the normal pixels of all images, or of the anomalous images alone."""
    return [
        score
        for scores, mask in zip(maps, masks, strict=True)
        if fpr_from == "all" or is_anomalous(mask)
        for score in scores_where(scores, mask, 0)
    ]


def overlap(region: Sequence[Score], cut: Score, saturation: int | None = None) -> Fraction:
    """Return the flagged share of a region; `saturation` flagged pixels are as good as all."""
    enough = len(region) if saturation is None else min(saturation, len(region))
    flagged = sum(score >= cut for score in region)
    return Fraction(min(flagged, enough), enough)


def mean_overlap(found: Sequence[Sequence[Score]], cut: Score) -> Fraction:
    """Return the mean over regions, each counting the same however large it is."""
    return sum((overlap(region, cut) for region in found), Fraction(0)) / len(found)


def pro(maps: Sequence[Map], masks: Sequence[Mask], cut: Score, connectivity: int = 8) -> Value:
    """Mean share of each region flagged at the cut; undefined without regions."""
    found = region_scores(maps, masks, connectivity)
    return mean_overlap(found, cut) if found else None


def aupro(
    maps: Sequence[Map],
    masks: Sequence[Mask],
    fpr_limit: Rate,
    connectivity: int = 8,
    fpr_from: Literal["all", "anomalous"] = "all",
) -> Value:
    """Area under mean overlap against false positive rate up to the limit, over the limit.

    The curve starts at (0, 0), has one point per distinct score and is straight in between, also
    where many pixels share one score.  Undefined without regions or without background.
    """
    found = region_scores(maps, masks, connectivity)
    background = background_scores(maps, masks, fpr_from)
    if not found or not background:
        return None
    cuts = falling([*background, *(score for region in found for score in region)])
    curve = [(Fraction(0), Fraction(0))] + [
        (share_at_or_above(background, cut), mean_overlap(found, cut)) for cut in cuts
    ]
    return area_up_to(curve, decimal(fpr_limit)) / decimal(fpr_limit)


def area_up_to(curve: Sequence[Point], limit: Fraction) -> Fraction:
    """Return the area under straight lines through the points, for x from 0 to the limit."""
    area = Fraction(0)
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x0 < limit < x1:
            x1, y1 = limit, y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
        if x1 <= limit:
            area += (x1 - x0) * (y0 + y1) / 2
    return area
