"""A fit as a table for the terminal."""

from anomeval.judging.honesty import asked_rate, honest_words
from anomeval.judging.post_processor import Fit, FittedLevel
from anomeval.names import clean_name
from anomeval.reporting.cells import Line, shortened
from anomeval.reporting.grid import QUIET, Cell, Column, Grid, grid_lines
from anomeval.reporting.marks import UNDEFINED
from anomeval.reporting.numerals import alike, count_text, counted, score_texts
from anomeval.reporting.paragraphs import wrapped
from anomeval.reporting.sheet import Sheet, stacked

_TOGETHER = "all"
_RULE = "anomalous means: raw score at or above the cut"
_FALSE_ALARMS = "false alarms: 95 % interval of how often a normal is flagged at the cut"
_UNFITTED = f"{UNDEFINED} this split has no scores of that level to fit on"

_Fitted = tuple[str, str, FittedLevel | None]
"""Level, category, fit."""


def fit_table(fit: Fit, *, width: int | None = None) -> Sheet:
    """The fit as something to print with rich: thresholds, range, rule and counts; no cautions.

    Args:
        fit: what to show.
        width: cells to fit into; default: as many as the console has.
    """
    return Sheet(lambda cells: _lines(fit, cells), width)


def _lines(fit: Fit, width: int) -> list[Line]:
    fitted = _levels(fit)
    remarks = [_RULE] + [_UNFITTED] * any(level is None for _, _, level in fitted)
    if any(level and level.false_positives for _, _, level in fitted):
        remarks += [_FALSE_ALARMS, *_needed(fitted)]
    return stacked(
        grid_lines(_grid(fitted, has_categories=bool(fit.categories)), width),
        [[(line, QUIET)] for text in remarks for line in wrapped(text, width)],
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
    levels = [level for _, _, level in fitted]
    scales = [level.scale if level else None for level in levels]
    numbers = {
        "threshold": [scale.threshold if scale else None for scale in scales],
        "cut": [scale.cut if scale else None for scale in scales],
        "min": [scale.low if scale else None for scale in scales],
        "max": [scale.high if scale else None for scale in scales],
    }
    whole = {score for row in zip(*numbers.values(), strict=True) for score in alike(row)}
    scores = {title: score_texts(column, whole) for title, column in numbers.items()}
    if any(scale and scale.sensitivity != 0.5 for scale in scales):
        sensitivities = (scale.sensitivity if scale else None for scale in scales)
        scores["sensitivity"] = score_texts(sensitivities)
    chosen = {
        "rule": [clean_name(level.rule) if level else "" for level in levels],
        "normal": [count_text(level.normal_count) if level else "" for level in levels],
        "anomalous": [count_text(level.anomalous_count) if level else "" for level in levels],
    }
    if any(level and level.false_positives for level in levels):
        chosen["false alarms"] = [_interval(level) for level in levels]
    names = [_column("", [level for level, _, _ in fitted], left=True)]
    if has_categories:
        categories = [clean_name(category) for _, category, _ in fitted]
        names.append(_column("category", categories, left=True))
    return Grid(
        names,
        [
            *(_column(title, texts, "raw scores") for title, texts in scores.items()),
            *(_column(t, texts, "chosen from", left=t == "rule") for t, texts in chosen.items()),
        ],
    )


def _interval(level: FittedLevel | None) -> str:
    """How often a normal is flagged at the cut, as far as the split can tell."""
    if level is None or level.false_positives is None:
        return ""
    low, high = level.false_positives.interval
    return f"{100 * low:.1f}\N{EN DASH}{100 * high:.1f} %"


def _needed(fitted: list[_Fitted]) -> list[str]:
    """For rules that ask for a rate: whether the split can support it."""
    return [
        f"{level}: {honest_words(fit.false_positives, fit.rule)}"
        for level, name, fit in fitted
        if name == _TOGETHER and fit and fit.false_positives and asked_rate(fit.rule) is not None
    ]


def _column(title: str, texts: list[str], group: str = "", *, left: bool = False) -> Column:
    return Column(title, [Cell(text or UNDEFINED) for text in texts], group, left)


def _origin(fit: Fit) -> str:
    files = [shortened(clean_name(file), 40) for file in fit.source.files[:1]]
    more = len(fit.source.files) - 1
    files += [counted(more, "more file")] * (more > 0)
    parts = [f"fitted on {' and '.join(files) or 'no file'}", counted(fit.source.images, "image")]
    if fit.source.ignored_pixels:
        parts.append(f"{counted(fit.source.ignored_pixels, 'pixel')} ignored")
    return " · ".join(parts)
