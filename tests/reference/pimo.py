"""AUPIMO: per-image overlap against the false positive rate of normal images, log scale.

The measure of Bertoldo et al. (2024) in the limit of infinitely many thresholds.  Floats enter
only through the logarithms.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import fsum, log1p
from typing import NamedTuple

from tests.reference.exact import (
    Map,
    Mask,
    Rate,
    Score,
    decimal,
    falling,
    share_above,
    share_at_or_above,
)
from tests.reference.pixels import is_anomalous, scores_where


class Stretch(NamedTuple):
    """One image's curve between two neighbouring false positive rates, straight in ln(rate)."""

    start: Fraction
    end: Fraction
    first: Fraction
    last: Fraction

    def height(self, rate: Fraction) -> float:
        """Return the recall at a rate; next to rate 0, where ln has no end, it is constant."""
        if self.start == 0:
            return float(self.first)
        way = ln(rate / self.start) / ln(self.end / self.start)
        return float(self.first) + float(self.last - self.first) * way


def ln(value: Fraction) -> float:
    """Return the natural logarithm, precise also for values next to 1."""
    return log1p(value - 1)


def shared_fpr(normal_images: Sequence[Sequence[Score]], cut: Score) -> Fraction:
    """Return the mean over the normal images of each one's share of flagged pixels."""
    rates = [share_at_or_above(image, cut) for image in normal_images]
    return sum(rates, Fraction(0)) / len(rates)


def stretches(
    normal_images: Sequence[Sequence[Score]], anomalous_pixels: Sequence[Score]
) -> Iterator[Stretch]:
    """Yield the curve of one image from rate 0 to 1, one stretch per distinct normal score.

    As the cut falls onto a normal score, the rate grows from the previous one to this one's,
    while recall grows from the pixels strictly above the score to those at or above it.
    """
    start = Fraction(0)
    for cut in falling(score for image in normal_images for score in image):
        end = shared_fpr(normal_images, cut)
        first = share_above(anomalous_pixels, cut)
        yield Stretch(start, end, first, share_at_or_above(anomalous_pixels, cut))
        start = end


def area(curve: Iterator[Stretch], low: Fraction, high: Fraction) -> float:
    """Return the mean height of the curve over ln(rate) between the two bounds."""
    parts = []
    for stretch in curve:
        left, right = max(stretch.start, low), min(stretch.end, high)
        if left < right:
            height = (stretch.height(left) + stretch.height(right)) / 2
            parts.append(height * ln(right / left))
    return fsum(parts) / ln(high / low)


def aupimo_per_image(
    maps: Sequence[Map],
    masks: Sequence[Mask],
    fpr_low: Rate,
    fpr_high: Rate,
    labels: Sequence[int] | None = None,
) -> list[float | None]:
    """Return each image's area, undefined for images without anomalous pixels.

    Normal images are those with an empty mask, save the ones that `labels` calls anomalous:
    such an image has no area and does not define the shared rate either.  Without normal images
    every area is undefined.
    """
    known = [0] * len(maps) if labels is None else labels
    images = list(zip(maps, masks, known, strict=True))
    normal_images = [
        pixels
        for scores, mask, label in images
        if not is_anomalous(mask) and not label and (pixels := scores_where(scores, mask, 0))
    ]
    low, high = decimal(fpr_low), decimal(fpr_high)
    return [
        area(stretches(normal_images, pixels), low, high) if pixels and normal_images else None
        for pixels in (scores_where(scores, mask, 1) for scores, mask, _ in images)
    ]


def aupimo(
    maps: Sequence[Map],
    masks: Sequence[Mask],
    fpr_low: Rate,
    fpr_high: Rate,
    labels: Sequence[int] | None = None,
) -> float | None:
    """Return the mean area of the images that have one; undefined when none has."""
    areas = aupimo_per_image(maps, masks, fpr_low, fpr_high, labels)
    defined = [value for value in areas if value is not None]
    return fsum(defined) / len(defined) if defined else None
