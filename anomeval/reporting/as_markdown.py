"""A result as a Markdown table, as GitHub and GitLab show it."""

import re
from collections.abc import Iterable, Sequence

from anomeval.names import clean_name
from anomeval.reporting.marks import heading_texts, legend, turned, value_cell
from anomeval.reporting.numerals import ValueStyle
from anomeval.reporting.pivot import Footnotes, Pivot, pivot, spoken
from anomeval.reporting.provenance import data_parts, maker_parts
from anomeval.reporting.result import Caution, Result, Row

_MARKUP = re.compile(r"[\\`*_\[\]|~#$^]")
_MENTION = re.compile(r"(?<!\w)@(?=\w)")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def result_to_markdown(result: Result, *, places: int | None = None, percent: bool = False) -> str:
    """Groups down and metrics across; without groups one metric per line.

    Args:
        result: what to write.
        places: digits after the point; default 4, or 2 in percent.
        percent: 98.70 instead of 0.9870.
    """
    table, style, notes = pivot(result), ValueStyle(places, percent), Footnotes()
    body = _turned(table, style, notes) if table.is_list else _table(table, style, notes)
    remarks = [f"<sup>{number}</sup> {escaped(note)}" for note, number in notes.numbers.items()]
    remarks += [escaped(text) for text in legend(table)]
    origin = " · ".join(data_parts(result.data) + maker_parts(result))
    cautions = caution_list(result.cautions)
    parts = [body, "<br>\n".join(remarks), cautions, f"<sub>{escaped(origin)}</sub>"]
    return "\n\n".join(part for part in parts if part) + "\n"


def caution_list(cautions: Iterable[Caution]) -> str:
    """Each caution as an item; empty without any."""
    return "\n".join(f"- **{c.word}:** {escaped(clean_name(c.message))}" for c in cautions)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, that nobody is mentioned by, and that fits a cell."""
    text = _MARKUP.sub(r"\\\g<0>", text).translate(_ENTITIES)
    return _MENTION.sub("@<!-- -->", text)


def _table(table: Pivot, style: ValueStyle, notes: Footnotes) -> str:
    names = [escaped(spoken(key)) for key in table.keys]
    rows = []
    for row in table.rows:
        cells = [escaped(name) for name in row.names]
        cells += [_value(row.values.get(h.metric), style, notes) for h in table.headings]
        strong = row in table.foot
        rows.append([f"**{cell}**" if strong and cell else cell for cell in cells])
    return _lines([*names, *map(escaped, heading_texts(table, style))], rows, len(names))


def _turned(table: Pivot, style: ValueStyle, notes: Footnotes) -> str:
    header, *rows = turned(table, style, escaped, lambda row: _value(row, style, notes))
    return _lines(header, rows, 1)


def _value(row: Row | None, style: ValueStyle, notes: Footnotes) -> str:
    cell, number = value_cell(row, style), notes.number(row)
    mark = f"<sup>{number}</sup>" if number else ""
    return cell.text + mark + (f" <sub>{cell.quiet}</sub>" if cell.quiet else "")


def _lines(header: Sequence[str], rows: Sequence[Sequence[str]], left: int) -> str:
    """A table whose first columns are texts and whose others are numbers."""
    ruler = [":--" if position < left else "--:" for position in range(len(header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ruler, *rows))
