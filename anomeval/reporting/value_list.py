"""A result without groups: one value below the other, with what it is."""

from collections.abc import Iterable, Sequence
from re import split

from anomeval.reporting.cells import Line, padded, width_of
from anomeval.reporting.grid import QUIET, STRONG
from anomeval.reporting.headings import Heading
from anomeval.reporting.marks import marked_label, threshold_texts, value_cell
from anomeval.reporting.numerals import ValueStyle
from anomeval.reporting.paragraphs import beside, hanging, wrapped
from anomeval.reporting.pivot import Pivot, note_on
from anomeval.reporting.result import Row

_GAP = "  "
_TITLE_LINES = 2  # titles are left away where one would take more
_NOTE_ROOM = 16  # cells below which a note moves to a line of its own
_KEPT = 3  # columns that are never left away: level, metric, value


class _Column:
    """Texts below a title, filled up to one width."""

    def __init__(self, title: str, texts: Sequence[str], style: str, *, left: bool = False) -> None:
        self.is_empty = not any(texts)
        self.width = max(map(width_of, [title, *texts]))
        self.title = padded(title, self.width, left=left)
        self.texts = [padded(text, self.width, left=left) for text in texts]
        self.style = style


def list_lines(table: Pivot, style: ValueStyle, width: int) -> list[Line]:
    """The only row of a table, turned."""
    rows = table.only_values()
    columns = _fitting(_columns(table, rows, style), width)
    lines: list[Line] = [_joined((column.title, QUIET) for column in columns)]
    used = sum(column.width + len(_GAP) for column in columns)
    titles = _titles(table.headings, width - used)
    for number, row in enumerate(rows):
        line = _joined((column.texts[number], column.style) for column in columns)
        note = note_on(row)
        if note and width - used < _NOTE_ROOM:
            indent = " " * (columns[0].width + len(_GAP))
            lines += [line, *hanging((indent, ""), note, width, QUIET)]
        else:
            remark = wrapped(note, width - used) if note else titles[number]
            lines += beside([*line, (_GAP, "")], remark, used, QUIET)
    return lines


def _columns(table: Pivot, rows: Sequence[Row], style: ValueStyle) -> list[_Column]:
    cells = [value_cell(row, style) for row in rows]
    levels = [heading.level for heading in table.headings]
    first_of_level = [
        level if level not in levels[:number] else "" for number, level in enumerate(levels)
    ]
    labels = [marked_label(heading) for heading in table.headings]
    return [
        _Column("", first_of_level, STRONG, left=True),
        _Column("", labels, "", left=True),
        _Column(f"value{style.unit}", [cell.text for cell in cells], STRONG),
        _Column("range", [cell.quiet for cell in cells], QUIET, left=True),
        _Column("threshold", threshold_texts(rows), ""),
    ]


def _fitting(columns: Sequence[_Column], width: int) -> list[_Column]:
    """The columns that hold something, as many as fit."""
    kept, more = list(columns[:_KEPT]), columns[_KEPT:]
    for column in more:
        used = sum(before.width + len(_GAP) for before in kept)
        if not column.is_empty and used + column.width <= width:
            kept.append(column)
    return kept


def _titles(headings: Sequence[Heading], room: int) -> list[list[str]]:
    """What each metric is, in lines of so many cells; nothing where that would be a crowd."""
    titles = [
        wrapped(text if width_of(text) <= room else split("[;:]", text)[0], max(room, 1))
        for text in (heading.title for heading in headings)
    ]
    return titles if all(len(title) <= _TITLE_LINES for title in titles) else [[] for _ in titles]


def _joined(pieces: Iterable[tuple[str, str]]) -> Line:
    line: Line = []
    for piece in pieces:
        line += [(_GAP, ""), piece] if line else [piece]
    return line
