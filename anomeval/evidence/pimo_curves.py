"""PIMO curves: the recall of each image over the false positive rate that all images share."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.findings import PixelFindings
from anomeval.ranking.corners import bends

_ELSEWHERE = 250
"""Anomalous scores outside the windows at which there are points, at most."""

Floats = NDArray[np.float64]
Window = tuple[float, float]


@dataclass(frozen=True)
class _Points:
    """Points in the order of descending thresholds, (n,) each.

    rate: shared false positive rate. reached: thresholds of the ranking at or above the point.
    threshold: see `evidence.curves.curves`.
    """

    rate: Floats
    reached: NDArray[Any]
    threshold: Floats

    def bending(self) -> "_Points":
        """Without those within straight lines, and none twice."""
        fresh = np.append(True, (np.diff(self.rate) != 0) | (np.diff(self.reached) != 0))
        found = self.at(np.flatnonzero(fresh))
        return found.at(np.flatnonzero(bends(found.rate, found.reached)))

    def at(self, chosen: NDArray[Any]) -> "_Points":
        return _Points(self.rate[chosen], self.reached[chosen], self.threshold[chosen])


def image_curves(
    pixels: PixelFindings,
    windows: Sequence[Window],
    spread: Callable[[int, int], NDArray[np.intp]],
) -> dict[str, NDArray[Any]]:
    """The curves of all anomalous images, at the same points; see `evidence.curves.curves`.

    Memory grows with images times points: within a window each level of the shared false positive
    rate has two points at most, and so has each anomalous score.

    Args:
        pixels: with normal and anomalous ones.
        windows: where the curves are whole, by the false positive rate.
        spread: which of so many scores stand for all, see `evidence.curves.chosen`.
    """
    count = len(pixels.sample.ranking.thresholds)
    rates = _Rates(pixels)
    first = rates.first_at(0)
    needed = [np.arange(*rates.around(*window)) for window in windows]
    if first < count:
        needed.append(np.array([first]))
    scores = np.unique(np.concatenate([spread(count, _ELSEWHERE), *needed]))
    points = _points(pixels, scores, first).bending()
    recalls = np.array(
        [np.searchsorted(found, points.reached) / len(found) for _, found in pixels.ranked()]
    )
    rate, threshold = points.rate, points.threshold
    for bound in sorted({bound for window in windows for bound in window}):
        after = int(np.searchsorted(rate, bound))
        if after < len(rate) and rate[after] > bound > 0:
            recalls = np.insert(recalls, after, _between(rate, recalls, after, bound), axis=1)
            rate = np.insert(rate, after, bound)
            threshold = np.insert(threshold, after, threshold[after])
    return {
        "pixel_pimo_fpr": rate,
        "pixel_pimo_recall": recalls,
        "pixel_pimo_threshold": threshold,
        "pixel_pimo_image_path": np.array([image.identity for image, _ in pixels.ranked()]),
    }


class _Rates:
    """The shared false positive rate at single thresholds of the ranking."""

    def __init__(self, pixels: PixelFindings) -> None:
        self._pixels = pixels
        self._thresholds = pixels.sample.ranking.thresholds

    def first_at(self, rate: float) -> int:
        """The first threshold at which more than this rate is flagged."""
        return bisect_right(range(len(self._thresholds)), rate, key=lambda n: self._of(n)[1])

    def around(self, low: float, high: float) -> tuple[int, int]:
        """Which thresholds, from and up to, make the curve from one rate to another."""
        count = len(self._thresholds)
        beyond = bisect_left(range(count), high, key=lambda n: self._of(n)[0])
        return max(self.first_at(low) - 1, 0), min(beyond + 1, count)

    def _of(self, position: int) -> tuple[float, float]:
        above, at = self._pixels.shared_fpr(self._thresholds[position : position + 1])
        return float(above[0]), float(at[0])


def _points(pixels: PixelFindings, scores: NDArray[np.intp], first: int) -> _Points:
    """Before each of some anomalous scores and at it, the start and the end."""
    thresholds = pixels.sample.ranking.thresholds.astype(np.float64)
    at_them, previous = thresholds[scores], np.append(np.inf, thresholds)[scores]
    above, at = pixels.shared_fpr(at_them)
    ahead = np.minimum(pixels.lowest_normal_above(at_them), previous)
    tie = int(np.searchsorted(scores, first))
    if tie < len(scores) and above[tie] == 0:
        # Over the logarithm there is no way from nothing: the rate of the highest normal score is
        # there at once, and what ties with it is found after.
        above[tie], ahead[tie] = at[tie], at_them[tie]
    return _Points(
        np.minimum(np.concatenate([[0.0], np.ravel([above, at], "F"), [1.0]]), 1.0),
        np.concatenate([[0], np.ravel([scores, scores + 1], "F"), [len(thresholds)]]),
        np.concatenate([[np.inf], np.ravel([ahead, at_them], "F"), [pixels.sample.range()[0]]]),
    )


def _between(rate: Floats, recalls: Floats, after: int, bound: float) -> Floats:
    """The recalls (images,) at a rate between two points; straight over its logarithm."""
    before, following = recalls[:, after - 1], recalls[:, after]
    if not rate[after - 1]:
        return before
    share = np.log(bound / rate[after - 1]) / np.log(rate[after] / rate[after - 1])
    result: Floats = before + share * (following - before)
    return result
