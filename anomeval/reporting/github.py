"""A verdict as annotations of a GitHub Actions run: workflow commands on standard output."""

from anomeval.names import clean_name
from anomeval.reporting.changes_words import loss_texts
from anomeval.reporting.verdict import Check, Verdict
from anomeval.reporting.verdict_words import (
    conclusion,
    finding,
    subject,
)

MOST = 10
"""GitHub shows ten errors and ten warnings of a step."""

_LOSSES = 5


def verdict_to_github(verdict: Verdict) -> str:
    """Errors and warnings, worst first, at most ten; a notice where everything passed."""
    commands = [_command("error", "cannot judge", str(each)) for each in verdict.problems]
    commands += [_check(c) for c in verdict.of_outcome("unjudged", "failed", "warned")]
    if not commands:
        commands = [_command("notice", "anomeval gate", conclusion(verdict))]
    if verdict.changes and verdict.of_outcome("failed", "warned"):
        lost = loss_texts(verdict.changes, _LOSSES)
        commands[MOST - 1 :] = [] if lost else commands[MOST - 1 :]
        commands += [_command("warning", "lost since the baseline", "\n".join(lost))] * bool(lost)
    return "".join(f"{command}\n" for command in commands[:MOST])


def _check(check: Check) -> str:
    kind = "warning" if check.outcome == "warned" else "error"
    return _command(kind, subject(check), finding(check))


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Text after the second pair of colons; line breaks of ours stay, others are made visible."""
    lines = "\n".join(clean_name(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C").replace(";", "%3B")
