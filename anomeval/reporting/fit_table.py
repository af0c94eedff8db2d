"""A fit as a table for the terminal."""

from collections.abc import Callable

from anomeval.judging.post_processor import Fit, FittedLevel
from anomeval.reporting.cells import Line, clean_name, shortened
from anomeval.reporting.grid import QUIET, Cell, Column, Grid, grid_lines
from anomeval.reporting.marks import UNDEFINED, caution_lines
from anomeval.reporting.numerals import count_text, counted, score_text
from anomeval.reporting.paragraphs import wrapped
from anomeval.reporting.result import Caution
from anomeval.reporting.sheet import Sheet, stacked

_TOGETHER = "all"
_RULE = "anomalous means: raw score at or above the cut"
_UNFITTED = f"{UNDEFINED} this split has no scores of that level to fit on"

_Fitted = tuple[str, str, FittedLevel | None]
"""Level, category, fit."""


def fit_table(fit: Fit, *, width: int | None = None) -> Sheet:
    """The fit as something to print with rich: thresholds, range, rule and counts.

    Args:
        fit: what to show.
        width: cells to fit into; default: as many as the console has.
    """
    return Sheet(lambda cells: _lines(fit, cells), width)


def _lines(fit: Fit, width: int) -> list[Line]:
    fitted = _levels(fit)
    remarks = [_RULE] + [_UNFITTED] * any(level is None for _, _, level in fitted)
    return stacked(
        grid_lines(_grid(fitted, has_categories=bool(fit.categories)), width),
        [[(line, QUIET)] for text in remarks for line in wrapped(text, width)],
        caution_lines([Caution(*caution) for caution in fit.cautions], width),
        [[(line, QUIET)] for line in wrapped(_origin(fit), width)],
    )


def _levels(fit: Fit) -> list[_Fitted]:
    """Every fitted level, the shared one before those of the categories."""
    processors = [(_TOGETHER, fit.shared), *sorted(fit.categories.items())]
    return [
        *(("image", name, processor.image) for name, processor in processors),
        *(("pixel", name, processor.pixel) for name, processor in processors),
    ]


def _grid(fitted: list[_Fitted], *, has_categories: bool) -> Grid:
    def column(
        title: str, group: str, text: Callable[[FittedLevel], str], *, left: bool = False
    ) -> Column:
        cells = [Cell(text(level) if level else UNDEFINED) for _, _, level in fitted]
        return Column(title, cells, group, left)

    names = [Column("", [Cell(level) for level, _, _ in fitted], left=True)]
    if has_categories:
        cells = [Cell(clean_name(category)) for _, category, _ in fitted]
        names.append(Column("category", cells, left=True))
    scores, chosen = "raw scores", "chosen from"
    columns = [
        column("threshold", scores, lambda level: score_text(level.scale.threshold)),
        column("cut", scores, lambda level: score_text(level.scale.cut)),
        column("min", scores, lambda level: score_text(level.scale.low)),
        column("max", scores, lambda level: score_text(level.scale.high)),
        column("rule", chosen, lambda level: clean_name(level.rule), left=True),
        column("normal", chosen, lambda level: count_text(level.normal_count)),
        column("anomalous", chosen, lambda level: count_text(level.anomalous_count)),
    ]
    if any(level and level.scale.sensitivity != 0.5 for _, _, level in fitted):
        sensitivity = column("sensitivity", scores, lambda level: f"{level.scale.sensitivity:g}")
        columns.insert(1, sensitivity)
    return Grid(names, columns)


def _origin(fit: Fit) -> str:
    files = [shortened(clean_name(file), 40) for file in fit.source.files[:1]]
    more = len(fit.source.files) - 1
    files += [counted(more, "more file")] * (more > 0)
    return f"fitted on {' and '.join(files) or 'no file'} · {counted(fit.source.images, 'image')}"
