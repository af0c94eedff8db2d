"""The signs that table and list put on values and labels, and what they mean."""

from collections.abc import Callable, Iterable

from anomeval.names import clean_name
from anomeval.reporting.cells import Line
from anomeval.reporting.grid import QUIET, Cell
from anomeval.reporting.headings import Heading, heading
from anomeval.reporting.numerals import ValueStyle, alike, score_text, score_texts
from anomeval.reporting.paragraphs import hanging
from anomeval.reporting.pivot import Footnotes, Pivot, mean_name
from anomeval.reporting.result import Row

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


def threshold_texts(rows: Iterable[Row]) -> list[str]:
    """The thresholds that belong to values: chosen here, or fitted. Empty where there is none."""
    found = [row.extra.get("threshold", row.extra.get("cut")) for row in rows]
    scores = [score if isinstance(score, int | float) else None for score in found]
    return score_texts(scores, alike(scores))


def superscript(number: int) -> str:
    """¹ for 1."""
    return str(number).translate(_SUPERSCRIPTS)


def marked_label(heading: Heading) -> str:
    """The label with signs for what the legend explains."""
    direction = f" {LOWER_IS_BETTER}" if heading.lower_is_better else ""
    return heading.label + (ORACLE if heading.is_oracle else "") + direction


def metric_text(metric: str) -> str:
    """A metric with its level and signs: `image AUROC`."""
    one = heading(metric)
    return f"{one.level} {marked_label(one)}".strip()


def heading_texts(table: Pivot, style: ValueStyle) -> list[str]:
    """Labels with their level, for forms that have no line above them: `image AUROC, %`."""
    labels = [(heading.level, marked_label(heading)) for heading in table.headings]
    return [f"{level} {label}{style.unit}".strip() for level, label in labels]


def turned(
    table: Pivot, style: ValueStyle, escape: Callable[[str], str], value: Callable[[Row], str]
) -> list[list[str]]:
    """The only row of a table as lines of metric, value and threshold, with a header."""
    rows = table.only_values()
    thresholds = threshold_texts(rows)
    labels = [escape(text) for text in heading_texts(table, style)]
    values = [value(row) for row in rows]
    columns = [["metric", *labels], ["value", *values]]
    if any(thresholds):
        columns.append(["threshold", *thresholds])
    return [list(line) for line in zip(*columns, strict=True)]


def footnote_lines(notes: Footnotes, width: int) -> list[Line]:
    """What has to be said about single values."""
    lines: list[Line] = []
    for note, number in notes.numbers.items():
        lines += hanging((f"{superscript(number)} ", QUIET), note, width, QUIET)
    return lines


def legend(table: Pivot) -> list[str]:
    """What the signs mean; nothing where there are none."""
    texts = []
    if any(heading.is_oracle for heading in table.headings):
        texts.append(f"{ORACLE} threshold chosen on these very images: what an oracle would reach")
    if any(heading.lower_is_better for heading in table.headings):
        texts.append(f"{LOWER_IS_BETTER} lower is better")
    for one in table.headings:
        if not one.complete:
            texts.append(f"{one.label} stands for {clean_name(one.below_level)}")
    if levels := table.confidence_levels():
        percents = " or ".join(f"{score_text(100 * level)} %" for level in levels)
        texts.append(f"ranges are {percents} confidence intervals")
    if table.is_list and (mean := mean_name(table.values())):
        texts.append(f"values are the unweighted {mean}")
    return texts
