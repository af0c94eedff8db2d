"""Per-region overlap curves as others sample them, and the areas that they take under them."""

from collections.abc import Sequence
from math import isinf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import Counts, ScoreCounts
from anomeval.ranking.sample import Sample
from anomeval.ranking.sweep import even_edges

Floats = NDArray[np.float64]


class Marked(NamedTuple):
    """The pixels inside the mask of one image; fields as of `evidence.pixels.AnomalousPixels`."""

    scores: NDArray[Any]
    regions: NDArray[np.int32]
    sizes: Counts


class Curve(NamedTuple):
    """Points of an overlap curve, (k,) each, in the order of the thresholds."""

    fpr: Floats
    overlap: Floats


class Kept(NamedTuple):
    """An area, how many points it rests on, and the highest FPR of these.

    area: None if the points are too few to have one.
    """

    area: float | None
    points: int
    last_fpr: float | None = None


def sampled_curve(
    sample: Sample, images: Sequence[Marked], thresholds: Floats, *, inclusive: bool = False
) -> Curve:
    """The curve at some thresholds.

    Args:
        sample: all pixels; there must be normal ones.
        images: the anomalous ones, region by region; there must be a region.
        thresholds: (k,) ascending.
        inclusive: whether a score at the threshold is flagged.
    """
    count = len(thresholds)
    region_total = sum(len(image.sizes) for image in images)
    found = np.zeros(count + 1)
    for image in images:
        passed = np.searchsorted(thresholds, image.scores, side="right" if inclusive else "left")
        weights = 1 / (image.sizes[image.regions] * region_total)
        found += np.bincount(passed, weights=weights, minlength=count + 1)
    overlap = np.cumsum(found[::-1])[::-1][1:]
    flagged = sum((_flagged(counts, thresholds, inclusive) for counts in sample.negatives), 0)
    return Curve(np.asarray(flagged) / sample.negative_total, overlap)


def equal_steps(low: float, high: float, count: int) -> Floats:
    """So many thresholds in equal steps from the lowest score on; the highest is none of them."""
    if isinf(high - low):
        return even_edges(low, high, count)[:-1]
    return low + np.arange(count, dtype=np.float64) * ((high - low) / count)


def equal_ranks(sample: Sample, count: int) -> Floats:
    """Normal scores at equidistant places of their ascending order, repeats left out."""
    normals = sample.normals
    places = np.linspace(0, normals.total - 1, count).astype(np.int64)
    return np.unique(np.array([normals.select(int(place)) for place in places], np.float64))


def stretched_area(curve: Curve, limit: float) -> Kept:
    """Points with FPR below the limit, their FPR stretched to [0, 1], trapezoids."""
    kept = np.flatnonzero(curve.fpr < limit)
    fpr, overlap = curve.fpr[kept][::-1], curve.overlap[kept][::-1]
    if len(kept) < 2 or fpr[0] == fpr[-1]:
        return Kept(None, len(kept))
    area = _trapezoids((fpr - fpr[0]) / (fpr[-1] - fpr[0]), overlap)
    return Kept(area, len(kept), float(fpr[-1]))


def limited_area(curve: Curve, limit: float) -> Kept:
    """Trapezoids up to the limit, linear between points, as a share of the limit.

    The curve begins at (0, 0), above all scores, and ends at (1, 1), below them.
    """
    fpr = np.concatenate([[0.0], curve.fpr[::-1], [1.0]])
    overlap = np.concatenate([[0.0], curve.overlap[::-1], [1.0]])
    inside = int(np.searchsorted(fpr, limit, side="right"))
    x, y = fpr[:inside], overlap[:inside]
    if x[-1] < limit:
        at_limit = np.interp(limit, fpr[inside - 1 : inside + 1], overlap[inside - 1 : inside + 1])
        x, y = np.append(x, limit), np.append(y, at_limit)
    return Kept(_trapezoids(x, y) / limit, int((curve.fpr <= limit).sum()))


def _trapezoids(x: Floats, y: Floats) -> float:
    return float((np.diff(x) * (y[1:] + y[:-1])).sum() / 2)


def _flagged(counts: ScoreCounts, thresholds: Floats, inclusive: bool) -> Counts:
    above, at_or_above = counts.ranks(thresholds)
    return at_or_above if inclusive else above
