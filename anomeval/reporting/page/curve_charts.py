"""Charts of ROC, PR, PRO and PIMO curves: a line for each category, and their mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from anomeval.metrics import METRICS, Level
from anomeval.metrics.grammar import parse_metric
from anomeval.metrics.regional import AUPIMO, AUPRO
from anomeval.reporting.cells import clean_name
from anomeval.reporting.figures.kinds import CURVES, CurveKind
from anomeval.reporting.figures.traces import Trace, mean_trace, traces, vertices
from anomeval.reporting.numerals import ValueStyle, counted
from anomeval.reporting.page.axes import Axis
from anomeval.reporting.page.chart import Chart, Frame, LegendEntry, Line, Span
from anomeval.reporting.result import Result, Row

Numbers = dict[str, dict[str, dict[str, list[float]]]]
"""Chart key → name of a curve → array → the exact numbers of its points."""

STYLES = 8
"""So many categories have a colour of their own."""
MEAN = "mean"

_POINTS = 2400  # of all lines of a chart together
_FEWEST, _MOST = 60, 240
_STYLE = ValueStyle()


def curve_charts(result: Result, arrays: Mapping[str, NDArray[Any]]) -> tuple[list[Chart], Numbers]:
    """A chart for each kind of curve and level there is, and the numbers that are plotted."""
    charts: list[Chart] = []
    numbers: Numbers = {}
    for kind in CURVES.values():
        for level in kind.levels:
            found = traces(arrays, kind, level)
            if found:
                chart, points = _chart(result, kind, level, found)
                charts.append(chart)
                numbers[chart.key] = points
    return charts, numbers


def line_style(position: int) -> str:
    """How the line of a category is drawn, by its place among the categories."""
    return f"s{position}" if position < STYLES else "s-other"


def _chart(
    result: Result, kind: CurveKind, level: Level, found: Sequence[Trace]
) -> tuple[Chart, dict[str, dict[str, list[float]]]]:
    metric = _area_metric(result, kind, level)
    frame = _frame(kind, metric)
    mean = mean_trace(found, kind)
    most = min(max(_POINTS // len(found), _FEWEST), _MOST)
    thinned = [trace.thinned(most) for trace in found]
    lines = [
        Line(frame.path(*vertices(trace, kind)), line_style(position), trace.name)
        for position, trace in enumerate(thinned)
    ]
    if len(found) == 1 and (band := thinned[0].band):
        lines.insert(0, Line(frame.area(thinned[0].x, *band), "band"))
    if mean:
        lines.append(Line(frame.path(*vertices(mean, kind)), MEAN))
    plotted = [*thinned, *([mean] if mean else [])]
    chart = Chart(
        key=f"{level}-{kind.key}",
        title=f"{kind.title}, {level} level",
        caption=_caption(kind, found),
        description=f"{kind.title} curve: {kind.y_label} over {kind.x_label}, "
        f"{counted(len(lines), 'line')}",
        frame=frame,
        lines=lines,
        legend=_legend(result, metric, plotted),
        spans=_spans(kind, metric, frame),
    )
    return chart, {trace.name: _points(trace, kind) for trace in plotted}


def _points(trace: Trace, kind: CurveKind) -> dict[str, list[float]]:
    points = {kind.x: trace.x.tolist(), kind.y: trace.y.tolist()}
    if trace.threshold is not None:
        points["threshold"] = trace.threshold.tolist()
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


def _caption(kind: CurveKind, found: Sequence[Trace]) -> str:
    parts = [f"{kind.explanation}."]
    if kind.key == "pimo":
        parts.append("The area is taken where the background is tinted.")
        if len(found) == 1:
            parts.append("The band holds the middle half of the images.")
    if len(found) > 1:
        parts.append(f"Bold: the unweighted mean of {counted(len(found), 'curve')}.")
    return " ".join(parts)


def _legend(result: Result, metric: str, plotted: Sequence[Trace]) -> list[LegendEntry]:
    entries = []
    for position, trace in enumerate(plotted):
        is_mean = trace.threshold is None
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
