"""Overlap with defects that are annotated apart and of which a part is enough: sPRO.

The measure of MVTec LOCO (Bergmann et al., 2022).  A pixel of the mask tells by its bits to which
defects it belongs.  Every defect counts the same; once `saturation` of its pixels are found, or all
of them, it is found.  The background is every pixel that belongs to no defect.
"""

from collections.abc import Sequence
from fractions import Fraction

from tests.reference.exact import Map, Mask, Rate, Score, Value, decimal, falling, share_at_or_above
from tests.reference.overlap import area_up_to, background_scores, overlap
from tests.reference.pixels import scores_where

Saturations = Sequence[Sequence[int] | None]
"""Of each image the pixels that are enough, defect by defect; 0 is no defect; `None` unknown."""

Defect = tuple[list[Score], int]
"""The scores of a defect, and how many are enough."""


def defects(maps: Sequence[Map], masks: Sequence[Mask], saturations: Saturations) -> list[Defect]:
    """Return every defect of which a pixel is left."""
    found = []
    for scores, mask, enough in zip(maps, masks, saturations, strict=True):
        for number, saturation in enumerate(enough or ()):
            inside = [[value >> number & 1 for value in row] for row in mask]
            pixels = scores_where(scores, inside, 1)
            if pixels:
                found.append((pixels, saturation))
    return found


def is_known(maps: Sequence[Map], masks: Sequence[Mask], saturations: Saturations) -> bool:
    """Tell whether the defects of every image with an anomalous pixel are told apart."""
    return all(
        enough is not None or not scores_where(scores, mask, 1)
        for scores, mask, enough in zip(maps, masks, saturations, strict=True)
    )


def mean_saturated(found: Sequence[Defect], cut: Score) -> Fraction:
    """Return the mean over defects of the saturated share that is flagged."""
    shares = [overlap(pixels, cut, saturation) for pixels, saturation in found]
    return sum(shares, Fraction(0)) / len(shares)


def spro(maps: Sequence[Map], masks: Sequence[Mask], saturations: Saturations, cut: Score) -> Value:
    """Mean saturated share of each defect flagged at the cut; undefined without defects."""
    found = defects(maps, masks, saturations)
    known = is_known(maps, masks, saturations)
    return mean_saturated(found, cut) if found and known else None


def auspro(
    maps: Sequence[Map], masks: Sequence[Mask], saturations: Saturations, fpr_limit: Rate
) -> Value:
    """Area under that mean against the false positive rate up to the limit, over the limit.

    The curve has one point per distinct score and is straight in between.  Undefined without
    defects or without background.
    """
    found = defects(maps, masks, saturations)
    background = background_scores(maps, masks, "all")
    if not found or not background or not is_known(maps, masks, saturations):
        return None
    cuts = falling([*background, *(score for pixels, _ in found for score in pixels)])
    curve = [(Fraction(0), Fraction(0))] + [
        (share_at_or_above(background, cut), mean_saturated(found, cut)) for cut in cuts
    ]
    return area_up_to(curve, decimal(fpr_limit)) / decimal(fpr_limit)
