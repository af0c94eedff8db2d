"""Results in notebooks: a table to look at, and frames to go on with."""

from collections.abc import Iterable
from html import escape
from importlib import import_module
from typing import Any

from anomeval.errors import Problem, UsageError
from anomeval.names import clean_name
from anomeval.reporting.marks import heading_texts, legend, value_cell
from anomeval.reporting.numerals import ValueStyle
from anomeval.reporting.pivot import Footnotes, PivotRow, pivot, spoken
from anomeval.reporting.provenance import data_parts, maker_parts
from anomeval.reporting.result import Result, Row

_STYLE = ValueStyle()
_QUIET = "opacity:.65;font-size:smaller"


def result_to_html(result: Result) -> str:
    """A table as notebooks show it: groups down and metrics across, or one metric per line."""
    table, notes = pivot(result), Footnotes()
    labels = heading_texts(table, _STYLE)
    if table.is_list:
        header = ["metric", "value"]
        values = zip(labels, table.only_values(), strict=True)
        rows = [_line([label], [_cell(row, notes)]) for label, row in values]
    else:
        header = [*map(spoken, table.keys), *labels]
        rows = [_group(row, [h.metric for h in table.headings], notes) for row in table.rows]
    remarks = [f"{number}: {note}" for note, number in notes.numbers.items()]
    remarks += legend(table)
    remarks += [f"{caution.word}: {clean_name(caution.message)}" for caution in result.cautions]
    remarks.append(" · ".join(data_parts(result.data) + maker_parts(result)))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in header)
    quiet = "<br>".join(map(escape, remarks))
    body = "".join(rows)
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<div style="{_QUIET}">{quiet}</div>'
    )


def records(result: Result) -> list[dict[str, Any]]:
    """One record for each value: groups, metric, value, reason, interval, support and extras."""
    return [
        {
            **(row.group or {}),
            "metric": row.metric,
            "value": row.value,
            "reason": row.reason,
            "confidence": row.confidence.level if row.confidence else None,
            "low": row.confidence.low if row.confidence else None,
            "high": row.confidence.high if row.confidence else None,
            **row.support,
            **row.extra,
        }
        for row in result.rows
    ]


def to_pandas(result: Result) -> Any:
    """The values as a pandas frame, one row for each.

    Raises:
        UsageError: pandas is not installed.
    """
    return _installed("pandas").DataFrame.from_records(_aligned(records(result)))


def to_polars(result: Result) -> Any:
    """The values as a polars frame, one row for each.

    Raises:
        UsageError: polars is not installed.
    """
    aligned = _aligned(records(result))
    return _installed("polars").DataFrame(aligned, infer_schema_length=None)


def _aligned(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same records, each with all the names that occur."""
    names = dict.fromkeys(name for record in found for name in record)
    return [{name: record.get(name) for name in names} for record in found]


def _installed(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        remedy = f"pip install {package}"
        raise UsageError(Problem(f"{package} is not installed", remedy=remedy)) from None


def _group(row: PivotRow, metrics: Iterable[str], notes: Footnotes) -> str:
    return _line(row.names, [_cell(row.values.get(metric), notes) for metric in metrics])


def _line(names: Iterable[str], cells: Iterable[str]) -> str:
    heads = "".join(f'<th scope="row">{escape(name)}</th>' for name in names)
    return f"<tr>{heads}{''.join(cells)}</tr>"


def _cell(row: Row | None, notes: Footnotes) -> str:
    cell, number = value_cell(row, _STYLE), notes.number(row)
    mark = f"<sup>{number}</sup>" if number else ""
    quiet = f'<br><span style="{_QUIET}">{escape(cell.quiet)}</span>' if cell.quiet else ""
    return f'<td style="text-align:right">{escape(cell.text)}{mark}{quiet}</td>'
