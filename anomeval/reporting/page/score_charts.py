"""Charts over raw scores: histograms with the fitted cut, and sweeps over all thresholds."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from anomeval.judging.post_processor import FittedLevel, OneClassPostProcessor
from anomeval.metrics import METRICS, Level
from anomeval.names import clean_name
from anomeval.reporting.figures.histogram import Histogram
from anomeval.reporting.figures.kinds import (
    CLASS_LABELS,
    SCORE_LABEL,
    SHARE_LABEL,
    SWEEP_METRICS,
    THRESHOLD_LABEL,
)
from anomeval.reporting.figures.traces import Sweep
from anomeval.reporting.headings import proper_name
from anomeval.reporting.numerals import counted, texts_apart
from anomeval.reporting.page.axes import Axis, Floats, with_room
from anomeval.reporting.page.chart import (
    Chart,
    Frame,
    LegendEntry,
    Line,
    Marker,
    Span,
    stairs_of_bins,
)
from anomeval.reporting.page.model import ScoreSpread, fitted_level

_POINTS = 120
_LEAST_SHARE = 1e-5  # lower ends of logarithmic axes


def histogram_chart(spread: ScoreSpread, position: int) -> Chart:
    """Normal and anomalous scores of one level of one category."""
    level, x = spread.level, _score_axis(spread.test.edges, SCORE_LABEL, spread.fitted)
    frame = Frame(x, _share_axis(spread))
    lines = _outlines(frame, spread.test, "fill", spread.category)
    legend = [LegendEntry(CLASS_LABELS[name], f"fill {name}") for name in CLASS_LABELS]
    if spread.validation is not None:
        lines += _outlines(frame, spread.validation, "validation", spread.category)
        legend.append(LegendEntry("validation split", "validation"))
    if spread.fitted is not None:
        legend.append(LegendEntry("range of the validation split", "range"))
    place = _place(level, spread.category)
    return Chart(
        key=f"{level}-scores-{position}",
        title=place,
        caption=" ".join([_fit_words(spread.fitted), *_not_shown(spread.test)]),
        description=f"Histogram of {place}: shares of normal and anomalous scores",
        frame=frame,
        lines=lines,
        legend=legend,
        markers=_markers(frame, spread.fitted),
        spans=_range(frame, spread.fitted),
        group=spread.category,
    )


def sweep_chart(sweep: Sweep, level: Level, judge: OneClassPostProcessor | None, n: int) -> Chart:
    """Precision, recall and F1 over all thresholds of one category."""
    fitted = fitted_level(judge, level)
    kept = np.unique(np.linspace(0, len(sweep.threshold) - 1, _POINTS).round().astype(np.intp))
    threshold = sweep.threshold[kept]
    frame = Frame(_score_axis(threshold, THRESHOLD_LABEL, fitted), Axis("", 0, 1))
    values = sweep.lines()
    place = _place(level, sweep.name)
    return Chart(
        key=f"{level}-sweep-{n}",
        title=place,
        caption=_fit_words(fitted),
        description=f"Precision, recall and F1 of {place} over the threshold",
        frame=frame,
        lines=[
            Line(frame.path(threshold, values[name][kept]), f"sweep-{name}", sweep.name)
            for name in SWEEP_METRICS
        ],
        legend=[LegendEntry(proper_name(METRICS[name]), f"sweep-{name}") for name in SWEEP_METRICS],
        markers=_markers(frame, fitted),
        group=sweep.name,
    )


def _place(level: Level, category: str) -> str:
    return f"{clean_name(category)}, {level} level" if category else f"{level} level"


def _score_axis(scores: Floats, label: str, fitted: FittedLevel | None) -> Axis:
    """An axis that holds the scores and the cut, with some room at both ends."""
    cuts = [fitted.scale.cut, fitted.scale.threshold] if fitted else []
    ends = [float(scores.min()), float(scores.max()), *filter(isfinite, cuts)]
    return Axis(label, *with_room(min(ends), max(ends)))


def _share_axis(spread: ScoreSpread) -> Axis:
    """From zero for images; logarithmic for pixels, whose tails are what matters."""
    spreads = [spread.test, *([spread.validation] if spread.validation else [])]
    highest = max(float(one.shares(name).max()) for one in spreads for name in CLASS_LABELS)
    if spread.level == "pixel":
        return Axis(f"{SHARE_LABEL} (logarithmic)", _LEAST_SHARE, 1.0, log=True)
    return Axis(SHARE_LABEL, 0, highest * 1.1 or 1.0)


def _outlines(frame: Frame, spread: Histogram, style: str, group: str) -> list[Line]:
    """The outline of each class that has any score."""
    return [
        Line(
            frame.path(*stairs_of_bins(spread.edges, spread.shares(name))),
            f"{style} {name}",
            group,
        )
        for name in CLASS_LABELS
        if getattr(spread, name).any()
    ]


def _markers(frame: Frame, fitted: FittedLevel | None) -> list[Marker]:
    if fitted is None:
        return []
    scale = fitted.scale
    cut, threshold = texts_apart(scale.cut, scale.threshold)
    found = [frame.marker(scale.cut, f"cut {cut}", "cut")]
    if scale.threshold != scale.cut:
        found.append(frame.marker(scale.threshold, f"threshold {threshold}", "threshold"))
    return found


def _range(frame: Frame, fitted: FittedLevel | None) -> Sequence[Span]:
    if fitted is None:
        return []
    return [frame.span(fitted.scale.low, fitted.scale.high, "range")]


def _not_shown(spread: Histogram) -> list[str]:
    """What an axis has no place for."""
    count = spread.infinite
    return [f"{counted(count, 'infinite score')} not shown."] if count else []


def _fit_words(fitted: FittedLevel | None) -> str:
    if fitted is None:
        return "No threshold was fitted."
    scale = fitted.scale
    cut, threshold = texts_apart(scale.cut, scale.threshold)
    if scale.cut == scale.threshold:
        return f"Cut {cut} by rule {fitted.rule}."
    words = f"Cut {cut}: threshold {threshold}"
    return f"{words} by rule {fitted.rule}, moved by sensitivity {scale.sensitivity:g}."
