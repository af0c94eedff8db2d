"""A result as a LaTeX table with the rules of booktabs."""

import re
from collections.abc import Sequence
from itertools import groupby

from anomeval.names import clean_name
from anomeval.reporting.headings import Heading
from anomeval.reporting.marks import UNDEFINED, legend, marked_label, turned, value_cell
from anomeval.reporting.numerals import ValueStyle
from anomeval.reporting.pivot import Footnotes, Pivot, PivotRow, pivot, spoken
from anomeval.reporting.provenance import data_parts, maker_parts
from anomeval.reporting.result import Result, Row

_UP_TO = "\N{EN DASH}"
_SPECIALS = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        **{character: f"{{{character}}}" for character in "[]*"},  # \\ takes these as its own
        **{character: f"\\char{ord(character)}{{}}" for character in "`'\""},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "—": r"\textemdash{}",
        _UP_TO: r"\textendash{}",
        "…": r"\ldots{}",
        "·": r"\textperiodcentered{}",
        "↓": r"$\downarrow$",
    }
)
_HYPHENS = re.compile("-(?=-)")
_HEAD = r"""% needs \usepackage{booktabs}
\begin{table}
  \centering
"""


def result_to_latex(result: Result, *, places: int | None = None, percent: bool = False) -> str:
    """Groups down and metrics across; without groups one metric per line.

    The caption says what the metrics are.

    Args:
        result: what to write.
        places: digits after the point; default 4, or 2 in percent.
        percent: 98.70 instead of 0.9870.
    """
    table, style, notes = pivot(result), ValueStyle(places, percent), Footnotes()
    body = _turned(table, style, notes) if table.is_list else _table(table, style, notes)
    remarks = [rf"\textsuperscript{{{n}}} {escaped(note)}" for note, n in notes.numbers.items()]
    remarks += [escaped(text) for text in legend(table)]
    remarks += [f"{c.word}: {escaped(clean_name(c.message))}" for c in result.cautions]
    lines = [f"  \\caption{{{_caption(result, table)}}}", "  \\label{tab:anomeval}", *body]
    lines += [f"  \\par\\footnotesize {remark}" for remark in remarks]
    return _HEAD + "\n".join([*lines, r"\end{table}"]) + "\n"


def escaped(text: str) -> str:
    """Text that LaTeX sets as it is."""
    return _HYPHENS.sub("-{}", text.translate(_SPECIALS))


def _caption(result: Result, table: Pivot) -> str:
    """What the metrics are, each told once, and what they were measured on."""
    definitions = dict.fromkeys(_definition(heading) for heading in table.headings if heading.title)
    origin = ", ".join(data_parts(result.data) + maker_parts(result))
    return escaped(" ".join([*definitions, f"{origin}."]))


def _definition(heading: Heading) -> str:
    """`AUPRO@0.3 (fpr_limit=0.3): Area under ...`."""
    _, bracket, parameters = heading.metric.partition("(")
    return f"{heading.label}{' ' * bool(bracket)}{bracket}{parameters}: {heading.title}."


def _table(table: Pivot, style: ValueStyle, notes: Footnotes) -> list[str]:
    names = [escaped(spoken(key)) for key in table.keys]
    labels = [escaped(marked_label(heading)) for heading in table.headings]
    over, rules = _levels(table.headings, len(names), style)
    body = [_cells(row, table.headings, style, notes) for row in table.body]
    foot = [_cells(row, table.headings, style, notes) for row in table.foot]
    parts = [[f"{over}\n    {rules}", _line([*names, *labels])], body, foot]
    return _tabular("l" * len(names) + "r" * len(labels), parts)


def _turned(table: Pivot, style: ValueStyle, notes: Footnotes) -> list[str]:
    rows = turned(table, style, escaped, lambda row: _value(row, style, notes))
    header, *lines = [_line(row) for row in rows]
    return _tabular("l" + "r" * (len(rows[0]) - 1), [[header], lines])


def _levels(headings: Sequence[Heading], before: int, style: ValueStyle) -> tuple[str, str]:
    """The line that names the levels, and the rules below it."""
    cells, rules, column = [""] * before, [], before + 1
    for level, members in groupby(headings, key=lambda heading: heading.level):
        width = len(list(members))
        cells.append(rf"\multicolumn{{{width}}}{{c}}{{{escaped(level + style.unit)}}}")
        rules.append(rf"\cmidrule(lr){{{column}-{column + width - 1}}}")
        column += width
    return _line(cells), " ".join(rules)


def _cells(row: PivotRow, headings: Sequence[Heading], style: ValueStyle, notes: Footnotes) -> str:
    values = [_value(row.values.get(heading.metric), style, notes) for heading in headings]
    return _line([*(escaped(name) for name in row.names), *values])


def _value(row: Row | None, style: ValueStyle, notes: Footnotes) -> str:
    cell, number = value_cell(row, style), notes.number(row)
    mark = rf"\textsuperscript{{{number}}}" if number else ""
    quiet = rf" {{\scriptsize {cell.quiet}}}" if cell.quiet else ""
    return (cell.text + mark + quiet).replace(UNDEFINED, "---").replace(_UP_TO, "--")


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"


def _tabular(columns: str, parts: Sequence[Sequence[str]]) -> list[str]:
    """Parts with a rule between them."""
    lines = [rf"  \begin{{tabular}}{{{columns}}}", r"    \toprule"]
    for number, part in enumerate(part for part in parts if part):
        lines += [r"    \midrule"] * bool(number) + [f"    {line}" for line in part]
    return [*lines, r"    \bottomrule", r"  \end{tabular}"]
