"""Rules on counts, held against the decisions that a result remembers."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from anomeval.gates.counting import groups_of, tally
from anomeval.gates.outcomes import exact_margin, of_scope, settled, unjudged
from anomeval.gates.rules import Rule
from anomeval.gates.table import GroupKey
from anomeval.reporting.counts import Count
from anomeval.reporting.result import Result
from anomeval.reporting.verdict import Bound, Check


def count_checks(rule: Rule, count: Count, result: Result, baseline: Result | None) -> list[Check]:
    """The checks that a rule on a count comes down to.

    baseline: with the same names of images as the result; what is new needs it.
    """
    groups = groups_of(result, rule.scope)
    found: list[Check] = []
    for kind, bound in _bounds(rule):
        checks = [_check(rule, count, result, baseline, g, kind, bound) for g in groups]
        found += of_scope(rule.scope, checks or [_missing(rule, kind, bound)])
    return found


def _bounds(rule: Rule) -> Iterator[tuple[Bound, float]]:
    if rule.maximum is not None:
        yield "max", rule.maximum
    if rule.max_share is not None:
        yield "max_share", rule.max_share


def _check(
    rule: Rule,
    count: Count,
    result: Result,
    baseline: Result | None,
    group: GroupKey,
    kind: Bound,
    bound: float,
) -> Check:
    check = _unsettled(rule, group, kind, bound)
    found = tally(count, result, baseline, group)
    if found.reason:
        return unjudged(check, found.reason)
    before = None
    if baseline is not None and not count.is_new:
        before = tally(count, baseline, None, group)
    limit = Fraction(repr(bound)) * (found.whole if kind == "max_share" else 1)
    check = replace(
        check,
        value=found.count,
        baseline=before.count if before and not before.reason else None,
        limit=float(limit),
        whole=found.whole,
    )
    return settled(check, exact_margin(check, limit))


def _unsettled(rule: Rule, group: GroupKey, kind: Bound, bound: float) -> Check:
    return Check(
        metric=rule.metric,
        group=dict(group) or None,
        scope=str(rule.scope),
        kind=kind,
        bound=bound,
        severity=rule.severity,
        test="point",
        outcome="unjudged",
        lower_is_better=True,
    )


def _missing(rule: Rule, kind: Bound, bound: float) -> Check:
    """The check of a scope that no image is in."""
    key = "defect_type" if rule.scope.extent == "defect" else "category"
    check = _unsettled(rule, ((key, rule.scope.name or "*"),), kind, bound)
    return unjudged(check, f"the result has no image of this {key.replace('_', ' ')}")
