"""A verdict as a table for the terminal."""

from anomeval.reporting.cells import Line
from anomeval.reporting.changes import Changes
from anomeval.reporting.changes_words import loss_rows, loss_texts, tally_text
from anomeval.reporting.grid import QUIET, STRONG, Cell, Column, Grid, grid_lines
from anomeval.reporting.paragraphs import hanging, wrapped
from anomeval.reporting.sheet import Sheet, stacked
from anomeval.reporting.verdict import Outcome, Verdict
from anomeval.reporting.verdict_words import (
    baseline_text,
    conclusion,
    finding,
    gain_text,
    group_text,
    outcome_text,
    rest_text,
    rule_text,
    subject,
    tests_used,
    title,
    told_one_by_one,
    value_text,
)

LISTED = 10
"""Images and regions that are named; the rest is counted."""

_STYLES: dict[Outcome, str] = {
    "passed": "green",
    "failed": "bold red",
    "warned": "bold yellow",
    "unjudged": "bold red",
}
_VERDICT_STYLES = {"passed": "bold green"}


def verdict_table(verdict: Verdict, *, width: int | None = None) -> Sheet:
    """The verdict as something to print with rich: every check, then what was lost.

    Args:
        verdict: what to show.
        width: cells to fit into; default: as many as the console has.
    """
    return Sheet(lambda cells: _lines(verdict, cells), width)


def _lines(verdict: Verdict, width: int) -> list[Line]:
    notes = [*filter(None, [tests_used(verdict)]), *verdict.notes]
    style = _VERDICT_STYLES.get(verdict.word, "bold red")
    return stacked(
        [*grid_lines(_grid(verdict), width), *_rest(verdict, width)] if verdict.checks else [],
        _findings(verdict, width),
        [
            line
            for each in verdict.problems
            for line in hanging(("! ", style), str(each), width, "")
        ],
        _losses(verdict, width),
        [[(line, QUIET)] for note in notes for line in wrapped(note, width)],
        [[(line, style)] for line in wrapped(conclusion(verdict), width)],
    )


def _grid(verdict: Verdict) -> Grid:
    checks = told_one_by_one(verdict)
    names = [_column("", [title(check) for check in checks], left=True)]
    if any(check.group for check in checks):
        names.append(_column("images", [group_text(check) for check in checks], left=True))
    columns = [_column("value", [value_text(check) for check in checks])]
    if verdict.baseline is not None:
        columns.append(_column("baseline", [baseline_text(check) for check in checks]))
        columns.append(_column("better by", [gain_text(check) for check in checks]))
    columns.append(_column("asked for", [rule_text(check) for check in checks], left=True))
    columns.append(_column("verdict", [outcome_text(check) for check in checks], left=True))
    return Grid(names, columns)


def _rest(verdict: Verdict, width: int) -> list[Line]:
    return [[(line, QUIET)] for line in wrapped(rest_text(verdict), width)]


def _findings(verdict: Verdict, width: int) -> list[Line]:
    """A sentence on everything that did not pass."""
    lines: list[Line] = []
    for check in verdict.of_outcome("unjudged", "failed", "warned"):
        text = f"{subject(check)}: {finding(check)}"
        lines += hanging((f"{check.outcome} ", _STYLES[check.outcome]), text, width, "")
    return lines


def _losses(verdict: Verdict, width: int) -> list[Line]:
    """What was lost, where a drop failed; else only how much changed side."""
    changes = verdict.changes
    if changes is None:
        return []
    lines: list[Line] = [[(line, STRONG)] for line in wrapped(tally_text(changes), width)]
    texts = loss_texts(changes, LISTED) if verdict.of_outcome("failed", "warned") else []
    if texts:
        lines += [[], *grid_lines(_loss_grid(changes), width), []]
    for text in texts:
        lines += hanging(("  ", ""), text, width, "")
    return lines + [[(line, QUIET)] for text in changes.unknown for line in wrapped(text, width)]


def _loss_grid(changes: Changes) -> Grid:
    titles, *rows = loss_rows(changes)
    columns = [_column(t, [row[n] for row in rows], left=not n) for n, t in enumerate(titles)]
    return Grid(columns[:1], columns[1:])


def _column(title: str, texts: list[str], *, left: bool = False) -> Column:
    return Column(title, [Cell(text) for text in texts], left=left)
