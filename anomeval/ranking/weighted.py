"""Ranking metrics under many weightings of the images at once.

A weighting says how often each image is drawn into a resample. All of them share the same
thresholds, so one matrix product gives the curves of all, and each metric is a few passes over
them. Sums run along the first axis, in order: the same bytes on every machine.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SLACK = 2.0**-40
"""Room for the rounding of rate · total, which in whole counts must not decide."""


@dataclass(frozen=True)
class WeightedCurve:
    """Where a threshold passes on its way from above all scores to below them.

    found: (k + 1, r) weight of the positives at or above each threshold; the first row is zero.
    flagged: (k + 1, r) weight of the negatives at or above it.
    balance: (r,) how much a negative counts beside a positive where the two are set against each
        other, so that every resample has the prevalence of the data.
    stepped: whether each threshold is one distinct score. Else it ends a bin of many scores, and
        between two rows positives and negatives join at a constant ratio.
    """

    found: Floats
    flagged: Floats
    balance: Floats
    stepped: bool

    def extreme(self, column: int, *, best: bool) -> "WeightedCurve":
        """One weighting, if in each bin all positives came first (best), or all negatives."""
        one = slice(column, column + 1)
        return WeightedCurve(
            _with_corners(self.found[:, one], early=best),
            _with_corners(self.flagged[:, one], early=not best),
            self.balance[one],
            stepped=best,  # the best that can be made of a tie is to be found at once
        )


@dataclass(frozen=True)
class WeightedConfusion:
    """Weights of decisions against the truth, (r,) each, at the prevalence of the data."""

    true_positives: Floats
    false_positives: Floats
    false_negatives: Floats
    true_negatives: Floats


Measure = Callable[[WeightedCurve], Floats]
"""From a curve to the value of each weighting, (r,); NaN where it is undefined."""


def area_under_roc(curve: WeightedCurve) -> Floats:
    """Area under the ROC curve; see `areas.area_under_roc`."""
    found, flagged = curve.found, curve.flagged
    beaten = flagged[-1] - (flagged[:-1] + flagged[1:]) / 2
    return _ratio(_total(np.diff(found, axis=0) * beaten), found[-1] * flagged[-1])


def average_precision(curve: WeightedCurve) -> Floats:
    """Average precision; within bins the precision halfway stands for all."""
    found = curve.found
    joined = np.diff(found, axis=0)
    if curve.stepped:
        precision = _precision(found[1:], curve.flagged[1:] * curve.balance)
    else:
        middle = (curve.flagged[:-1] + curve.flagged[1:]) / 2
        precision = _precision((found[:-1] + found[1:]) / 2, middle * curve.balance)
    return _ratio(_total(joined * precision), found[-1])


def area_under_precision_recall(curve: WeightedCurve) -> Floats:
    """Trapezoids under the precision-recall curve; in bins of many scores the same as stepwise."""
    if not curve.stepped:
        return average_precision(curve)
    precision = _precision(curve.found, curve.flagged * curve.balance)
    joined = np.diff(curve.found, axis=0)
    return _ratio(_total(joined * (precision[:-1] + precision[1:])), 2 * curve.found[-1])


def best_f1(curve: WeightedCurve) -> Floats:
    """Largest 2·TP / (2·TP + FP + FN) over the thresholds."""
    flagged = curve.flagged * curve.balance
    return _largest(_ratio(2 * curve.found, curve.found[-1] + curve.found + flagged))


def best_iou(curve: WeightedCurve) -> Floats:
    """Largest TP / (TP + FP + FN) over the thresholds."""
    return _largest(_ratio(curve.found, curve.found[-1] + curve.flagged * curve.balance))


def flagged_where_found(curve: WeightedCurve, share: float) -> Floats:
    """Share of the negatives flagged at the highest threshold that finds this share."""
    flagged = _reach(curve, curve.found, curve.flagged, share)
    return _where_both(curve, _ratio(flagged, curve.flagged[-1]))


def found_where_flagged(curve: WeightedCurve, share: float) -> Floats:
    """Share of the positives found at the lowest threshold that flags at most this share."""
    if curve.stepped:
        within = curve.flagged <= share * curve.flagged[-1] * (1 + _SLACK)
        found = _largest(np.where(within, curve.found, 0.0))
    else:
        found = _reach(curve, curve.flagged, curve.found, share)
    return _where_both(curve, _ratio(found, curve.found[-1]))


def height_where_flagged(curve: WeightedCurve, share: float) -> Floats:
    """Share of the positives found where the ROC curve passes this share of the negatives.

    Where positives and negatives tie it is straight, and where it is upright its top counts.
    """
    if not curve.stepped:
        return found_where_flagged(curve, share)
    goal = share * curve.flagged[-1]
    at = (curve.flagged <= goal * (1 + _SLACK)).sum(axis=0) - 1
    columns, after = np.arange(curve.flagged.shape[1]), np.minimum(at + 1, len(curve.flagged) - 1)
    low, high = curve.flagged[at, columns], curve.flagged[after, columns]
    part = np.clip(_ratio(goal - low, high - low, nothing=0.0), 0.0, 1.0)
    found = curve.found[at, columns]
    found = found + part * (curve.found[after, columns] - found)
    return _where_both(curve, _ratio(found, curve.found[-1]))


def precision_where_found(curve: WeightedCurve, share: float) -> Floats:
    """Precision at the highest threshold that finds this share of the positives."""
    found = _reach(curve, curve.found, curve.found, share)
    flagged = _reach(curve, curve.found, curve.flagged, share)
    return _where_both(curve, _precision(found, flagged * curve.balance))


def area_up_to(curve: WeightedCurve, limit: float) -> Floats:
    """Area under found over flagged shares, linear between points, as a share of the limit."""
    end = limit * curve.flagged[-1]
    width = np.diff(curve.flagged, axis=0)
    inside = np.minimum(curve.flagged[1:], end) - np.minimum(curve.flagged[:-1], end)
    rise = np.diff(curve.found, axis=0) * _ratio(inside, 2 * width, nothing=0.0)
    return _ratio(_total((curve.found[:-1] + rise) * inside), end * curve.found[-1])


def area_over_logarithm(curve: WeightedCurve, low: float, high: float) -> Floats:
    """Area under the found share over ln(flagged share) in [low, high], divided by its width."""
    total = curve.flagged[-1]
    start = np.clip(curve.flagged[:-1], low * total, high * total)
    stop = np.clip(curve.flagged[1:], low * total, high * total)
    crossed = np.flatnonzero((stop > start).any(axis=1))
    rows = slice(crossed[0], crossed[-1] + 1) if len(crossed) else slice(0, 0)
    start, stop = start[rows], stop[rows]
    first, joined = curve.flagged[:-1][rows], np.diff(curve.flagged, axis=0)[rows]
    rate = _ratio(np.diff(curve.found, axis=0)[rows], joined, nothing=0.0)
    logs = np.log(_ratio(stop, start, nothing=1.0))
    areas = curve.found[:-1][rows] * logs + rate * ((stop - start) - first * logs)
    return _where_both(curve, _ratio(_total(areas), np.log(high / low) * curve.found[-1]))


def add_up(rows: Floats) -> None:
    """Add to each row all above it, in place. Several times as fast as `np.cumsum` over rows."""
    for row in range(1, len(rows)):
        rows[row] += rows[row - 1]


def _reach(curve: WeightedCurve, along: Floats, read: Floats, share: float) -> Floats:
    """`read` at the highest threshold where `along` has reached this share of its total."""
    goal = share * along[-1] * (1 - _SLACK)
    at = np.minimum((along < goal).sum(axis=0), len(along) - 1)
    columns = np.arange(along.shape[1])
    after: Floats = read[at, columns]
    if curve.stepped:
        return after
    previous = np.maximum(at - 1, 0)
    before, low = read[previous, columns], along[previous, columns]
    part = _ratio(goal - low, along[at, columns] - low, nothing=1.0)
    between: Floats = before + (after - before) * np.clip(part, 0.0, 1.0)
    return between


def _where_both(curve: WeightedCurve, values: Floats) -> Floats:
    """The values of resamples that hold both classes; NaN for the others."""
    return np.where((curve.found[-1] > 0) & (curve.flagged[-1] > 0), values, np.nan)


def _precision(found: Floats, flagged: Floats) -> Floats:
    """Precision, 1 where nothing is flagged."""
    return _ratio(found, found + flagged, nothing=1.0)


def _ratio(numerator: Floats, denominator: Floats, *, nothing: float = np.nan) -> Floats:
    """Quotients, with a stand-in where the denominator is zero."""
    empty = denominator == 0
    result: Floats = np.where(empty, nothing, numerator / np.where(empty, 1.0, denominator))
    return result


def _total(terms: Floats) -> Floats:
    """Sum over the first axis, row after row."""
    total: Floats = np.add.reduce(terms, axis=0)
    return total


def _largest(values: Floats) -> Floats:
    result: Floats = values.max(axis=0)
    return result


def _with_corners(points: Floats, *, early: bool) -> Floats:
    """Between each two points another one at the second (early) or at the first."""
    corners = np.repeat(points, 2, axis=0)
    return corners[1:] if early else corners[:-1]
