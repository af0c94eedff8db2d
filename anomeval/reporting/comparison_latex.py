"""A comparison as a LaTeX table with the rules of booktabs: the best in bold, ties marked."""

from collections.abc import Sequence

from anomeval.names import clean_name
from anomeval.reporting.as_latex import escaped
from anomeval.reporting.comparison import Comparison, Line
from anomeval.reporting.comparison_words import (
    TIED,
    has_groups,
    images_text,
    legend,
    p_text,
)
from anomeval.reporting.marks import metric_text
from anomeval.reporting.numerals import ValueStyle

_UNDEFINED = "---"
_HEAD = r"""% needs \usepackage{booktabs}
\begin{table}
  \centering
"""


def comparison_to_latex(comparison: Comparison, *, places: int | None = None) -> str:
    """Metrics down and results across; with two results the p-value of their difference, too.

    Args:
        comparison: what to write.
        places: digits after the point; default 4.
    """
    style, grouped = ValueStyle(places), has_groups(comparison)
    paired = len(comparison.names) == 2 and any(p_text(c.contrasts[0]) for c in comparison.lines)
    titles = ["metric", *["images"] * grouped, *(clean_name(name) for name in comparison.names)]
    header = _row([*map(escaped, titles), *["$p$"] * paired])
    rows = [_line(line, style, grouped=grouped, paired=paired) for line in comparison.lines]
    columns = "l" * (1 + grouped) + "r" * (len(comparison.names) + paired)
    body = ["\\toprule", header, "\\midrule", *rows, "\\bottomrule"]
    lines = [
        f"  \\caption{{{_caption(comparison)}}}",
        "  \\label{tab:anomeval-comparison}",
        f"  \\begin{{tabular}}{{{columns}}}",
        *(f"    {line}" for line in body),
        "  \\end{tabular}",
        "\\end{table}",
    ]
    return _HEAD + "\n".join(lines) + "\n"


def _caption(comparison: Comparison) -> str:
    """What is bold, what is marked, and by which test."""
    texts = ["Bold: best", *legend(comparison)]
    texts += [f"Caution: {caution.message}" for caution in comparison.cautions]
    return escaped(". ".join(clean_name(text) for text in texts) + ".")


def _line(line: Line, style: ValueStyle, *, grouped: bool, paired: bool) -> str:
    cells = [escaped(metric_text(line.metric)), *[escaped(images_text(line.group))] * grouped]
    for position, value in enumerate(line.values):
        text = _UNDEFINED if value is None else escaped(style.value(value))
        text = rf"\textbf{{{text}}}" if position in line.best else text
        mark = rf"\textsuperscript{{{TIED}}}" if position in line.tied else ""
        cells.append(text + mark)
    return _row([*cells, *[escaped(p_text(line.contrasts[0]))] * paired])


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
