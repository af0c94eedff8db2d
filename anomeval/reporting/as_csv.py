"""A result as CSV: one line for each value, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from anomeval.names import clean_name
from anomeval.reporting.result import Result, Row

Field = float | int | bool | str | None

_FORMULA_STARTS = ("=", "+", "-", "@", "\t")


def result_to_csv(result: Result) -> str:
    """The result with all digits: groups, metric, value, reason, interval, support, extras."""
    groups = _names(row.group or {} for row in result.rows)
    support = _names(row.support for row in result.rows)
    extra = _names(row.extra for row in result.rows)
    header = [*groups, "metric", "value", "reason", "confidence", "low", "high", *support, *extra]
    return csv_text(header, (_fields(row, groups, support, extra) for row in result.rows))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Field]]) -> str:
    """Lines of CSV. Numbers have all digits, None is empty, texts are safe to open anywhere."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_text(name) for name in header])
    writer.writerows([_field(value) for value in row] for row in rows)
    return buffer.getvalue()


def _fields(
    row: Row, groups: Sequence[str], support: Sequence[str], extra: Sequence[str]
) -> list[Field]:
    interval = row.confidence
    return [
        *((row.group or {}).get(name) for name in groups),
        row.metric,
        row.value,
        row.reason,
        *((interval.level, interval.low, interval.high) if interval else (None, None, None)),
        *(row.support.get(name) for name in support),
        *(row.extra.get(name) for name in extra),
    ]


def _names(mappings: Iterable[Mapping[str, object]]) -> list[str]:
    """The keys that occur, in the order in which they first do."""
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))


def _field(value: Field) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _text(value)
    return repr(float(value)) if isinstance(value, float) else str(int(value))


def _text(text: str) -> str:
    """A text that no spreadsheet takes for a formula, without control characters."""
    text = f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return clean_name(text) if text else ""
