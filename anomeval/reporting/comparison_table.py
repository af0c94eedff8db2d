"""A comparison as a table for the terminal."""

from anomeval.names import clean_name
from anomeval.reporting.cells import Line as TextLine
from anomeval.reporting.cells import shortened
from anomeval.reporting.changes_words import gain_texts, loss_texts, tally_text
from anomeval.reporting.comparison import Comparison, Contrast
from anomeval.reporting.comparison_words import (
    TIED,
    difference_title,
    has_groups,
    images_text,
    legend,
    p_text,
    standing_texts,
)
from anomeval.reporting.grid import QUIET, STRONG, Cell, Column, Grid, grid_lines
from anomeval.reporting.marks import UNDEFINED, metric_text
from anomeval.reporting.numerals import ValueStyle
from anomeval.reporting.paragraphs import hanging, wrapped
from anomeval.reporting.sheet import Sheet, stacked

LISTED = 10
"""Images and regions that are named of each kind; the rest is counted."""

_NAME_CELLS = 16


def comparison_table(
    comparison: Comparison, *, places: int | None = None, width: int | None = None
) -> Sheet:
    """The comparison as something to print with rich.

    Args:
        comparison: what to show.
        places: digits after the point; default 4.
        width: cells to fit into; default: as many as the console has.
    """
    style = ValueStyle(places)
    return Sheet(lambda cells: _lines(comparison, style, cells), width)


def _lines(comparison: Comparison, style: ValueStyle, width: int) -> list[TextLine]:
    """Two results in one grid; more in a grid of values and one of each difference."""
    others = range(1, len(comparison.names))
    values = [_values(comparison, position, style) for position in range(len(comparison.names))]
    is_pair = len(values) == 2
    if is_pair:
        values += _differences(comparison, 1, style)
    parts = [grid_lines(Grid(_names(comparison), values), width)]
    for position in others:
        parts.append(
            [[(line, STRONG)] for line in wrapped(difference_title(comparison, position), width)]
        )
        if not is_pair:
            grid = Grid(_names(comparison), _differences(comparison, position, style))
            parts.append(grid_lines(grid, width))
        parts.append(_changes(comparison, position, width))
    notes = [[(line, QUIET)] for text in legend(comparison) for line in wrapped(text, width)]
    return stacked(*parts, notes)


def _names(comparison: Comparison) -> list[Column]:
    lines = comparison.lines
    names = [_texts("", [metric_text(line.metric) for line in lines])]
    if has_groups(comparison):
        names.append(_texts("images", [images_text(line.group) for line in lines]))
    return names


def _values(comparison: Comparison, position: int, style: ValueStyle) -> Column:
    cells = []
    for line in comparison.lines:
        value = line.values[position]
        mark = TIED if position in line.tied else ""
        cells.append(Cell(UNDEFINED if value is None else style.value(value), mark))
    return Column(shortened(clean_name(comparison.names[position]), _NAME_CELLS), cells)


def _differences(comparison: Comparison, position: int, style: ValueStyle) -> list[Column]:
    contrasts = [line.contrasts[position - 1] for line in comparison.lines]
    columns = [Column("better by", [_difference(contrast, style) for contrast in contrasts])]
    if any(p_text(contrast) for contrast in contrasts):
        columns.append(Column("p", [Cell(p_text(contrast)) for contrast in contrasts]))
    standings = [Cell(contrast.standing if contrast else "") for contrast in contrasts]
    return [*columns, Column("", standings, left=True)]


def _difference(contrast: Contrast | None, style: ValueStyle) -> Cell:
    if contrast is None:
        return Cell(UNDEFINED)
    known = contrast.low is not None and contrast.high is not None
    sign = "+" if contrast.gain > 0 else ""
    quiet = f"{contrast.low:+z.3f}…{contrast.high:+z.3f}" if known else ""
    return Cell(sign + style.value(contrast.gain), quiet=quiet)


def _texts(title: str, texts: list[str]) -> Column:
    return Column(title, [Cell(text) for text in texts], left=True)


def _changes(comparison: Comparison, position: int, width: int) -> list[TextLine]:
    """Standings over groups, and what changed side."""
    changes = comparison.changes[position - 1]
    texts = [*standing_texts(comparison, position), tally_text(changes), *changes.unknown]
    texts += [*loss_texts(changes, LISTED), *gain_texts(changes, LISTED)]
    return [line for text in texts if text for line in hanging(("  ", ""), text, width, "")]
