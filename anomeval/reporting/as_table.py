"""A result as a table for the terminal."""

from dataclasses import replace

from anomeval.names import clean_name
from anomeval.reporting.cells import Line
from anomeval.reporting.drift import drift_lines
from anomeval.reporting.grid import QUIET, Cell, Column, Grid, grid_lines
from anomeval.reporting.marks import (
    footnote_lines,
    legend,
    marked_label,
    superscript,
    value_cell,
)
from anomeval.reporting.numerals import ValueStyle
from anomeval.reporting.paragraphs import wrapped
from anomeval.reporting.pivot import Footnotes, Pivot, pivot, spoken
from anomeval.reporting.provenance import provenance
from anomeval.reporting.result import Result, Row
from anomeval.reporting.sheet import Sheet, stacked
from anomeval.reporting.value_list import list_lines


def result_table(
    result: Result, *, places: int | None = None, percent: bool = False, width: int | None = None
) -> Sheet:
    """The values as something to print with rich: `Console().print(result_table(result))`.

    Cautions are told beside it, see `Result.cautions`; notes among them stand below the values.
    Groups stand below each other with their mean last; a result without groups is a list.

    Args:
        result: what to show.
        places: digits after the point; default 4, or 2 in percent.
        percent: 98.70 instead of 0.9870.
        width: cells to fit into; default: as many as the console has.
    """
    table, style = pivot(result), ValueStyle(places, percent)
    return Sheet(lambda cells: _lines(result, table, style, cells), width)


def _lines(result: Result, table: Pivot, style: ValueStyle, width: int) -> list[Line]:
    notes = Footnotes()
    if table.is_list:
        lines = list_lines(table, style, width)
    else:
        lines = grid_lines(_grid(table, style, notes), width)
    told = [clean_name(caution.message) for caution in result.cautions if caution.is_note]
    remarks = legend(table) + told
    return stacked(
        lines,
        footnote_lines(notes, width)
        + [[(line, QUIET)] for text in remarks for line in wrapped(text, width)],
        drift_lines(result.drift, width, brief=True),
        [[(line, QUIET)] for line in provenance(result, width)],
    )


def _grid(table: Pivot, style: ValueStyle, notes: Footnotes) -> Grid:
    cells = [
        [_cell(row.values.get(heading.metric), style, notes) for heading in table.headings]
        for row in table.rows
    ]
    names = [
        Column(spoken(key), [Cell(row.names[position]) for row in table.rows], left=True)
        for position, key in enumerate(table.keys)
    ]
    columns = [
        Column(
            title=marked_label(heading),
            cells=[row[position] for row in cells],
            group=f"{heading.level}{style.unit}",
        )
        for position, heading in enumerate(table.headings)
    ]
    return Grid(names, columns, foot=len(table.foot))


def _cell(row: Row | None, style: ValueStyle, notes: Footnotes) -> Cell:
    number = notes.number(row)
    return replace(value_cell(row, style), mark=superscript(number) if number else "")
