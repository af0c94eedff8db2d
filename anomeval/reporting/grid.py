"""Columns of numbers that stay whole at any width: they move below each other, never break."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from anomeval.reporting.cells import Line, padded, shortened, width_of
from anomeval.reporting.sheet import stacked

QUIET = "dim"
STRONG = "bold"
_GAP = "  "
_NAME_ENOUGH = 24  # cells after which a name may be shortened to keep all columns side by side
_NAME_LEAST = 4


@dataclass(frozen=True)
class Cell:
    """mark: hangs behind the text, such as ¹. quiet: a second text of less weight."""

    text: str = ""
    mark: str = ""
    quiet: str = ""


@dataclass(frozen=True)
class Column:
    """group: the title over this and its neighbours. left: text instead of numbers."""

    title: str
    cells: Sequence[Cell]
    group: str = ""
    left: bool = False

    def widths(self) -> tuple[int, int, int]:
        """Cells for texts, marks and quiet texts."""
        return (
            max((width_of(cell.text) for cell in self.cells), default=0),
            max((width_of(cell.mark) for cell in self.cells), default=0),
            max((width_of(cell.quiet) for cell in self.cells), default=0),
        )


@dataclass(frozen=True)
class Grid:
    """names: the columns that stay at the left. foot: so many of the last rows are set apart."""

    names: Sequence[Column]
    columns: Sequence[Column]
    foot: int = 0


@dataclass(frozen=True)
class _Plan:
    """Which columns stand side by side. inline: quiet texts beside, not below."""

    blocks: Sequence[Sequence[Column]]
    inline: bool


def grid_lines(grid: Grid, width: int) -> list[Line]:
    """The grid in so many cells."""
    plan = _plan(grid, width)
    room = min(width - _total(block, plan.inline) for block in plan.blocks)
    widths = _name_widths(grid, room)
    return stacked(*(_Block(grid, block, widths, plan.inline).lines() for block in plan.blocks))


def _plan(grid: Grid, width: int) -> _Plan:
    """Everything side by side; else a block for each group of columns; else smaller ones."""
    names = sum(_natural(column) + len(_GAP) for column in grid.names) - len(_GAP)
    room = width - min(names, _NAME_ENOUGH)
    groups = [list(group) for _, group in groupby(grid.columns, key=lambda column: column.group)]
    for blocks in ([list(grid.columns)], groups):
        for inline in (True, False):
            if all(_total(block, inline) <= room for block in blocks):
                return _Plan(blocks, inline)
    return _Plan([part for group in groups for part in _parts(group, room)], inline=False)


def _parts(columns: Sequence[Column], room: int) -> list[Sequence[Column]]:
    """As few blocks as fit, of like size."""
    count = 1
    while True:
        size = -(-len(columns) // count)
        parts = [columns[start : start + size] for start in range(0, len(columns), size)]
        if size == 1 or all(_total(part, inline=False) <= room for part in parts):
            return parts
        count += 1


def _total(columns: Sequence[Column], inline: bool) -> int:
    """The cells of the columns, each with the gap before it; groups stand further apart."""
    groups = len({column.group for column in columns})
    return sum(len(_GAP) + _width(column, inline) for column in columns) + groups - 1


def _width(column: Column, inline: bool) -> int:
    text, mark, quiet = column.widths()
    if not inline:
        return max(width_of(column.title), text + mark, quiet + mark)
    return max(width_of(column.title), text + mark) + (quiet + 1 if quiet else 0)


def _natural(column: Column) -> int:
    return max(width_of(column.title), column.widths()[0])


def _name_widths(grid: Grid, room: int) -> list[int]:
    """Give the names what is left; the longest are shortened first."""
    widths = [_natural(column) for column in grid.names]
    while widths and sum(widths) + len(_GAP) * (len(widths) - 1) > room:
        longest = widths.index(max(widths))
        if widths[longest] <= _NAME_LEAST:
            break
        widths[longest] -= 1
    return widths


class _Block:
    """Columns that stand side by side."""

    def __init__(
        self, grid: Grid, columns: Sequence[Column], names: list[int], inline: bool
    ) -> None:
        self.grid = grid
        self.columns = columns
        self.names = names
        self.inline = inline
        self.name_width = sum(names) + len(_GAP) * (len(names) - 1)

    def lines(self) -> list[Line]:
        rows = len(self.columns[0].cells)
        lines = [self._groups()] if any(column.group for column in self.columns) else []
        lines += [self._header(), self._rule()]
        for row in range(rows):
            if row == rows - self.grid.foot and row:
                lines.append(self._rule())
            lines += self._row(row, STRONG if row >= rows - self.grid.foot else "")
        return lines

    def _rule(self) -> Line:
        return [("─" * (self.name_width + _total(self.columns, self.inline)), QUIET)]

    def _groups(self) -> Line:
        line = [(" " * self.name_width, "")]
        for number, (title, members) in enumerate(groupby(self.columns, key=lambda c: c.group)):
            width = _total(list(members), self.inline) - len(_GAP)
            text = f" {title} " if title else ""
            left = (width - width_of(text)) // 2
            right = width - width_of(text) - left
            line += [(_GAP + " " * bool(number), ""), ("─" * left, QUIET), (text, STRONG)]
            line.append(("─" * right, QUIET))
        return line

    def _header(self) -> Line:
        line: Line = []
        for column, width in zip(self.grid.names, self.names, strict=True):
            line += [(padded(shortened(column.title, width), width, left=True), STRONG), (_GAP, "")]
        line = line[:-1]
        for before, column in self._spaced():
            _, mark, quiet = column.widths()
            width = _width(column, self.inline)
            behind = quiet + 1 if quiet and self.inline else 0
            behind += min(mark, max(width - behind - width_of(column.title), 0))
            title = padded(column.title, width - behind, left=column.left)
            line += [(before, ""), (title + " " * behind, STRONG)]
        return line

    def _row(self, row: int, style: str) -> list[Line]:
        names = [
            padded(shortened(column.cells[row].text, width), width, left=True)
            for column, width in zip(self.grid.names, self.names, strict=True)
        ]
        first: Line = [(_GAP.join(names), style)]
        below: Line = [(" " * self.name_width, "")]
        for before, column in self._spaced():
            cell, (_, mark, quiet) = column.cells[row], column.widths()
            behind = quiet + 1 if quiet and self.inline else 0
            width = _width(column, self.inline) - behind
            text = padded(cell.text, width - mark, left=column.left)
            first += [(before + text, style), (padded(cell.mark, mark, left=True), QUIET)]
            if self.inline:
                first.append((padded(cell.quiet, behind), QUIET))
            below.append((before + padded(cell.quiet, width - mark) + " " * mark, QUIET))
        has_below = not self.inline and any(column.cells[row].quiet for column in self.columns)
        return [first, below] if has_below else [first]

    def _spaced(self) -> list[tuple[str, Column]]:
        """Each column with the space before it."""
        previous = [self.columns[0], *self.columns]
        return [
            (_GAP + " " * (before.group != column.group), column)
            for before, column in zip(previous, self.columns, strict=False)
        ]
