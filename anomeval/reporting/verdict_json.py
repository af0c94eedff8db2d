"""A verdict as JSON of schema `anomeval.verdict/1`."""

from anomeval.reporting.comparison_json import changes_document
from anomeval.reporting.documents import Document, written
from anomeval.reporting.verdict import Check, Verdict

SCHEMA = "anomeval.verdict/1"

LISTED = 100
"""Images and regions that are named; all are counted."""


def verdict_to_json(verdict: Verdict) -> str:
    """The verdict with all digits; the same bytes for the same verdict."""
    from anomeval.version import __version__

    changes = verdict.changes
    return written(
        {
            "schema": SCHEMA,
            "anomeval_version": __version__,
            "verdict": verdict.word,
            "exit_status": int(verdict.status),
            "result": verdict.result,
            "baseline": verdict.baseline,
            "problems": [str(problem) for problem in verdict.problems],
            "checks": [_check(check) for check in verdict.checks],
            "changes": None if changes is None else changes_document(changes, LISTED),
            "notes": list(verdict.notes),
            "cautions": [vars(caution) for caution in verdict.cautions],
        }
    )


def _check(check: Check) -> Document:
    change = check.change
    return {
        "name": check.metric,
        "group": None if check.group is None else dict(check.group),
        "scope": check.scope,
        "bound": {check.kind: check.bound},
        "level": check.severity,
        "test": check.test,
        "outcome": check.outcome,
        "reason": check.reason,
        "value": check.value,
        "of": check.whole,
        "baseline": check.baseline,
        "limit": check.limit,
        "lower_is_better": check.lower_is_better,
        "gain": check.gain,
        "change": None if change is None else vars(change),
    }
