"""The summary: each metric with its interval and meaning, and the values of each group."""

from collections.abc import Sequence
from dataclasses import dataclass

from anomeval.reporting.grid import Cell
from anomeval.reporting.headings import Heading, headings
from anomeval.reporting.marks import legend, marked_label, value_cell
from anomeval.reporting.numerals import ValueStyle, score_text
from anomeval.reporting.pivot import WHOLE, Footnotes, mean_name, pivot
from anomeval.reporting.result import Result, Row

STYLE = ValueStyle()


@dataclass(frozen=True)
class MetricLine:
    """One metric on all images. low, high, middle: shares of the range [0, 1], for a drawing."""

    heading: Heading
    label: str
    cell: Cell
    threshold: str
    low: float | None
    high: float | None
    middle: float | None
    note: int | None = None


@dataclass(frozen=True)
class GroupLine:
    """The values of one group. sort_keys: the values as numbers, None where undefined."""

    names: tuple[str, ...]
    cells: Sequence[tuple[Cell, int | None, float | None]]
    is_summary: bool


@dataclass(frozen=True)
class Summary:
    """Both tables, what their signs mean, and what has to be said about single values.

    scope: what the values of the first table are of.
    """

    scope: str
    metrics: Sequence[MetricLine]
    keys: Sequence[str]
    labels: Sequence[tuple[Heading, str]]
    groups: Sequence[GroupLine]
    signs: Sequence[str]
    notes: dict[str, int]


def summary(result: Result) -> Summary:
    """The tables of a result."""
    table, notes = pivot(result), Footnotes()
    overall = [row for row in result.rows if row.group is None]
    by_metric = {row.metric: row for row in overall}
    lines = [
        _metric_line(one, by_metric[one.metric], notes)
        for one in headings(row.metric for row in overall)
    ]
    groups = [
        GroupLine(
            names=row.names,
            cells=[_cell(row.values.get(h.metric), notes) for h in table.headings],
            is_summary=row in table.foot,
        )
        for row in table.rows
    ]
    return Summary(
        scope=(mean_name(overall) or WHOLE).capitalize(),
        metrics=lines,
        keys=table.keys,
        labels=[(one, marked_label(one)) for one in table.headings],
        groups=[] if table.is_list else groups,
        signs=legend(table),
        notes=notes.numbers,
    )


def _metric_line(one: Heading, row: Row, notes: Footnotes) -> MetricLine:
    interval = row.confidence
    threshold = row.extra.get("threshold", row.extra.get("cut"))
    return MetricLine(
        heading=one,
        label=marked_label(one),
        cell=value_cell(row, STYLE),
        threshold=score_text(threshold) if isinstance(threshold, int | float) else "",
        low=_within(interval.low) if interval else None,
        high=_within(interval.high) if interval else None,
        middle=None if row.value is None else _within(row.value),
        note=notes.number(row),
    )


def _cell(row: Row | None, notes: Footnotes) -> tuple[Cell, int | None, float | None]:
    return value_cell(row, STYLE), notes.number(row), row.value if row else None


def _within(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)
