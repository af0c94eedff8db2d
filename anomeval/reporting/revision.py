"""What becomes of a baseline when another result is adopted, as data and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from anomeval.reporting.cells import Line
from anomeval.reporting.comparison_words import images_text
from anomeval.reporting.grid import QUIET, Cell, Column, Grid, grid_lines
from anomeval.reporting.headings import heading
from anomeval.reporting.marks import UNDEFINED, metric_text
from anomeval.reporting.paragraphs import wrapped
from anomeval.reporting.result import Group
from anomeval.reporting.sheet import Sheet, stacked
from anomeval.reporting.verdict_words import apart


@dataclass(frozen=True)
class RevisedValue:
    """One metric on one group of images. before, after: None where there is no such value."""

    metric: str
    group: Group | None
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Revision:
    """Every value before and after.

    is_first: whether there was no baseline before. notes: what else is not as it was.
    """

    values: Sequence[RevisedValue]
    is_first: bool
    notes: Sequence[str] = ()


def revision_table(revision: Revision, *, width: int | None = None) -> Sheet:
    """The revision as something to print with rich.

    Args:
        revision: what to show.
        width: cells to fit into; default: as many as the console has.
    """
    return Sheet(lambda cells: _lines(revision, cells), width)


def _lines(revision: Revision, width: int) -> list[Line]:
    values = revision.values
    texts = [_texts(value) for value in values]
    names = [_column("", [metric_text(value.metric) for value in values], left=True)]
    if any(value.group for value in values):
        names.append(_column("images", [images_text(value.group) for value in values], left=True))
    titles = ("before", "now", "better by")
    shown = [1] if revision.is_first else [0, 1, 2]
    columns = [_column(titles[place], [row[place] for row in texts]) for place in shown]
    notes = [[(line, QUIET)] for note in revision.notes for line in wrapped(note, width)]
    return stacked(grid_lines(Grid(names, columns), width), notes)


def _texts(value: RevisedValue) -> tuple[str, str, str]:
    """Before, after, and by how much better that is."""
    before, after = value.before, value.after
    if before is None or after is None:
        known = [UNDEFINED if one is None else f"{one:z.4f}" for one in (before, after)]
        return known[0], known[1], UNDEFINED
    gain = before - after if heading(value.metric).lower_is_better else after - before
    return *apart(before, after), "" if gain == 0 else f"{gain:+z.4f}"


def _column(title: str, texts: list[str], *, left: bool = False) -> Column:
    return Column(title, [Cell(text) for text in texts], left=left)
