"""Groups down, metrics across: the arrangement that table, Markdown and LaTeX share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from anomeval.names import clean_name
from anomeval.reporting.headings import Heading, headings
from anomeval.reporting.numerals import count_text, counted
from anomeval.reporting.result import Group, Result, Row

MEAN = "mean"
"""The key of a group that stands for the mean over other groups: {"mean": "category"}."""
WHOLE = "all images"


@dataclass(frozen=True)
class PivotRow:
    """The values of one group. names: one for each key. values: by metric."""

    names: tuple[str, ...]
    values: Mapping[str, Row]


@dataclass(frozen=True)
class Pivot:
    """A result as a table.

    keys: what groups are told apart by. body: the groups. foot: means, and values of the whole.
    """

    keys: tuple[str, ...]
    headings: tuple[Heading, ...]
    body: tuple[PivotRow, ...]
    foot: tuple[PivotRow, ...]

    @property
    def rows(self) -> tuple[PivotRow, ...]:
        """All rows, those that are set apart last."""
        return self.body + self.foot

    @property
    def is_list(self) -> bool:
        """Whether there is nothing to tell apart."""
        return not self.body and len(self.foot) <= 1

    def values(self) -> list[Row]:
        """All values, row by row."""
        return [value for row in self.rows for value in row.values.values()]

    def only_values(self) -> list[Row]:
        """The values of a list, in the order of the headings."""
        return [self.rows[0].values[heading.metric] for heading in self.headings]

    def confidence_levels(self) -> list[float]:
        """The levels of the intervals there are, each once."""
        return sorted({value.confidence.level for value in self.values() if value.confidence})


def pivot(result: Result) -> Pivot:
    """Arrange the rows of a result; groups keep their order."""
    gathered: dict[tuple[tuple[str, str], ...], dict[str, Row]] = {}
    for row in result.rows:
        identity = tuple(sorted((row.group or {}).items()))
        gathered.setdefault(identity, {})[row.metric] = row
    groups = [(dict(identity), values) for identity, values in gathered.items()]
    ordinary = [(group, values) for group, values in groups if group and MEAN not in group]
    summaries = [(group, values) for group, values in groups if not group or MEAN in group]
    summaries.sort(key=lambda item: mean_over(item[1].values()) is not None)
    keys = tuple(dict.fromkeys(key for row in result.rows for key in _keys(row.group)))
    keys = keys or ("images",) * (len(groups) > 1)
    return Pivot(
        keys=keys,
        headings=tuple(headings(row.metric for row in result.rows)),
        body=tuple(
            PivotRow(tuple(clean_name(group[key]) if key in group else "" for key in keys), values)
            for group, values in ordinary
        ),
        foot=tuple(
            PivotRow(_summary_names(keys, group, values), values) for group, values in summaries
        ),
    )


def mean_over(rows: Iterable[Row]) -> str | None:
    """What these rows are means over; None if they are no means."""
    for row in rows:
        over = (row.group or {}).get(MEAN) or row.extra.get("mean_over")
        if over:
            return str(over)
    return None


def mean_name(rows: Iterable[Row]) -> str | None:
    """`mean over 3 categories`; None if these rows are no means."""
    rows = list(rows)
    over = mean_over(rows)
    if over is None:
        return None
    count, noun = _group_count(rows), spoken(over)
    return f"mean over {noun if count is None else counted(count, noun)}"


def spoken(key: str) -> str:
    """The key of a group in running text: `defect type`."""
    return clean_name(key.replace("_", " "))


def note_on(row: Row) -> str | None:
    """What has to be said about a value: why there is none, or what a mean leaves out."""
    if row.value is None:
        return clean_name(row.reason or "undefined")
    missing, groups = row.extra.get("undefined"), row.extra.get("groups")
    if isinstance(missing, int) and isinstance(groups, int) and missing:
        return f"mean over the {groups - missing} of {groups} groups where it is defined"
    return None


@dataclass
class Footnotes:
    """Notes by number, each told once."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, row: Row | None) -> int | None:
        """The number of what has to be said about a value; None if nothing has."""
        note = note_on(row) if row else None
        return self.numbers.setdefault(note, len(self.numbers) + 1) if note else None


def _keys(group: Group | None) -> list[str]:
    return [key for key in group or {} if key != MEAN]


def _summary_names(
    keys: tuple[str, ...], group: Group, values: Mapping[str, Row]
) -> tuple[str, ...]:
    """The name of a mean stands in the column that it is a mean over."""
    names = [clean_name(group[key]) if key in group else "" for key in keys]
    over, count = mean_over(values.values()), _group_count(values.values())
    if over in keys:
        names[keys.index(over)] = "mean" if count is None else f"mean of {count_text(count)}"
    elif names:
        names[0] = mean_name(values.values()) or WHOLE
    return tuple(names)


def _group_count(rows: Iterable[Row]) -> int | None:
    """How many groups these means are over, where they tell."""
    counts = (row.extra.get("groups") for row in rows)
    return next((count for count in counts if isinstance(count, int)), None)
