"""Pixel metrics of masks that leave pixels open: normal, anomalous, or not annotated (void).

Everything is told once more from the definitions, by loops over the masks as they are stored, and
shares no code with the other references. Where they meet the metrics with pixels taken out before,
this one knows at every step which pixels are void:

- a void pixel is neither flagged nor missed: it is in no class and in no denominator;
- a region is a set of anomalous pixels that touch by sides or corners. A void pixel joins nothing,
  so that one which cuts through a defect makes two regions of it;
- the false positive rate of an image is a share of its normal pixels; an image that has none has
  no rate, and no part in the mean of rates;
- an image labelled anomalous without an anomalous pixel has no pixel truth, and no
  part in anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log

NORMAL, ANOMALOUS = 0, 1
"""Every other value of a mask is void."""


@dataclass(frozen=True)
class Annotated:
    """An image: rows of scores, rows of mask values as stored, and its label."""

    scores: Sequence[Sequence[float]]
    mask: Sequence[Sequence[int]]
    is_anomalous: bool

    def where(self, truth: int) -> list[float]:
        """The scores of the pixels of one kind."""
        return [self.scores[row][column] for row, column in self._places(truth)]

    def regions(self) -> list[list[float]]:
        """The scores of each region: places are put together until no two groups touch."""
        groups = [[place] for place in self._places(ANOMALOUS)]
        while pair := _touching(groups):
            first, second = pair
            groups = [group for group in groups if group not in pair] + [first + second]
        return [[self.scores[row][column] for row, column in group] for group in groups]

    def _places(self, truth: int) -> list[tuple[int, int]]:
        return [
            (row, column)
            for row, values in enumerate(self.mask)
            for column, value in enumerate(values)
            if value == truth
        ]


Places = list[tuple[int, int]]


def _touching(groups: list[Places]) -> tuple[Places, Places] | None:
    for first in groups:
        for second in groups:
            near = (abs(a - c) <= 1 and abs(b - d) <= 1 for a, b in first for c, d in second)
            if first is not second and any(near):
                return first, second
    return None


def with_pixel_truth(images: Sequence[Annotated]) -> list[Annotated]:
    """Those that have a part in pixel metrics."""
    return [one for one in images if one.where(ANOMALOUS) or not one.is_anomalous]


def auroc(images: Sequence[Annotated]) -> Fraction | None:
    """How often an anomalous pixel outranks a normal one; a tie is half a win."""
    normal, anomalous = _pooled(images)
    wins = [Fraction((a > n) + (a >= n), 2) for a in anomalous for n in normal]
    return sum(wins, Fraction(0)) / len(wins) if wins else None


def average_precision(images: Sequence[Annotated]) -> Fraction | None:
    """Precision at each cut, weighed by how much recall it adds."""
    normal, anomalous = _pooled(images)
    if not anomalous:
        return None
    area = Fraction(0)
    for cut in _cuts(normal + anomalous):
        new = anomalous.count(cut)
        found, flagged = _flagged(anomalous, cut), _flagged(normal + anomalous, cut)
        area += Fraction(new, len(anomalous)) * Fraction(found, flagged)
    return area


def f1max(images: Sequence[Annotated]) -> Fraction | None:
    """The highest F1 of any cut."""
    normal, anomalous = _pooled(images)
    if not anomalous:
        return None
    return max(
        Fraction(2 * _flagged(anomalous, cut), _flagged(normal + anomalous, cut) + len(anomalous))
        for cut in _cuts(normal + anomalous)
    )


def pro(images: Sequence[Annotated], cut: float) -> Fraction | None:
    """The mean over regions of the share that is flagged."""
    shares = [
        Fraction(_flagged(region, cut), len(region)) for one in images for region in one.regions()
    ]
    return sum(shares, Fraction(0)) / len(shares) if shares else None


def aupro(images: Sequence[Annotated], limit: Fraction) -> Fraction | None:
    """The area below mean overlap over false positive rate up to a limit, over the limit."""
    normal, anomalous = _pooled(images)
    if not normal or not anomalous:
        return None
    area, x0, y0 = Fraction(0), Fraction(0), Fraction(0)
    for cut in _cuts(normal + anomalous):
        overlap = pro(images, cut)
        assert overlap is not None
        x1, y1 = Fraction(_flagged(normal, cut), len(normal)), overlap
        if x1 > limit:
            y1 = y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
            return (area + (limit - x0) * (y0 + y1) / 2) / limit
        area += (x1 - x0) * (y0 + y1) / 2
        x0, y0 = x1, y1
    return area / limit


def aupimo(images: Sequence[Annotated], low: Fraction, high: Fraction) -> float | None:
    """The mean over anomalous images of the mean recall over the logarithm of the shared rate."""
    backgrounds = [one.where(NORMAL) for one in images if not one.where(ANOMALOUS)]
    backgrounds = [scores for scores in backgrounds if scores]
    found = [one.where(ANOMALOUS) for one in images if one.where(ANOMALOUS)]
    if not backgrounds or not found:
        return None
    return sum(_pimo(backgrounds, pixels, low, high) for pixels in found) / len(found)


def _pimo(
    backgrounds: Sequence[Sequence[float]], pixels: Sequence[float], low: Fraction, high: Fraction
) -> float:
    """Between two rates recall is a straight line over the logarithm of the rate."""
    area, before = 0.0, Fraction(0)
    for cut in _cuts([score for scores in backgrounds for score in scores]):
        shares = [Fraction(_flagged(scores, cut), len(scores)) for scores in backgrounds]
        rate = sum(shares, Fraction(0)) / len(shares)
        above = sum(score > cut for score in pixels) / len(pixels)
        step = _flagged(pixels, cut) / len(pixels) - above
        left, right = max(before, low), min(rate, high)
        if left < right:
            middle = log((left * right) ** 0.5 / before) / log(rate / before) if before else 0
            area += log(right / left) * (above + step * middle)
        before = rate
    return area / log(high / low)


def _pooled(images: Sequence[Annotated]) -> tuple[list[float], list[float]]:
    normal, anomalous = (
        [score for one in images for score in one.where(truth)] for truth in (NORMAL, ANOMALOUS)
    )
    return normal, anomalous


def _cuts(scores: Sequence[float]) -> Iterator[float]:
    yield from sorted(set(scores), reverse=True)


def _flagged(scores: Sequence[float], cut: float) -> int:
    return sum(score >= cut for score in scores)
