"""Bands around curves: how sure they are, for pages and figures."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import portable_names
from anomeval.metrics import Level
from anomeval.reporting.figures.kinds import CURVES, CurveKind
from anomeval.reporting.figures.traces import MEAN, Bands, band_places, heights, traces
from anomeval.uncertainty.bands import band_of, curve_uncertainty, mean_curve_uncertainty
from anomeval.uncertainty.resampling import Resampling, Uncertainty
from anomeval.workflows.options import REPLICATES

PLACES = 33
"""Places along a curve at which it is judged."""

Key = tuple[CurveKind, Level]
"""A kind of curve at one of its levels."""

EVERY = tuple((kind, level) for kind in CURVES.values() for level in kind.levels)
"""All kinds of curves at all of their levels."""


def curve_bands(
    evidence: Mapping[str, Evidence],
    arrays: Mapping[str, NDArray[Any]],
    confidence: float,
    *,
    has_pixels: bool,
    wanted: Iterable[Key] = EVERY,
) -> Bands:
    """Pointwise bands of curves and of their mean, or why there are none.

    Args:
        evidence: of each category; "" where there are none.
        arrays: the curves of these, as `Evaluation.curves` gives them.
        confidence: the level of the intervals.
        has_pixels: whether pixels were judged, or images only.
        wanted: which curves.
    """
    found = {key: traces(arrays, *key) for key in wanted}
    places = {key: band_places(of, key[0], PLACES) for key, of in found.items() if of}
    known: dict[Key, dict[str, list[Uncertainty]]] = {key: {} for key in places}
    called = portable_names(row for images in evidence.values() for row in images.images)
    for name, images in evidence.items():
        resampling = Resampling(images, has_pixels=has_pixels, replicates=REPLICATES, called=called)
        for (kind, level), grid in places.items():
            for trace in found[kind, level]:
                if trace.name == name:
                    along = heights(trace, kind, grid)
                    judged = curve_uncertainty(resampling, kind.key, level, grid, along)
                    known[kind, level][name] = judged
    return {
        (kind.key, level, name): band_of(kind.key, level, places[kind, level], judged, confidence)
        for (kind, level), parts in known.items()
        for name, judged in _with_mean(parts)
    }


def _with_mean(
    parts: Mapping[str, list[Uncertainty]],
) -> Iterator[tuple[str | None, list[Uncertainty]]]:
    """What is known about each curve, and about their mean where there are several."""
    yield from parts.items()
    if len(parts) > 1:
        yield MEAN, mean_curve_uncertainty(parts)
