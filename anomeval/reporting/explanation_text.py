"""An explanation told to people: definitions side by side, then where the scores lie."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from anomeval.evidence.distributions import ScoreSummary
from anomeval.names import clean_name
from anomeval.reporting.cells import Line
from anomeval.reporting.drift import drift_lines
from anomeval.reporting.explanation import Definition, Explanation, ScoreLevel
from anomeval.reporting.grid import QUIET, STRONG, Cell, Column, Grid, grid_lines
from anomeval.reporting.marks import UNDEFINED
from anomeval.reporting.numerals import ValueStyle, count_text, score_texts
from anomeval.reporting.paragraphs import hanging
from anomeval.reporting.sheet import Sheet, stacked

_INDENT = "    "
_MIDDLE = (0.05, 0.5, 0.95)
_VALUE = ValueStyle()


def explanation_text(explanation: Explanation, *, width: int | None = None) -> Sheet:
    """The explanation as something to print with rich."""
    return Sheet(lambda cells: _lines(explanation, cells), width)


def _lines(explanation: Explanation, width: int) -> list[Line]:
    measures = groupby(explanation.definitions, key=lambda one: (one.level, one.measure))
    levels = groupby(explanation.scores, key=lambda one: one.level)
    return stacked(
        *(_measure_lines(" ".join(name), list(some), width) for name, some in measures),
        *(_score_lines(level, list(some), width) for level, some in levels),
        drift_lines(explanation.drift, width),
    )


def _measure_lines(title: str, definitions: Sequence[Definition], width: int) -> list[Line]:
    """Each definition with its value, and below it who uses it and why it differs."""
    lines: list[Line] = [[(title, STRONG)]]
    for one in definitions:
        value = UNDEFINED if one.value is None else _VALUE.value(one.value)
        difference = "" if one.difference is None else f"{one.difference:+z.4f}"
        figures = f"  {value:>7} {difference:>8}  "
        lines += hanging((figures, ""), one.name, width, STRONG)
        for text in (one.used_by, one.reason or one.cause):
            indented = hanging((_INDENT, ""), text, width, QUIET) if text else []
            lines += indented
    return lines


def _score_lines(level: str, levels: Sequence[ScoreLevel], width: int) -> list[Line]:
    rows = [
        (one.category, name, summary)
        for one in levels
        for name, summary in (("normal", one.normal), ("anomalous", one.anomalous))
    ]
    title = f"{level} scores"
    return [[(title, STRONG)], *grid_lines(_score_grid(rows), width)]


def _score_grid(rows: Sequence[tuple[str | None, str, ScoreSummary]]) -> Grid:
    names = [Column("", _cells(name for _, name, _ in rows), left=True)]
    if any(category is not None for category, _, _ in rows):
        categories = _cells(clean_name(category or "(none)") for category, _, _ in rows)
        names.insert(0, Column("category", categories, left=True))
    summaries = [summary for _, _, summary in rows]
    columns = [
        Column("count", _cells(count_text(summary.count) for summary in summaries)),
        _numbers("mean", [summary.mean for summary in summaries]),
        _numbers("std", [summary.std for summary in summaries]),
        *(
            _numbers(f"{share:.0%}", [dict(s.quantiles).get(share) for s in summaries], "quantiles")
            for share in (0.0, *_MIDDLE, 1.0)
        ),
        _numbers("mean", [summary.log_mean for summary in summaries], "logarithms"),
        _numbers("std", [summary.log_std for summary in summaries], "logarithms"),
    ]
    return Grid(names, columns)


def _numbers(title: str, values: Sequence[float | None], group: str = "") -> Column:
    texts = score_texts(values)
    return Column(title, _cells(text or UNDEFINED for text in texts), group)


def _cells(texts: Iterable[str]) -> list[Cell]:
    return [Cell(text) for text in texts]
