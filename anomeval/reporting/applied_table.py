"""What `apply` did as a table for the terminal."""

from collections.abc import Mapping, Sequence

from anomeval.judging.tally import LevelSummary
from anomeval.reporting.cells import Line
from anomeval.reporting.grid import QUIET, Cell, Column, Grid, grid_lines
from anomeval.reporting.marks import UNDEFINED
from anomeval.reporting.numerals import count_text
from anomeval.reporting.paragraphs import wrapped
from anomeval.reporting.sheet import Sheet, stacked

_REMARK = "decided on raw scores; normalized ones are for display"


def applied_table(levels: Mapping[str, LevelSummary | None], *, width: int | None = None) -> Sheet:
    """Counts of each level that was written: decisions, and scores that are tied now.

    Args:
        levels: what became of each level; None = it was not written.
        width: cells to fit into; default: as many as the console has.
    """
    written = {level: summary for level, summary in levels.items() if summary is not None}
    return Sheet(lambda cells: _lines(written, cells), width)


def _lines(levels: Mapping[str, LevelSummary], width: int) -> list[Line]:
    return stacked(
        grid_lines(_grid(levels), width),
        [[(line, QUIET)] for line in wrapped(_REMARK, width)],
    )


def _grid(levels: Mapping[str, LevelSummary]) -> Grid:
    summaries = levels.values()
    return Grid(
        [Column("", [Cell(level) for level in levels], left=True)],
        [
            _column("scores", [summary.values for summary in summaries]),
            _column("anomalous", [summary.anomalous for summary in summaries]),
            _column("at 0", [summary.clamped_low for summary in summaries], "clamped"),
            _column("at 1", [summary.clamped_high for summary in summaries], "clamped"),
            _column("raw", [summary.distinct for summary in summaries], "different scores"),
            _column("stored", [s.distinct_stored for s in summaries], "different scores"),
        ],
    )


def _column(title: str, counts: Sequence[int | None], group: str = "") -> Column:
    texts = [UNDEFINED if count is None else count_text(count) for count in counts]
    return Column(title, [Cell(text) for text in texts], group)
