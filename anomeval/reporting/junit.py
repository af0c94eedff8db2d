"""A verdict as JUnit XML, which GitLab, Jenkins and Azure show as a test report."""

from xml.etree import ElementTree as ET

from anomeval.names import clean_name
from anomeval.reporting.changes_words import loss_texts, tally_text
from anomeval.reporting.verdict import Check, Verdict
from anomeval.reporting.verdict_words import (
    conclusion,
    finding,
    rule_text,
    subject,
)

LISTED = 50
"""Images and regions that are named; the rest is counted."""

_SUITE = "anomeval gate"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def verdict_to_junit(verdict: Verdict) -> str:
    """One test case for each check.

    What failed is a failure, what cannot be judged an error, and a warning is passed with output.
    """
    errors = [*verdict.of_outcome("unjudged"), *verdict.problems]
    counts = {
        "tests": str(len(verdict.checks) + len(verdict.problems)),
        "failures": str(len(verdict.of_outcome("failed"))),
        "errors": str(len(errors)),
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": _SUITE, **counts})
    for number, problem in enumerate(verdict.problems, 1):
        case = ET.SubElement(suite, "testcase", _named(f"comparable {number}"))
        ET.SubElement(case, "error", {"message": clean_name(str(problem))})
    for check in verdict.checks:
        _case(suite, check)
    _output(suite, "system-out", _summary(verdict))
    ET.indent(root)
    return f"{_DECLARATION}{ET.tostring(root, 'unicode')}\n"


def _case(suite: ET.Element, check: Check) -> None:
    name = f"{subject(check)}: {rule_text(check)}"
    case = ET.SubElement(suite, "testcase", _named(name))
    words = clean_name(finding(check))
    if check.outcome in ("failed", "unjudged"):
        kind = "failure" if check.outcome == "failed" else "error"
        ET.SubElement(case, kind, {"message": words, "type": check.test})
    else:
        _output(case, "system-out", f"{check.outcome}: {words}")


def _named(name: str) -> dict[str, str]:
    return {"classname": _SUITE, "name": clean_name(name)}


def _output(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _summary(verdict: Verdict) -> str:
    lines = [conclusion(verdict), *(clean_name(note) for note in verdict.notes)]
    lines += [f"Caution: {clean_name(caution.message)}" for caution in verdict.cautions]
    if verdict.changes:
        lines += [tally_text(verdict.changes), *loss_texts(verdict.changes, LISTED)]
    return "\n".join(filter(None, lines))
