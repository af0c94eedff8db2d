"""Running text in lines of so many cells."""

from collections.abc import Sequence

from anomeval.reporting.cells import Line, Piece, head, padded, width_of

_GAP = "  "
_LEAST_ROOM = 20  # cells beside which text does not stand, but below


def wrapped(text: str, cells: int) -> list[str]:
    """The text broken between words, and within words that are too long."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        candidate = f"{line} {word}" if line else word
        if width_of(candidate) <= cells:
            line = candidate
            continue
        if line:
            lines.append(line)
        while width_of(word) > max(cells, 2):
            part = head(word, max(cells, 2))
            lines.append(part)
            word = word[len(part) :]
        line = word
    return [*lines, line] if line else lines


def hanging(first: Piece, text: str, width: int, style: str) -> list[Line]:
    """A wrapped paragraph beside a piece that stands on its first line only."""
    indent = width_of(first[0])
    pieces = [(line, style) for line in wrapped(text, width - indent)]
    blank = (" " * indent, "")
    return [[first if number == 0 else blank, piece] for number, piece in enumerate(pieces)]


def beside(line: Line, texts: Sequence[str], indent: int, style: str) -> list[Line]:
    """A line that ends at a column, with a paragraph right of it."""
    if not texts:
        return [line]
    below: list[Line] = [[(" " * indent, ""), (text, style)] for text in texts[1:]]
    return [[*line, (texts[0], style)], *below]


def listed(rows: Sequence[Sequence[Piece]], width: int) -> list[Line]:
    """Rows of pieces in columns; the last piece is wrapped, below the others if need be."""
    columns = max((len(row) for row in rows), default=1) - 1
    widths = [max(width_of(row[column][0]) for row in rows) for column in range(columns)]
    indent = sum(widths) + len(_GAP) * columns
    lines: list[Line] = []
    for row in rows:
        first: Line = []
        for (text, style), cells in zip(row[:-1], widths, strict=True):
            first += [(padded(text, cells, left=True), style), (_GAP, "")]
        text, style = row[-1]
        if width - indent < _LEAST_ROOM:
            lines += [first, *hanging((_GAP * 2, ""), text, width, style)]
        else:
            lines += beside(first, wrapped(text, width - indent), indent, style)
    return lines
