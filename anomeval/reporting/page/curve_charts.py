"""Charts of ROC, PR, PRO and PIMO curves: a line for each category, and their mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from anomeval.metrics import METRICS, Level
from anomeval.metrics.grammar import parse_metric
from anomeval.metrics.regional import AUPIMO, AUPRO
from anomeval.names import clean_name
from anomeval.reporting.figures.kinds import CURVES, CurveKind
from anomeval.reporting.figures.traces import Bands, Trace, mean_trace, traces, vertices
from anomeval.reporting.numerals import ValueStyle, counted, score_text
from anomeval.reporting.page.axes import Axis
from anomeval.reporting.page.chart import Chart, Frame, LegendEntry, Line, Span
from anomeval.reporting.result import Result, Row
from anomeval.uncertainty.bands import Band

Numbers = dict[str, dict[str, dict[str, list[float]]]]
"""Chart key → name of a curve → array → the exact numbers of its points."""

STYLES = 8
"""So many categories have a colour of their own."""
MEAN = "mean"

_POINTS = 2400  # of all lines of a chart together
_FEWEST, _MOST = 60, 240
_STYLE = ValueStyle()


def curve_charts(
    result: Result, arrays: Mapping[str, NDArray[Any]], bands: Bands
) -> tuple[list[Chart], Numbers]:
    """A chart for each kind of curve and level there is, and the numbers that are plotted."""
    charts: list[Chart] = []
    numbers: Numbers = {}
    for kind in CURVES.values():
        for level in kind.levels:
            found = traces(arrays, kind, level)
            if found:
                chart, points = _chart(result, kind, level, found, bands)
                charts.append(chart)
                numbers[chart.key] = points
    return charts, numbers


def lede(arrays: Mapping[str, NDArray[Any]], bands: Bands) -> str:
    """What is true of all charts of curves."""
    parts = ["Beside each name: the metric and its interval."]
    levels = {band.confidence for band in bands.values() if isinstance(band, Band)}
    several = len(traces(arrays, CURVES["pr"], "image")) > 1
    if several:
        parts.append("Bold: the unweighted mean of the categories.")
    if levels:
        of = " of the mean, or of a category that is picked" if several else ""
        percent = score_text(100 * levels.pop())
        parts.append(f"Band: {percent} % interval{of}, at each point by itself (pointwise).")
    return " ".join(parts)


def line_style(position: int) -> str:
    """How the line of a category is drawn, by its place among the categories."""
    return f"s{position}" if position < STYLES else "s-other"


def _chart(
    result: Result, kind: CurveKind, level: Level, found: Sequence[Trace], bands: Bands
) -> tuple[Chart, dict[str, dict[str, list[float]]]]:
    metric = _area_metric(result, kind, level)
    frame = _frame(kind, metric)
    mean = mean_trace(found, kind)
    most = min(max(_POINTS // len(found), _FEWEST), _MOST)
    plotted = [*(trace.thinned(most) for trace in found), *([mean] if mean else [])]
    known = [
        bands.get((kind.key, level, trace.band_name), "none was asked for") for trace in plotted
    ]
    chart = Chart(
        key=f"{level}-{kind.key}",
        title=f"{kind.title}, {level} level",
        caption=_caption(kind, known[-1]),
        description=f"{kind.title} curve: {kind.y_label} over {kind.x_label}, "
        f"{counted(len(plotted), 'line')}",
        frame=frame,
        lines=[*_areas(frame, plotted, known), *_lines(frame, plotted, kind)],
        legend=_legend(result, metric, plotted),
        spans=_spans(kind, metric, frame),
    )
    points = zip(plotted, known, strict=True)
    return chart, {trace.name: _points(trace, kind, band) for trace, band in points}


def _lines(frame: Frame, plotted: Sequence[Trace], kind: CurveKind) -> list[Line]:
    return [
        Line(frame.path(*vertices(trace, kind)), _style(trace, n), _group(trace))
        for n, trace in enumerate(plotted)
    ]


def _areas(frame: Frame, plotted: Sequence[Trace], known: Sequence[Band | str]) -> list[Line]:
    """The bands; those of categories among others are shown when one is picked."""
    return [
        Line(
            frame.area(band.x, band.low, band.high),
            f"band {_style(trace, n)}",
            _group(trace) if len(plotted) > 1 else "",
        )
        for n, (trace, band) in enumerate(zip(plotted, known, strict=True))
        if isinstance(band, Band)
    ]


def _style(trace: Trace, position: int) -> str:
    return MEAN if trace.is_mean else line_style(position)


def _group(trace: Trace) -> str:
    """The category that a line belongs to."""
    return "" if trace.is_mean else trace.name


def _points(trace: Trace, kind: CurveKind, band: Band | str) -> dict[str, list[float]]:
    points = {kind.x: trace.x.tolist(), kind.y: trace.y.tolist()}
    if trace.threshold is not None:
        points["threshold"] = trace.threshold.tolist()
    if isinstance(band, Band):
        points |= {f"band_{name}": getattr(band, name).tolist() for name in ("x", "low", "high")}
    return points


def _area_metric(result: Result, kind: CurveKind, level: Level) -> str:
    """The area under the curve as the result has it; else with its default parameters."""
    family = METRICS[kind.metric]
    for row in result.rows:
        if row.metric.partition("(")[0] == f"{level}_{kind.metric}":
            return row.metric
    return str(family(level))


def _frame(kind: CurveKind, metric: str) -> Frame:
    area = parse_metric(metric, METRICS)
    high = area.fpr_limit if isinstance(area, AUPRO) else 1.0
    low = area.fpr_low / 10 if isinstance(area, AUPIMO) else 0.0
    return Frame(Axis(kind.x_label, low, high, kind.log_x), Axis(kind.y_label, 0, 1))


def _spans(kind: CurveKind, metric: str, frame: Frame) -> list[Span]:
    area = parse_metric(metric, METRICS)
    if isinstance(area, AUPIMO):
        return [frame.span(area.fpr_low, area.fpr_high, "range")]
    return []


def _caption(kind: CurveKind, known: Band | str) -> str:
    parts = [f"{kind.explanation}."]
    if kind.key == "pimo":
        parts.append("The area is taken where the background is tinted.")
    if isinstance(known, str):
        parts.append(f"No band: {clean_name(known)}.")
    return " ".join(parts)


def _legend(result: Result, metric: str, plotted: Sequence[Trace]) -> list[LegendEntry]:
    entries = []
    for position, trace in enumerate(plotted):
        is_mean = trace.is_mean
        group = None if is_mean or len(plotted) == 1 else {"category": trace.name}
        row = _row(result, metric, group)
        interval = row.confidence if row else None
        entries.append(
            LegendEntry(
                text=MEAN if is_mean else clean_name(trace.name) if group else "all images",
                style=MEAN if is_mean else line_style(position),
                group="" if is_mean else trace.name,
                value=_STYLE.value(row.value) if row and row.value is not None else "",
                interval=_STYLE.interval(interval.low, interval.high) if interval else "",
            )
        )
    return sorted(entries, key=lambda entry: entry.style != MEAN)


def _row(result: Result, metric: str, group: Mapping[str, str] | None) -> Row | None:
    return next((r for r in result.rows if r.metric == metric and r.group == group), None)
