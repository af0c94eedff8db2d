"""A rule held against a result: which values it is about, and whether each keeps its bounds."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from math import isfinite

from anomeval.errors import Problem, UsageError
from anomeval.gates.count_checks import count_checks
from anomeval.gates.outcomes import exact_margin, of_scope, settled, unjudged, worst_first
from anomeval.gates.pairing import chance_of_drop, change, why_unpaired
from anomeval.gates.rules import Rule, Scope
from anomeval.gates.table import GroupKey, Table, common, is_group
from anomeval.metrics import LEVELS, METRICS
from anomeval.metrics.grammar import parse_metrics
from anomeval.reporting.counts import COUNTS
from anomeval.reporting.headings import heading
from anomeval.reporting.result import Result, Row
from anomeval.reporting.verdict import DROPS, Bound, Check, Test
from anomeval.uncertainty.holm import levels

CONFIDENCE = 0.95
"""How sure an end of the interval is that a test looks at; 1 less this is its false alarm rate."""

_UNSURE = "it is worse than allowed, and without replicates nothing tells a change from chance"
_POINT_REMEDY = "test point takes values as they are"


@dataclass(frozen=True)
class _Target:
    """One bound of a rule on one value."""

    rule: Rule
    metric: str
    group: GroupKey
    kind: Bound
    bound: float


class Checking:
    """Rules held against one result, and a baseline where there is one.

    All drops that are judged by regression are one family: however many they are, one false alarm
    among them comes about with probability 1 - CONFIDENCE at most (Holm). Values of groups share
    one half of it, all other values the other half: a mean that drops is seen as well beside 15
    categories as beside 3. Non-inferiority has to hold for each of them, which needs no correction.
    """

    def __init__(self, result: Result, baseline: Result | None, test: Test | None) -> None:
        self._results = result, baseline
        self._now = Table(result)
        self._then = Table(baseline) if baseline else None
        self._asked = test

    def checks(self, rules: Sequence[Rule]) -> list[Check]:
        """The checks that rules come down to, worst first.

        Raises:
            UsageError: a rule names no metric.
        """
        values = [rule for rule in rules if rule.count is None]
        checks = self._checked([plan for rule in values for plan in self._plans(rule)])
        for rule in rules:
            if rule.count is not None:
                checks += count_checks(rule, rule.count, *self._results)
        return sorted(checks, key=worst_first)

    def checks_without_rules(self) -> list[Check]:
        """No metric of the baseline may get worse, nor in any group that both results have."""
        assert self._then is not None
        overall = [metric for metric in self._then.metrics if self._then.get(metric, ())]
        plans = [plan for metric in overall for plan in self._plans(Rule(metric, max_drop=0.0))]
        rules = [Rule(metric, Scope("each"), max_drop=0.0) for metric in overall]
        return self._checked([*plans, *(self._held(rule) for rule in rules)])

    def _held(self, rule: Rule) -> list[_Target]:
        """The groups that both results have; the one that is all images is held already."""
        assert self._then is not None
        keys = common(self._now.keys(rule.metric), self._then.keys(rule.metric))
        kinds = Counter(tuple(dict(key)) for key in keys)
        targets = [
            _Target(rule, rule.metric, key, "max_drop", 0.0)
            for key in keys
            if key and (kinds[tuple(dict(key))] > 1 or not is_group(key))
        ]
        return [target for target in targets if any(map(_is_defined, self._rows(target)))]

    def _checked(self, plans: Sequence[Sequence[_Target]]) -> list[Check]:
        """The checks of plans, worst first; of a plan about the worst group, that one alone."""
        confidences = iter(self._confidences([target for plan in plans for target in plan]))
        found: list[Check] = []
        for plan in plans:
            checks = [self._judged(target, next(confidences)) for target in plan]
            found += of_scope(plan[0].rule.scope, checks) if plan else []
        return sorted(found, key=worst_first)

    def _confidences(self, targets: Sequence[_Target]) -> list[float]:
        """How sure each drop has to be; those of one family share what may go wrong."""
        family, chances = [], []
        for place, target in enumerate(targets):
            then, now = self._rows(target)
            if self._test(target) != "regression" or why_unpaired(then, now):
                continue
            assert then is not None
            assert now is not None
            family.append(place)
            chances.append(_chance(target, then, now))
        of_groups = [is_group(targets[place].group) for place in family]
        groups = sum(of_groups)
        shares = [(len(family) - groups if one else groups) or 1 for one in of_groups]
        found = [CONFIDENCE] * len(targets)
        for place, level in zip(family, levels(chances, shares, 1 - CONFIDENCE), strict=True):
            found[place] = 1 - level
        return found

    def _plans(self, rule: Rule) -> Iterator[list[_Target]]:
        """For each metric and bound, the values it is about; at least one, which may be missing."""
        metrics = self._metrics(rule.metric)
        if not metrics:
            raise UsageError(f"a rule names no metric: {rule.metric!r}")
        if rule.maximum is not None:
            _refuse_highest(metrics)
        for metric in metrics:
            groups = self._groups(metric, rule.scope)
            for kind, bound in _bounds(rule):
                yield [_Target(rule, metric, group, kind, bound) for group in groups]

    def _metrics(self, text: str) -> list[str]:
        """Canonical texts; without a level, those of every level that either result has."""
        known = dict.fromkeys(metric for table in self._tables() for metric in table.metrics)
        if text in known:
            return [text]
        seen = {heading(metric).level for metric in known}
        levels = [level for level in LEVELS if level in seen]
        if meant := get_close_matches(text, COUNTS, n=1, cutoff=0.85):
            raise UsageError(f"unknown count {text!r}; did you mean {meant[0]!r}?")
        return [str(metric) for metric in parse_metrics([text], METRICS, levels)]

    def _groups(self, metric: str, scope: Scope) -> list[GroupKey]:
        if scope.extent == "mean":
            return [()]
        groups = dict.fromkeys(group for t in self._tables() for group in t.groups(metric))
        return [group for group in groups if _is_meant(dict(group), scope)] or [_named(scope)]

    def _tables(self) -> list[Table]:
        return [self._now, self._then] if self._then else [self._now]

    def _rows(self, target: _Target) -> tuple[Row | None, Row | None]:
        """The value before and now."""
        key = target.metric, target.group
        return self._then.get(*key) if self._then else None, self._now.get(*key)

    def _wanted(self, target: _Target) -> Test | None:
        return target.rule.test or self._asked

    def _test(self, target: _Target) -> Test:
        """What decides: as asked, else the best that the values allow."""
        if target.kind not in DROPS:
            return "point"
        unpaired = why_unpaired(*self._rows(target))
        return self._wanted(target) or ("point" if unpaired else "regression")

    def _judged(self, target: _Target, confidence: float) -> Check:
        then, now = self._rows(target)
        check = Check(
            metric=target.metric,
            group=dict(target.group) or None,
            scope=str(target.rule.scope),
            kind=target.kind,
            bound=target.bound,
            severity=target.rule.severity,
            test=self._test(target),
            outcome="unjudged",
            value=now.value if now else None,
            baseline=then.value if then else None,
            lower_is_better=heading(target.metric).lower_is_better,
        )
        reason = _why_undefined(now, "the result", self._now, target)
        if target.kind in DROPS and self._then:
            reason = reason or _why_undefined(then, "the baseline", self._then, target)
            reason = reason or _why_unlike(then, now)
        if check.test != "point":
            reason = reason or why_unpaired(then, now)
        if reason or now is None:
            return unjudged(check, reason or "")
        if target.kind not in DROPS or then is None:
            check = replace(check, limit=target.bound)
            return settled(check, exact_margin(check, Fraction(repr(target.bound))))
        check = _drop(check, then, now, confidence)
        if check.outcome != "passed" and check.test == "point" and not self._wanted(target):
            return unjudged(check, f"{_UNSURE} ({why_unpaired(then, now)}); {_POINT_REMEDY}")
        return check


def _allowed(kind: Bound, bound: float, then: Row) -> Fraction:
    """How much worse than before a value may be."""
    share = abs(Fraction(repr(then.value))) if kind == "max_drop_rel" else 1
    return Fraction(repr(bound)) * share


def _chance(target: _Target, then: Row, now: Row) -> float:
    """The chance of a drop like this if the true one is what is allowed."""
    allowed = float(_allowed(target.kind, target.bound, then))
    worse = heading(target.metric).lower_is_better
    return chance_of_drop(then, now, allowed, lower_is_better=worse)


def _drop(check: Check, then: Row, now: Row, confidence: float) -> Check:
    """A change of a value that both results have, held against what is allowed."""
    assert then.value is not None
    allowed = _allowed(check.kind, check.bound, then)
    limit = Fraction(repr(then.value)) + (allowed if check.lower_is_better else -allowed)
    check = replace(check, limit=float(limit))
    exact = exact_margin(check, limit)
    if check.test == "point":
        return settled(check, exact)
    seen = change(then, now, lower_is_better=check.lower_is_better, confidence=confidence)
    check = replace(check, change=seen)
    if check.test == "regression":  # a drop has to be real as well as too large
        return settled(check, max(seen.high + float(allowed), exact))
    return settled(check, seen.low + float(allowed))


def _bounds(rule: Rule) -> Iterator[tuple[Bound, float]]:
    if rule.minimum is not None:
        yield "min", rule.minimum
    if rule.maximum is not None:
        yield "max", rule.maximum
    if rule.max_drop is not None:
        yield "max_drop", rule.max_drop
    if rule.max_drop_rel is not None:
        yield "max_drop_rel", rule.max_drop_rel


def _refuse_highest(metrics: Sequence[str]) -> None:
    """Refuse a highest value that passes where higher is better."""
    if wrong := [metric for metric in metrics if not heading(metric).lower_is_better]:
        what = f"max of {', '.join(wrong)}: higher is better"
        raise UsageError(Problem(what, remedy="min says the lowest value that passes"))


def _is_meant(group: Mapping[str, str], scope: Scope) -> bool:
    if scope.extent == "category":
        return group == {"category": scope.name}
    return scope.extent != "defect" or group.get("defect_type") == scope.name


def _named(scope: Scope) -> GroupKey:
    """The group that a scope names, which no result has."""
    key = "defect_type" if scope.extent == "defect" else "category"
    return ((key, scope.name or "*"),)


def _is_defined(row: Row | None) -> bool:
    return row is not None and row.value is not None


def _why_undefined(row: Row | None, name: str, table: Table, target: _Target) -> str | None:
    if row is not None and row.value is not None:
        return None if isfinite(row.value) else f"{row.value} in {name} is no value"
    if row is not None:
        return f"undefined in {name}: {row.reason}"
    if target.metric not in table.metrics:
        others = ", ".join(table.relatives(target.metric))
        return f"{name} has no {target.metric}" + (f", but {others}" if others else "")
    by = "defect_type" if "defect_type" in dict(target.group) else "category"
    return f"{name} has no such value; score with --by {by}"


def _why_unlike(then: Row | None, now: Row | None) -> str | None:
    """Means over other groups are not the same quantity."""
    assert then is not None
    assert now is not None
    counts = [(row.extra.get("groups"), row.extra.get("undefined")) for row in (then, now)]
    if counts[0] == counts[1]:
        return None
    return "it is defined in other groups than in the baseline"
