"""gate: a result is held against bounds and a baseline; adopt: a result becomes the baseline."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import get_args

from anomeval.errors import Problem, UsageError
from anomeval.gates.changes import changes
from anomeval.gates.checking import Checking
from anomeval.gates.comparability import differences, incomplete
from anomeval.gates.naming import aligned
from anomeval.gates.rules import Rule
from anomeval.gates.table import Table, key_of
from anomeval.reporting.as_json import result_from_json, result_of
from anomeval.reporting.documents import read_text
from anomeval.reporting.result import Adoption, Result
from anomeval.reporting.revision import RevisedValue, Revision
from anomeval.reporting.verdict import DROPS, Check, Test, Verdict
from anomeval.workflows.cautions import lasting_cautions
from anomeval.workflows.common_images import on_common_images


@dataclass(frozen=True)
class Names:
    """What result and baseline are called in messages."""

    result: str = "the result"
    baseline: str = "the baseline"


def gate(
    result: Result | str | Path,
    *,
    baseline: Result | str | Path | None = None,
    rules: Sequence[Rule] | Rule = (),
    test: Test | None = None,
    names: Names | None = None,
    common_images: bool = False,
) -> Verdict:
    """Hold a result against a baseline and bounds.

    Args:
        result: what is judged, or the path of its RESULT.json.
        baseline: a result of the same images, or its path; needed for rules on drops.
        rules: bounds. Without any, no metric of the baseline may get worse, over all images or in
            any group (category, defect type) that both results have.
        test: what drops are judged by where a rule does not say. Default: "regression" where both
            values carry paired replicates; else a drop beyond the allowance cannot be judged.
        names: of result and baseline, for messages. Default: their paths, where these are given.
        common_images: where the baseline has other images, judge those that both have.

    Returns:
        The verdict. Whatever cannot be judged is in it, and decides its status.

    Raises:
        UsageError: there is nothing to hold the result against, or a rule names no metric.
    """
    rules = _rules(rules)
    names = names or _names(result, baseline)
    result, baseline = result_of(result), None if baseline is None else result_of(baseline)
    refuse_void(rules, baseline, test, common_images=common_images)
    judged, notes = (names.result, result), []
    if baseline is not None:
        if how := aligned(judged, (names.baseline, baseline))[1].how:
            notes.append(how)
        if common_images:
            reduced = on_common_images([judged, (names.baseline, baseline)])
            (result, baseline), judged = reduced.results, (names.result, reduced.results[0])
            notes += reduced.notes
    problems = differences(judged, (names.baseline, baseline)) if baseline else incomplete(judged)
    named = names.baseline if baseline else None
    verdict = Verdict(names.result, named, (), cautions=tuple(lasting_cautions(result)))
    if problems:
        return replace(verdict, problems=tuple(problems))
    is_asked = test is not None or any(rule.test for rule in rules)
    if baseline is None:
        return replace(verdict, checks=tuple(Checking(result, None, test).checks(rules)))
    known, _ = aligned(judged, (names.baseline, baseline))
    checking = Checking(result, known, test)
    checks = checking.checks(rules) if rules else checking.checks_without_rules()
    return replace(
        verdict,
        checks=tuple(checks),
        changes=changes(known, result),
        notes=(*notes, *_notes(result, baseline, checks, is_asked)),
    )


def _rules(rules: object) -> tuple[Rule, ...]:
    """Rules, of which one may stand by itself."""
    given = rules if isinstance(rules, list | tuple) else (rules,)
    if not all(isinstance(rule, Rule) for rule in given):
        remedy = "give Rule(metric, minimum=...) or the like, from anomeval.gates.rules"
        raise UsageError(Problem(f"rules are no {rules!r:.40}", remedy=remedy))
    return tuple(given)


def adopt(path: str | Path, *, date: str | None = None) -> Result:
    """The baseline that the result in a file makes.

    Args:
        path: of RESULT.json.
        date: YYYY-MM-DD, as it shall stand in the baseline.

    Raises:
        InvalidInputError: the file cannot be read, or holds no sound result.
    """
    text = read_text(path)
    digest = f"sha256:{sha256(text.encode()).hexdigest()}"
    adopted = Adoption(digest, _git_commit(Path(path).resolve().parent), date)
    return replace(result_from_json(text, str(path)), adopted=adopted)


def revision(before: Result | None, after: Result, names: Names) -> Revision:
    """What becomes of the baseline `before` when `after` takes its place.

    before: None where there was none. names: of both, for messages.
    """
    tables = Table(before) if before else None, Table(after)
    rows = [*after.values, *(before.values if before else ())]
    keys = dict.fromkeys((row.metric, key_of(row.group)) for row in rows)
    groups = {key_of(row.group): row.group for row in rows}
    values = []
    for metric, group in keys:
        found = [table.get(metric, group) if table else None for table in tables]
        numbers = [row.value if row else None for row in found]
        values.append(RevisedValue(metric, groups[group], *numbers))
    told = differences((names.result, after), (names.baseline, before)) if before else []
    return Revision(tuple(values), before is None, tuple(str(problem) for problem in told))


def refuse_void(
    rules: Sequence[Rule],
    baseline: Result | None,
    test: Test | None,
    *,
    common_images: bool = False,
) -> None:
    """Refuse what could judge nothing, whatever the result.

    Raises:
        UsageError: there is nothing to hold a result against, a rule on a drop or common images
            without a baseline, or a test that judges no drop.
    """
    if common_images and baseline is None:
        what = "--common-images is about a baseline, and there is none"
        raise UsageError(Problem(what, remedy="give --baseline"))
    if test is not None and test not in get_args(Test):
        raise UsageError(f"unknown test {test!r}; known are {', '.join(get_args(Test))}")
    if not rules and baseline is None:
        remedy = "give --baseline, --min, or rules in pyproject.toml"
        raise UsageError(Problem("there is nothing to hold the result against", remedy=remedy))
    drops = [rule for rule in rules if rule.is_about_drop]
    if drops and baseline is None:
        what = f"a drop of {', '.join(rule.metric for rule in drops)} needs something to drop from"
        raise UsageError(Problem(what, remedy="give --baseline"))
    new = [rule.metric for rule in rules if rule.needs_baseline]
    if new and baseline is None:
        what = f"{', '.join(new)}: nothing is new without something before"
        raise UsageError(Problem(what, remedy="give --baseline"))
    if test is not None and rules and not drops:
        what = f"test {test!r} would judge nothing: it is for drops, and no rule is about one"
        raise UsageError(Problem(what, remedy="give --max-drop, or leave --test out"))


def _names(result: Result | str | Path, baseline: Result | str | Path | None) -> Names:
    """Those that were given a path are called by it."""
    given = {"result": result, "baseline": baseline}
    return Names(**{k: str(v) for k, v in given.items() if isinstance(v, str | Path)})


def _notes(result: Result, baseline: Result, checks: Sequence[Check], is_asked: bool) -> list[str]:
    """How the verdict came about; `is_asked`: a test was asked for."""
    notes = []
    if baseline.settings.get("fit") != result.settings.get("fit"):
        notes.append("each result is judged at the thresholds of its own fit")
    by_point = [check for check in checks if check.kind in DROPS and check.test == "point"]
    if not is_asked and any(check.baseline is not None for check in by_point):
        notes.append(
            "values without replicates in both results are taken as they are: where one is worse "
            "than allowed, nothing tells chance from a change"
        )
    return notes


def _git_commit(folder: Path) -> str | None:
    """The commit that is checked out where a file lies; None without Git."""
    command = ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
