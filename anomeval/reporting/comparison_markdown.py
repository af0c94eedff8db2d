"""A comparison as Markdown."""

from collections.abc import Sequence

from anomeval.names import clean_name
from anomeval.reporting.as_markdown import caution_list, escaped
from anomeval.reporting.changes_words import gain_texts, loss_texts, tally_text
from anomeval.reporting.comparison import Comparison, Contrast, Line
from anomeval.reporting.comparison_words import (
    TIED,
    difference_title,
    images_text,
    legend,
    p_text,
    standing_texts,
)
from anomeval.reporting.marks import UNDEFINED, metric_text
from anomeval.reporting.numerals import ValueStyle

LISTED = 20
"""Images and regions that are named of each kind; the rest is counted."""


def comparison_to_markdown(comparison: Comparison, *, places: int | None = None) -> str:
    """Metrics down and results across, the best in bold; then what changed side.

    Args:
        comparison: what to write.
        places: digits after the point; default 4.
    """
    style, others = ValueStyle(places), range(1, len(comparison.names))
    header = ["metric", "images", *(clean_name(name) for name in comparison.names)]
    for position in others:
        header += [difference_title(comparison, position), "p", ""]
    ruler = [":--", ":--", *["--:"] * len(comparison.names), *["--:", "--:", ":--"] * len(others)]
    rows = [_row(line, style) for line in comparison.lines]
    lines = [f"| {' | '.join(row)} |" for row in ([escaped(t) for t in header], ruler, *rows)]
    parts = ["\n".join(lines), *(_changes(comparison, position) for position in others)]
    parts.append(caution_list(comparison.cautions))
    parts.append("<br>\n".join(f"<sub>{escaped(text)}</sub>" for text in legend(comparison)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _row(line: Line, style: ValueStyle) -> list[str]:
    cells = [escaped(metric_text(line.metric)), escaped(images_text(line.group))]
    for position, value in enumerate(line.values):
        text = UNDEFINED if value is None else style.value(value)
        text = f"**{text}**" if position in line.best else text
        cells.append(f"{text}<sup>{TIED}</sup>" if position in line.tied else text)
    for contrast in line.contrasts:
        cells += _contrast(contrast, style)
    return cells


def _contrast(contrast: Contrast | None, style: ValueStyle) -> list[str]:
    if contrast is None:
        return [UNDEFINED, "", ""]
    text = ("+" if contrast.gain > 0 else "") + style.value(contrast.gain)
    if contrast.low is not None and contrast.high is not None:
        text += f" <sub>{contrast.low:+z.3f} … {contrast.high:+z.3f}</sub>"
    return [text, escaped(p_text(contrast)), contrast.standing]


def _changes(comparison: Comparison, position: int) -> str:
    changes = comparison.changes[position - 1]
    texts = [*standing_texts(comparison, position), tally_text(changes), *changes.unknown]
    texts += [*loss_texts(changes, LISTED), *gain_texts(changes, LISTED)]
    return _headed(difference_title(comparison, position), [text for text in texts if text])


def _headed(title: str, texts: Sequence[str]) -> str:
    items = "\n".join(f"- {escaped(text)}" for text in texts)
    return f"**{escaped(title)}**\n\n{items}" if texts else ""
