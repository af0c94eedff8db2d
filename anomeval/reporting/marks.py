"""The signs that table and list put on values and labels, and what they mean."""

from collections.abc import Iterable

from anomeval.reporting.cells import Line, clean_name, hanging, wrapped
from anomeval.reporting.grid import QUIET, Cell
from anomeval.reporting.headings import Heading
from anomeval.reporting.numerals import ValueStyle
from anomeval.reporting.pivot import Footnotes, Pivot, PivotRow, is_oracle
from anomeval.reporting.result import Caution, Row

UNDEFINED = "—"
ORACLE = "*"
LOWER_IS_BETTER = "↓"
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def value_cell(row: Row | None, style: ValueStyle) -> Cell:
    """One value with its interval, or a dash."""
    if row is None:
        return Cell()
    if row.value is None:
        return Cell(UNDEFINED)
    interval = row.confidence
    quiet = style.interval(interval.low, interval.high) if interval else ""
    return Cell(style.value(row.value), quiet=quiet)


def superscript(number: int) -> str:
    """¹ for 1."""
    return str(number).translate(_SUPERSCRIPTS)


def marked_label(heading: Heading, rows: Iterable[PivotRow]) -> str:
    """The label with signs for what the legend explains."""
    direction = f" {LOWER_IS_BETTER}" if heading.lower_is_better else ""
    return heading.label + (ORACLE if is_oracle(heading, rows) else "") + direction


def footnote_lines(notes: Footnotes, width: int) -> list[Line]:
    """What has to be said about single values."""
    lines: list[Line] = []
    for note, number in notes.numbers.items():
        lines += hanging((f"{superscript(number)} ", QUIET), note, width, QUIET)
    return lines


def legend_lines(table: Pivot, width: int) -> list[Line]:
    """What the signs mean; nothing where there are none."""
    texts = []
    if any(is_oracle(heading, table.rows) for heading in table.headings):
        texts.append(f"{ORACLE} threshold chosen on these very images: what an oracle would reach")
    if any(heading.lower_is_better for heading in table.headings):
        texts.append(f"{LOWER_IS_BETTER} lower is better")
    for heading in table.headings:
        if not heading.complete:
            texts.append(f"{heading.label} stands for {clean_name(heading.below_level)}")
    if table.confidence is not None and not table.is_list:
        texts.append(f"ranges are {table.confidence} confidence intervals")
    return [[(line, QUIET)] for text in texts for line in wrapped(text, width)]


def caution_lines(cautions: Iterable[Caution], width: int) -> list[Line]:
    """Each caution in a line of its own, or a few where it is long."""
    lines: list[Line] = []
    for caution in cautions:
        lines += hanging(("! ", "bold yellow"), clean_name(caution.message), width, "")
    return lines
