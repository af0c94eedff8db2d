"""How sure the height of a curve is at single places along x.

Each height is judged alone, as every value is (`interval`), so a band is pointwise: at each place
it holds the true height with its probability, the whole curve less often.

There is no band where fewer than `FEWEST` images decide: at a false positive rate of images that a
single one makes, at recalls that one anomalous image makes or breaks, and, as pixels come in lumps,
where less is missed than one image could hold. benchmarks/bands.py shows what bands cover.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.resamples import Resamples
from anomeval.metrics import Level
from anomeval.ranking.weighted import (
    Measure,
    WeightedCurve,
    found_where_flagged,
    height_where_flagged,
    precision_where_found,
)
from anomeval.ranking.wilson import wilson
from anomeval.uncertainty.interval import student_quantile
from anomeval.uncertainty.resampling import Quantities, Resampling, Uncertainty, mean_uncertainty

Floats = NDArray[np.float64]

FEWEST = 2
"""Images of a class that have to lie beyond a place of the curve on its either side."""

_HEIGHTS: Mapping[str, Callable[[WeightedCurve, float], Floats]] = {
    "roc": height_where_flagged,
    "pr": precision_where_found,
    "pro": found_where_flagged,
    "pimo": found_where_flagged,
}
_PIXEL_CURVES: Mapping[str, Callable[[Resamples], WeightedCurve]] = {
    "roc": lambda seen: seen.pixel_curve,
    "pr": lambda seen: seen.pixel_curve,
    "pro": lambda seen: seen.region_curve,
    "pimo": lambda seen: seen.image_curve,
}


_FEW = Uncertainty(reason=f"fewer than {FEWEST} images decide")


@dataclass(frozen=True)
class Band:
    """Pointwise intervals of a confidence along a curve: (n,) at ascending places, two or more."""

    x: Floats
    low: Floats
    high: Floats
    confidence: float


def curve_uncertainty(
    resampling: Resampling, kind: str, level: Level, places: Floats, heights: Floats
) -> list[Uncertainty]:
    """What is known about the heights of a curve.

    Args:
        resampling: of the images that the curve is of.
        kind: "roc", "pr", "pro" or "pimo". level: of the scores.
        places: (n,) false positive rates; recalls for "pr".
        heights: (n,) of the curve there.
    """
    measures = [_height_at(_HEIGHTS[kind], place) for place in places.tolist()]
    resample = partial(_measured, kind=kind, level=level, measures=measures)
    wanted = Quantities(level, ("normal", "anomalous"), resample)
    known = resampling.estimate(wanted, heights.tolist())
    normal, anomalous = (max(size, 1) for size in resampling.sizes(level))
    enough = np.ones(len(places), np.bool_)
    if kind == "pr":
        edge = FEWEST / anomalous
        enough = (edge <= places) & (places <= 1 - edge)
    elif level != "pixel":
        enough = places >= FEWEST / normal
    return [
        one if sure or one.reason else _FEW
        for one, sure in zip(known, enough.tolist(), strict=True)
    ]


def mean_curve_uncertainty(parts: Mapping[str, Sequence[Uncertainty]]) -> list[Uncertainty]:
    """What is known about the mean of several curves, by name, at the same places."""
    return [
        mean_uncertainty(dict(zip(parts, known, strict=True)))
        for known in zip(*parts.values(), strict=True)
    ]


def band_of(
    kind: str, level: Level, places: Floats, known: Sequence[Uncertainty], confidence: float
) -> Band | str:
    """The longest stretch of places that have intervals, or why no two neighbours have one."""
    if level == "pixel" and kind != "pr":
        known = [_unless_nearly_all(one) for one in known]
    low, high = np.array([_ends(one, level, confidence) for one in known]).T
    steps = np.flatnonzero(np.diff(np.isfinite(low), prepend=False, append=False))
    starts, stops = steps[::2], steps[1::2]
    lengths = stops - starts
    if lengths.max(initial=0) < 2:
        return next(one.reason for one in known if one.reason)
    longest = int(np.argmax(lengths))
    some = slice(starts[longest], stops[longest])
    return Band(places[some], low[some], high[some], confidence)


def _height_at(height: Callable[[WeightedCurve, float], Floats], place: float) -> Measure:
    return lambda curve: height(curve, place)


def _ends(known: Uncertainty, level: Level, confidence: float) -> tuple[float, float]:
    """The interval of a height, (NaN, NaN) where there is none.

    Close to 1, and for the coarse steps of few images, an interval on the logit scale reaches far
    beyond what resamples show. It ends at the wider of the plain interval and Wilson's, where
    these are narrower, which costs a few hundredths of simulated coverage at most.
    """
    found, spread, replicates = known.interval(confidence), known.spread, known.replicates
    if found is None or spread is None or replicates is None:
        return np.nan, np.nan
    if level == "pixel" and spread.value <= 1 - FEWEST / replicates.anomalous:
        return found
    reach = student_quantile((1 + confidence) / 2, spread.freedom) * spread.error
    low, high = wilson(spread.value, spread.units, confidence)
    return (
        max(found[0], min(spread.value - reach, low)),
        min(found[1], max(spread.value + reach, high)),
    )


def _unless_nearly_all(known: Uncertainty) -> Uncertainty:
    """Nothing is known where less than `FEWEST` images are missed, whose pixels come in lumps."""
    if known.spread is None or known.replicates is None:
        return known
    enough = known.spread.value <= 1 - FEWEST / known.replicates.anomalous
    return known if enough else _FEW


def _measured(seen: Resamples, *, kind: str, level: Level, measures: Sequence[Measure]) -> Floats:
    """The heights of the curve of each resample, (places, resamples)."""
    if level == "pixel":
        curve = _PIXEL_CURVES[kind](seen)
        return np.array([measure(curve) for measure in measures])
    return np.array([seen.measured(level, measure) for measure in measures])
