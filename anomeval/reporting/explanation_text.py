"""An explanation told to people: definitions side by side, then what lies behind the values."""

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
from anomeval.reporting.region_sizes import RegionSizes, size_text
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
        _region_lines(explanation.regions, width),
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


def _region_lines(regions: Sequence[RegionSizes], width: int) -> list[Line]:
    """How well regions of each size are found."""
    if not regions:
        return []
    title: list[Line] = [[("pixel regions by size", STRONG)]]
    return title + grid_lines(_region_grid(regions), width)


def _region_grid(regions: Sequence[RegionSizes]) -> Grid:
    names = [Column("", _cells(size_text(one.low, one.high) for one in regions))]
    if any(one.category is not None for one in regions):
        categories = _cells(clean_name(one.category or "(none)") for one in regions)
        names.insert(0, Column("category", categories, left=True))
    columns = [
        Column("regions", _cells(count_text(one.regions) for one in regions)),
        _values("AUPRO@0.3", [one.aupro for one in regions]),
    ]
    if any(one.hit is not None for one in regions):
        hits = ("" if one.hit is None else count_text(one.hit) for one in regions)
        columns.append(Column("hit", _cells(text or UNDEFINED for text in hits), "at the cut"))
        columns.append(_values("PRO", [one.pro for one in regions], "at the cut"))
    return Grid(names, columns)


def _values(title: str, values: Sequence[float | None], group: str = "") -> Column:
    texts = (UNDEFINED if value is None else _VALUE.value(value) for value in values)
    return Column(title, _cells(texts), group)


def _numbers(title: str, values: Sequence[float | None], group: str = "") -> Column:
    texts = score_texts(values)
    return Column(title, _cells(text or UNDEFINED for text in texts), group)


def _cells(texts: Iterable[str]) -> list[Cell]:
    return [Cell(text) for text in texts]
