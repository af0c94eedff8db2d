"""A verdict as Markdown, for a pull request or a job's summary."""

from collections.abc import Sequence

from anomeval.reporting.as_markdown import caution_list, escaped
from anomeval.reporting.changes import Changes
from anomeval.reporting.changes_words import loss_rows, loss_texts, tally_text
from anomeval.reporting.verdict import Check, Outcome, Verdict
from anomeval.reporting.verdict_words import (
    baseline_text,
    conclusion,
    finding,
    gain_text,
    group_text,
    is_within_noise,
    rest_text,
    rule_text,
    subject,
    tests_used,
    title,
    told_one_by_one,
    value_text,
)

LISTED = 20
"""Images and regions that are named; the rest is counted."""

_SIGNS: dict[Outcome, str] = {"passed": "✅", "failed": "❌", "warned": "⚠️", "unjudged": "❓"}
_VERDICT_SIGNS = {"passed": "✅", "failed": "❌"}


def verdict_to_markdown(verdict: Verdict) -> str:
    """The verdict: conclusion, every check, what went wrong, and what was lost."""
    sign = _VERDICT_SIGNS.get(verdict.word, "❓")
    notes = [*filter(None, [tests_used(verdict)]), *verdict.notes]
    parts = [
        f"### {sign} {escaped(conclusion(verdict))}",
        _checks(verdict) if verdict.checks else "",
        "\n".join(f"- {escaped(str(problem))}" for problem in verdict.problems),
        "\n".join(
            f"- **{escaped(subject(check))}:** {escaped(finding(check))}"
            for check in verdict.of_outcome("unjudged", "failed", "warned")
        ),
        _losses(verdict.changes, bool(verdict.of_outcome("failed", "warned"))),
        caution_list(verdict.cautions),
        "<br>\n".join(f"<sub>{escaped(note)}</sub>" for note in notes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _checks(verdict: Verdict) -> str:
    header = ["", "metric", "images", "value", "baseline", "better by", "asked for"]
    table = _table([header, *map(_row, told_one_by_one(verdict))], "lllrrrl")
    rest = rest_text(verdict)
    return f"{table}\n\n{rest}" if rest else table


def _row(check: Check) -> list[str]:
    return [
        _SIGNS[check.outcome] + " within noise" * is_within_noise(check),
        escaped(title(check)),
        escaped(group_text(check)),
        value_text(check),
        baseline_text(check),
        gain_text(check),
        escaped(rule_text(check)),
    ]


def _losses(changes: Changes | None, in_detail: bool) -> str:
    """How much changed side; what was lost in detail where something failed."""
    if changes is None:
        return ""
    parts = [escaped(tally_text(changes)), *map(escaped, changes.unknown)]
    texts = loss_texts(changes, LISTED) if in_detail else []
    if texts:
        rows = [[escaped(cell) for cell in row] for row in loss_rows(changes)]
        items = "\n".join(f"- {escaped(text)}" for text in texts)
        parts.append(_table(rows, "lrrrr"))
        parts.append(f"<details><summary>worst first</summary>\n\n{items}\n\n</details>")
    return "\n\n".join(filter(None, parts))


def _table(rows: Sequence[Sequence[str]], sides: str) -> str:
    """A table whose first row is its header; l and r say how columns are aligned."""
    header, *body = rows
    ruler = [":--" if side == "l" else "--:" for side in sides]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ruler, *body))
